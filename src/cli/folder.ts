/** What a run is about. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The folder that a run is about: the one given, else where it was started. */
export function folderOf(paths: readonly string[], cwd: string): string {
  const only = paths.length === 1 && paths[0] !== "-" ? resolve(cwd, paths[0]!) : cwd;
  return only === cwd || isFolder(only) ? only : cwd;
}

// Written out, since `join` would drop the dot, and a file exists as well.
const isFolder = (path: string): boolean => existsSync(`${path}/.`);
