/** Paths as reports and globs spell them: with `/`. */
import { relative, sep } from "node:path";

/** A path of this system with `/`. */
export const toSlash = (path: string): string => (sep === "/" ? path : path.split(sep).join("/"));

/** The way from one folder to another as a prefix of paths: "" or with a `/` at the end. */
export function wayFrom(folder: string, to: string): string {
  const way = toSlash(relative(folder, to));
  return way === "" ? "" : `${way}/`;
}
