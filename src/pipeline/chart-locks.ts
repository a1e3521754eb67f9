/** What Chart.lock says of each dependency: read when a Chart.yaml with dependencies was found, never before. */
import type { Locked } from "../model/artifact.ts";
import type { Answer } from "../model/facts.ts";
import type { ArtifactSite, SourceFile, Unread } from "../model/site.ts";
import { readStream } from "../syntax/read.ts";
import { follow, get, getText } from "../syntax/tree.ts";
import { placeKey } from "./reach.ts";
import { below, folderAround } from "./relative-path.ts";

/** By {@link placeKey} of the dependency. */
export type Locks = ReadonlyMap<string, Answer<Locked, string>>;

export interface ChartFiles {
  readonly files: ReadonlySet<string>;
  read(file: string): SourceFile | Unread | undefined;
}

/** What is locked of the dependencies of some charts, by their Chart.yaml. */
export async function locksOf(charts: ReadonlyMap<string, readonly ArtifactSite[]>, checked: ChartFiles): Promise<Locks> {
  const found = new Map<string, Answer<Locked, string>>();
  for (const [file, sites] of charts) {
    const folder = folderAround(file);
    const lock = await readLock(below(folder, "Chart.lock"), checked);
    for (const site of sites) if (site.artifact.is === "dependency") found.set(placeKey(site), lockedBy(lock, site.artifact, folder, checked));
  }
  return found;
}

type Lock = ReadonlyMap<string, readonly string[]> | string | undefined;

function lockedBy(lock: Lock, { name, version }: { readonly name: string; readonly version?: string }, folder: string, checked: ChartFiles): Answer<Locked, string> {
  const known = typeof lock === "object" ? lock.get(name) : undefined;
  const versions = known ?? (version === undefined ? [] : [version.replace(/^v/, "")]);
  // What a chart brings along in charts/ was resolved when it was put there.
  if (isBrought(folder, checked)) return { is: "known", value: { is: "vendored" } };
  const copies = [`charts/${name}/Chart.yaml`, ...versions.map((one) => `charts/${name}-${one}.tgz`)];
  if (copies.some((copy) => isThere(below(folder, copy), checked))) return { is: "known", value: { is: "vendored" } };
  if (typeof lock === "string") return { is: "unknown", why: lock };
  if (lock === undefined) return { is: "known", value: { is: "no-lock" } };
  if (known === undefined) return { is: "known", value: { is: "not-named" } };
  // One chart can stand in the list twice, under two aliases.
  const locked = known.find((one) => one === version) ?? known[0]!;
  return { is: "known", value: { is: "locked", version: locked } };
}

function isBrought(folder: string, { files }: ChartFiles): boolean {
  const above = folderAround(folder);
  return /(?:^|\/)charts$/.test(above) && files.has(below(folderAround(above), "Chart.yaml"));
}

/** An archive is no text, and there all the same. */
const isThere = (file: string, { files, read }: ChartFiles): boolean => files.has(file) || read(file) !== undefined;

async function readLock(file: string, { read }: ChartFiles): Promise<Lock> {
  const source = read(file);
  if (source === undefined) return undefined;
  if ("why" in source) return `${file} ${source.why}`;
  const { documents, broken } = await readStream(source.text, { wanted: () => true });
  if (broken.length > 0 || documents.length > 1) return `${file} could not be read`;
  const versions = new Map<string, string[]>();
  for (const child of get(documents[0]?.root, "dependencies")?.children ?? []) {
    const [name, version] = ["name", "version"].map((key) => getText(source.text, follow(child), key));
    if (name !== undefined && version !== undefined) versions.set(name, [...(versions.get(name) ?? []), version]);
  }
  return versions;
}
