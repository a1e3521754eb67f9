/** Files on disk, or standard input, as the pipeline's workspace. */
import { buffer } from "node:stream/consumers";
import { discover, type DiscoverOptions } from "../files/discover.ts";
import { decode, load } from "../files/load.ts";
import type { Memory, Workspace } from "../pipeline/survey.ts";
import { hasKey, keyEndsFor } from "../surfaces/candidates.ts";
import { roleOf } from "../surfaces/roles.ts";

/** Opens what earlier runs located under a root. */
export type Remember = (root: string, ids: ReadonlyMap<string, string>) => Memory;

/** What standard input is called in reports. */
export const STDIN = "<stdin>";

/** The workspace of the paths given; `-` alone is standard input. */
export async function openWorkspace(paths: readonly string[], cwd: string, options: Omit<DiscoverOptions, "withIds">, remember?: Remember): Promise<Workspace> {
  if (paths.length === 1 && paths[0] === "-") return standardInput(await buffer(process.stdin));
  const { root, files, charts, prefix, unread, ids } = await discover(paths, cwd, { ...options, withIds: remember !== undefined });
  const memory = ids.size > 0 ? remember?.(root, ids) : undefined;
  return {
    ...(memory ? { memory } : {}),
    root,
    files,
    unread,
    role: (file, referenced) => roleOf(prefix + file, charts, referenced.has(file)),
    load: (file, role) => load(root, file, (bytes) => hasKey(bytes, keyEndsFor(role))),
  };
}

/** One manifest stream that has no file. */
export function standardInput(bytes: Buffer): Workspace {
  return {
    root: "-",
    // Nothing at all is what a broken pipe before us leaves: there is nothing to check then, which is not "clean".
    files: bytes.toString("latin1").trim() === "" ? [] : [STDIN],
    unread: [],
    role: () => ({ values: false, template: false, kustomization: false }),
    load: () => decode(STDIN, bytes),
  };
}
