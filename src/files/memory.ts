/**
 * What was located in earlier runs, by content: a file that Git says is unchanged is neither opened nor
 * parsed again. One text file a folder: a header that names the version, a line of ids in which nothing was
 * found, and a line for each id in which something was (docs/decisions/0007-what-is-remembered.md).
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LocatedFile } from "../model/site.ts";
import type { Memory } from "../pipeline/survey.ts";
import type { FileRole } from "../surfaces/surface.ts";

/** Raised when what is located changes although the version does not. */
const FORMAT = 2;

export interface MemoryFile extends Memory {
  /** Writes what this run learned, if anything is new. */
  save(): void;
}

export function memoryPath(cacheFolder: string, root: string): string {
  return join(cacheFolder, `located-${createHash("sha256").update(root).digest("hex").slice(0, 16)}.txt`);
}

/** @param ids blob ids of files that are as committed; only those are remembered */
export function openMemory(path: string, ids: ReadonlyMap<string, string>, version: string): MemoryFile {
  const header = `lading ${version} located ${FORMAT}`;
  const old = read(path, header);
  const empty = new Set<string>();
  const found = new Map<string, string>();
  let fresh = false;
  return {
    recall(file, role) {
      const key = keyOf(ids.get(file), role);
      if (key === undefined) return undefined;
      if (old.empty.has(key)) {
        empty.add(key);
        return NOTHING;
      }
      const full = old.found.has(key) ? key : withPath(key, file);
      const line = old.found.get(full);
      if (line === undefined) return undefined;
      found.set(full, line);
      return restore(line, file);
    },
    keep(file, role, located) {
      const key = keyOf(ids.get(file), role);
      if (key === undefined) return;
      fresh = true;
      if (located === undefined || isNothing(located)) empty.add(key);
      else found.set(located.valuesFiles.length > 0 ? withPath(key, file) : key, JSON.stringify(strip(located)));
    },
    save() {
      if (fresh || empty.size !== old.empty.size || found.size !== old.found.size) write(path, header, empty, found);
    },
  };
}

const NOTHING: LocatedFile = { path: "", documents: 0, sites: [], suppressions: [], unread: [], valuesFiles: [], renames: [] };

const isNothing = ({ sites, suppressions, unread, valuesFiles }: LocatedFile): boolean =>
  sites.length === 0 && suppressions.length === 0 && unread.length === 0 && valuesFiles.length === 0;

/** The same content reads differently as values, as a template, or under a name that kustomize knows. */
function keyOf(id: string | undefined, { values, template, kustomization }: FileRole): string | undefined {
  return id === undefined ? undefined : `${id}${values ? "v" : ""}${template ? "t" : ""}${kustomization ? "k" : ""}`;
}

/** Paths of values files count from the file that names them. */
const withPath = (key: string, file: string): string => `${key}:${encodeURIComponent(file)}`;

/** Content may stand under several names, so names are left out, and put in again on the way back. */
function strip({ sites, unread, valuesFiles, ...rest }: LocatedFile): unknown {
  return { ...rest, path: "", valuesFiles, sites: sites.map((site) => ({ ...site, file: "" })), unread: unread.map((one) => ({ ...one, file: "" })) };
}

function restore(line: string, file: string): LocatedFile {
  const { sites, unread, ...rest } = JSON.parse(line) as LocatedFile;
  for (const one of [...sites, ...unread]) (one as { file: string }).file = file;
  return { ...rest, sites, unread, path: file };
}

function read(path: string, header: string): { empty: Set<string>; found: Map<string, string> } {
  const none = { empty: new Set<string>(), found: new Map<string, string>() };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return none;
  }
  const [first, checksum, ids, ...lines] = text.split("\n");
  if (first !== header || ids === undefined || checksum !== sum(ids, lines)) return none;
  return {
    empty: new Set(ids === "" ? [] : ids.split(" ")),
    found: new Map(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)])),
  };
}

function write(path: string, header: string, empty: ReadonlySet<string>, found: ReadonlyMap<string, string>): void {
  const ids = [...empty].join(" ");
  const lines = [...found].map(([key, line]) => `${key} ${line}`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, [header, sum(ids, lines), ids, ...lines].join("\n"), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    // The next run reads the files again.
  }
}

/** Finds a file that was cut short or edited. */
function sum(ids: string, lines: readonly string[]): string {
  const hash = createHash("sha256").update(ids);
  for (const line of lines) hash.update(line);
  return hash.digest("hex");
}
