/**
 * In which form the charts of earlier runs take a digest: one JSON file. What a cache says is proved again before
 * anything is written, so a wrong one costs time and nothing else.
 */
import type { ProbeCache } from "../pipeline/probe/cache.ts";
import { readEntries, writeEntries } from "./cache-file.ts";

const VERSION = 1;
/** Entries that no run asked for since are dropped on saving. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

export interface ProbeFile extends ProbeCache {
  /** Writes what is new, if anything is. */
  save(now: number): void;
}

interface Entry {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly used: number;
}

/** Opens the file; one that cannot be read is an empty one. */
export function openProbeFile(path: string): ProbeFile {
  const entries = new Map(readEntries<Entry>(path, VERSION, "probes", (entry) => typeof entry?.value === "string" && typeof entry.used === "number"));
  const asked = new Set<string>();
  let changed = false;
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry) asked.add(key);
      return entry?.value;
    },
    set(key, value) {
      entries.set(key, { value, used: 0 });
      asked.add(key);
      changed = true;
    },
    save(now) {
      if (!changed) return;
      writeEntries(path, VERSION, "probes", [...entries].flatMap(([key, { value, used }]): [string, Entry][] => (asked.has(key) ? [[key, { value, used: now }]] : now - used < KEEP_MS ? [[key, { value, used }]] : [])));
    },
  };
}
