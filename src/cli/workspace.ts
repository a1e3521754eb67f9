/** Files on disk, or standard input, as the pipeline's workspace. */
import { buffer } from "node:stream/consumers";
import { discover, type DiscoverOptions, isExcluded } from "../files/discover.ts";
import { gitRoot } from "../files/git.ts";
import { decode, isInside, load } from "../files/load.ts";
import type { MemoryFile } from "../files/memory.ts";
import type { Policy } from "../model/policy.ts";
import type { Workspace } from "../pipeline/survey.ts";
import { mayMatter } from "../surfaces/candidates.ts";
import { ownFields } from "../surfaces/known-fields.ts";
import { roleOf } from "../surfaces/roles.ts";
import type { FileRole } from "../surfaces/surface.ts";
import { mayImportLibrary } from "../surfaces/typescript/libraries.ts";
import { folderOf } from "./folder.ts";
import { compileLater, expect, keepYoungSmall } from "./heap.ts";

/** Opens what earlier runs located under a root. */
export type Remember = (root: string) => MemoryFile;

export interface OpenedWorkspace extends Workspace {
  /** Whether there are files and each is as committed, so that the index tells what the run saw. Absent: no. */
  readonly isCommitted?: () => boolean;
}

type Load = (file: string, wanted: (bytes: Buffer) => boolean) => ReturnType<typeof load>;

/** What standard input is called in reports. */
export const STDIN = "<stdin>";

/** The workspace of the paths given; `-` alone is standard input. */
export async function openWorkspace(paths: readonly string[], cwd: string, options: Omit<DiscoverOptions, "withIds"> & Pick<Policy, "fields">, remember?: Remember): Promise<OpenedWorkspace> {
  if (paths.length === 1 && paths[0] === "-") return standardInput(await buffer(process.stdin));
  compileLater();
  keepYoungSmall();
  const folder = folderOf(paths, cwd);
  const memory = remember && gitRoot(folder) !== undefined ? remember : undefined;
  const since = options.asked?.since ?? Date.now();
  const listing = discover(paths, cwd, { ...options, withIds: memory !== undefined });
  // Git is at work now; meanwhile there is something to read.
  const located = memory && (await startedThen(() => memory(folder)));
  const { root, whole, files, prefix, unread, ids, more, ...first } = await listing;
  expect(files.length);
  // Written, or gone, since Git was asked, so that what was read must not be remembered under the id that Git told.
  const moved = new Set<string>();
  located?.trust({ get: (file) => (moved.has(file) ? undefined : ids.get(file)) });
  const watched: Load = (file, wanted) => {
    if (!located) return load(root, file, wanted);
    let settled = false;
    const loaded = load(root, file, wanted, ({ ctimeMs }) => (settled = ctimeMs < since - TICK));
    if (!settled) moved.add(file);
    return loaded;
  };
  let { charts } = first;
  const listed = new Set(files);
  const { toRead } = ownFields(options.fields);
  return {
    ...(located ? { memory: located, isCommitted: () => files.length > 0 && moved.size === 0 && files.every((file) => ids.has(file)) } : {}),
    root,
    files,
    unread,
    ...(more ? {
      more: more.then((late) => {
        const before = charts;
        for (const file of late.files) listed.add(file);
        if (late.charts.size > 0) charts = new Set([...before, ...late.charts]);
        // A new chart changes what the files in it are.
        return { files: late.files, unread: late.unread, again: files.filter((file) => late.charts.size > 0 && !sameRole(roleOf(prefix + file, before, false), roleOf(prefix + file, charts, false))) };
      }),
    } : {}),
    role: (file, referenced) => roleOf(prefix + file, charts, referenced.has(file)),
    load: (file, role) => watched(file, (bytes) => (role.typescript ? mayImportLibrary(bytes) : mayMatter(bytes, role, toRead))),
    read: (file) => watched(file, () => true),
    follow: (file) => {
      // Files that were named alone may import what nobody listed.
      if (!listed.has(file) && (whole || !isInside(root, file) || isExcluded(options, root, file))) return undefined;
      const loaded = watched(file, () => true);
      return loaded && "text" in loaded ? loaded : undefined;
    },
  };
}

/** Milliseconds that the clock of a file system may be behind. */
const TICK = 20;

const sameRole = (a: FileRole, b: FileRole): boolean => a.values === b.values && a.template === b.template;

/** Lets what was started get under way first. */
const startedThen = <T>(work: () => T): Promise<T> => new Promise((done) => setImmediate(() => done(work())));

/** One manifest stream that has no file. */
export function standardInput(bytes: Buffer): Workspace {
  return {
    root: "-",
    // Nothing at all is what a broken pipe before us leaves: there is nothing to check then, which is not "clean".
    files: bytes.toString("latin1").trim() === "" ? [] : [STDIN],
    unread: [],
    role: () => ({ values: false, template: false, kustomization: false }),
    load: () => decode(STDIN, bytes),
    read: (file) => (file === STDIN ? decode(STDIN, bytes) : undefined),
  };
}
