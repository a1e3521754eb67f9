/**
 * What registries said in earlier runs: one JSON file, each entry with the time at which it was learned. A
 * cache that cannot be read is no cache; one that cannot be written costs the next run some time.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Answer, Manifest } from "../model/facts.ts";
import { isDigest } from "../model/reference.ts";
import { readEntries, writeEntries } from "./cache-file.ts";

const VERSION = 2;
/** Older entries are dropped on saving; readers have stricter limits of their own. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

export interface AnswerFile {
  get(key: string): Answer<Manifest> | undefined;
  set(key: string, answer: Answer<Manifest>): void;
  /** Writes what is new, if anything is. */
  save(now: number): void;
}

/** Where caches live by the XDG base directory specification. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = environment["XDG_CACHE_HOME"];
  return join(base !== undefined && base.startsWith("/") ? base : join(home, ".cache"), "lading");
}

/**
 * Opens the file, when it is first asked: a run without registries does without.
 * @param scope what besides the question decides the answer: mirrors and authorities. Another policy's mirror must
 *   not speak for this one's registries.
 */
export function openAnswerFile(path: string, scope: unknown): AnswerFile {
  let opened: { readonly prefix: string; readonly entries: Map<string, Manifest> } | undefined;
  const open = (): NonNullable<typeof opened> =>
    (opened ??= { prefix: `${createHash("sha256").update(JSON.stringify(scope)).digest("hex").slice(0, 16)} `, entries: new Map(readEntries<Manifest>(path, VERSION, "answers", isManifest)) });
  let changed = false;
  return {
    get(key) {
      const { prefix, entries } = open();
      const value = entries.get(prefix + key);
      return value && { is: "known", value: { ...value, from: "cache" } };
    },
    set(key, answer) {
      if (answer.is !== "known") return;
      const { prefix, entries } = open();
      entries.set(prefix + key, answer.value);
      changed = true;
    },
    save(now) {
      if (changed) writeEntries(path, VERSION, "answers", [...open().entries].filter(([, { learned }]) => now - Date.parse(learned) < KEEP_MS));
    },
  };
}

function isManifest(value: Manifest): boolean {
  const { digest, mediaType, kind, learned, children } = value;
  return typeof digest === "string" && isDigest(digest) && typeof mediaType === "string" && ["index", "image", "other"].includes(kind)
    && !Number.isNaN(Date.parse(learned)) && (children === undefined || (Array.isArray(children) && children.every((one) => typeof one === "string" && isDigest(one))));
}
