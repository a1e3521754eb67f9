/**
 * What was located in earlier runs, by content: a file that Git says is unchanged is neither opened nor
 * parsed again. One text file a folder: a header that names the version, a line of ids in which nothing was
 * found, and a line for each id in which something was (docs/decisions/0007-what-is-remembered.md).
 */
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageField } from "../model/field.ts";
import type { LocatedFile } from "../model/site.ts";
import type { Memory } from "../pipeline/survey.ts";
import type { FileRole } from "../surfaces/surface.ts";
import { pack, type Packed, unpack } from "../pipeline/packed.ts";
import { writeCache } from "./cache-file.ts";

/** Raised when what is located changes although the version does not. */
const FORMAT = 11;

/** The last line: a file that was cut short lacks it. */
const END = "end";

export type Ids = Pick<ReadonlyMap<string, string>, "get">;

export interface MemoryFile extends Memory {
  /** Takes what knows the blob ids of files that are as committed; only those are remembered. */
  trust(ids: Ids): void;
  /** Writes what this run learned, if anything is new. */
  save(): void;
}

export function memoryPath(cacheFolder: string, root: string): string {
  return join(cacheFolder, `located-${hash("sha256", root).slice(0, 16)}.txt`);
}

/**
 * Reads the file. That takes time, and needs nothing of Git, so it is done while Git lists.
 * @param fields the policy's own, by which something is located that is not located without them
 */
export function openMemory(path: string, version: string, fields: readonly ImageField[] = []): MemoryFile {
  const header = `lading ${version} located ${FORMAT}${fields.length === 0 ? "" : ` ${hash("sha256", JSON.stringify(fields))}`}`;
  const old = read(path, header);
  let ids: Ids = new Map();
  const empty = new Set<string>();
  const found = new Map<string, string>();
  let fresh = false;
  return {
    trust(listed) {
      ids = listed;
    },
    recall(file, role) {
      const key = keyOf(ids.get(file), role);
      if (key === undefined) return undefined;
      if (old.empty.has(key)) {
        empty.add(key);
        return NOTHING;
      }
      const full = old.found.has(key) ? key : withPath(key, file);
      const entry = old.found.get(full);
      const located = entry && believed(entry, file);
      if (located) found.set(full, entry.line);
      return located;
    },
    keep(file, role, located) {
      const key = keyOf(ids.get(file), role);
      if (key === undefined) return;
      fresh = true;
      if (located === undefined || isNothing(located)) empty.add(key);
      else found.set(located.valuesFiles.length > 0 ? withPath(key, file) : key, JSON.stringify(pack(located)));
    },
    save() {
      if (fresh || empty.size !== old.empty.size || found.size !== old.found.size) write(path, header, empty, found);
    },
  };
}

const NOTHING: LocatedFile = { path: "", documents: 0, sites: [], suppressions: [], unread: [], valuesFiles: [] };

const isNothing = ({ sites, suppressions, unread, valuesFiles, kustomization, artifacts }: LocatedFile): boolean =>
  artifacts === undefined && sites.length === 0 && suppressions.length === 0 && unread.length === 0 && valuesFiles.length === 0 && kustomization === undefined;

/** The same content reads differently as values, as a template, or under a name that kustomize knows. */
function keyOf(id: string | undefined, { values, template, kustomization, typescript, argocdSource, ci, chart }: FileRole): string | undefined {
  return id === undefined ? undefined : `${id}${values ? "v" : ""}${template ? "t" : ""}${kustomization ? "k" : ""}${typescript ? "s" : ""}${argocdSource ? "a" : ""}${ci ? "c" : ""}${chart === undefined ? "" : chart[0]}`;
}

/** Paths of values files count from the file that names them. */
const withPath = (key: string, file: string): string => `${key}:${encodeURIComponent(file)}`;

/** A line of the file, and what it says. */
interface Entry {
  readonly line: string;
  readonly packed: Packed;
}

/** An entry that is not what was once written is as good as none. */
function believed({ packed }: Entry, file: string): LocatedFile | undefined {
  try {
    return unpack(packed, file);
  } catch {
    return undefined;
  }
}

function read(path: string, header: string): { empty: Set<string>; found: Map<string, Entry> } {
  const none = { empty: new Set<string>(), found: new Map<string, Entry>() };
  try {
    const [first, ids = "", ...lines] = readFileSync(path, "utf8").split("\n");
    if (first !== header || lines.pop() !== END) return none;
    return { empty: new Set(ids === "" ? [] : ids.split(" ")), found: new Map(lines.map(entryOf)) };
  } catch {
    return none;
  }
}

/** `<key> <packed>` */
function entryOf(whole: string): [string, Entry] {
  const space = whole.indexOf(" ");
  const line = whole.slice(space + 1);
  return [whole.slice(0, space), { line, packed: JSON.parse(line) as Packed }];
}

function write(path: string, header: string, empty: ReadonlySet<string>, found: ReadonlyMap<string, string>): void {
  const ids = [...empty].join(" ");
  const lines = [...found].map(([key, line]) => `${key} ${line}`);
  writeCache(path, [header, ids, ...lines, END].join("\n"));
}
