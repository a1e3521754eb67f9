/**
 * In which form the charts of earlier runs take a digest: one JSON file. What a cache says is proved again before
 * anything is written, so a wrong one costs time and nothing else.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ProbeCache } from "../pipeline/probe/cache.ts";

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
  const entries = new Map<string, Entry>(read(path));
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
      write(path, [...entries].flatMap(([key, { value, used }]): [string, Entry][] => (asked.has(key) ? [[key, { value, used: now }]] : now - used < KEEP_MS ? [[key, { value, used }]] : [])));
    },
  };
}

function read(path: string): [string, Entry][] {
  try {
    const data = JSON.parse(readFileSync(path, "utf8")) as { version?: unknown; probes?: Record<string, Entry> };
    if (data.version !== VERSION || typeof data.probes !== "object") return [];
    return Object.entries(data.probes).filter(([, entry]) => typeof entry?.value === "string" && typeof entry.used === "number");
  } catch {
    return [];
  }
}

function write(path: string, entries: readonly [string, Entry][]): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify({ version: VERSION, probes: Object.fromEntries(entries) }), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    // The run has its proofs; only the next one starts without them.
  }
}
