/**
 * Finds the declarations of packages where TypeScript would: in node_modules of a folder or of one above it, up to the
 * repository's root. Nothing outside of the root is read, whatever a link says: the policy may be a stranger's.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { FindModule, Module } from "../surfaces/models/declarations.ts";
import { ModelError } from "../surfaces/models/model-error.ts";
import { toSlash } from "./paths.ts";

/** No module of types is larger. */
const SIZE_MAX = 16 * 1024 * 1024;

/** What a specifier may mean, the declarations before the source that they were made of. */
const ENDINGS = [".d.ts", ".ts", "/index.d.ts", "/index.ts"];

/** Finds modules under a root. The paths of modules count from it. */
export function modulesUnder(root: string): FindModule {
  const top = realpathSync(root);
  return (specifier, from) => {
    for (const base of basesOf(top, specifier, from)) {
      const found = ENDINGS.map((ending) => read(top, base + ending)).find((one) => one !== undefined);
      if (found) return found;
    }
    return undefined;
  };
}

/** Whether the package that a specifier names is installed for a module, whatever there is in it. */
export function hasPackage(root: string, specifier: string, from: string): boolean {
  return basesOf(realpathSync(root), packageOf(specifier), from).some((base) => statSync(base, { throwIfNoEntry: false })?.isDirectory() === true);
}

/** `@kubernetes-models/argo-cd` of a path in it. */
export const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

export const isRelative = (specifier: string): boolean => /^\.\.?(?:\/|$)/.test(specifier);

/** Paths that the specifier may mean, without their endings. `./Widget.js` is how compiled modules name `Widget.d.ts`. */
function basesOf(top: string, specifier: string, from: string): string[] {
  const bare = specifier.replace(/(?:\.d\.[cm]?ts|\.[cm]?[jt]s)$/, "");
  const folder = dirname(join(top, from));
  if (isRelative(specifier)) return [join(folder, bare)];
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    found.push(join(at, "node_modules", bare));
    if (at === top || dirname(at) === at) return found;
  }
}

function read(top: string, path: string): Module | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const real = realpathSync(path);
  const way = relative(top, real);
  if (way === ".." || way.startsWith(`..${sep}`)) throw new ModelError(`${toSlash(relative(top, path))} leads out of the repository, and is not read`);
  if (statSync(real).size > SIZE_MAX) throw new ModelError(`${toSlash(way)} is larger than 16 MiB, which no module of types is`);
  return { path: `/${toSlash(way)}`, text: readFileSync(real, "utf8").replace(/^\ufeff/, "") };
}
