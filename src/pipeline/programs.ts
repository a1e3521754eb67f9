/** TypeScript files in a run: located together, and proved together when one of them is rewritten. */
import type { Edit } from "../model/edit.ts";
import type { ImageReference } from "../model/reference.ts";
import type { LocatedFile, SourceFile } from "../model/site.ts";
import { sitesReadBack } from "../rewrite/read-back.ts";
import type { OwnFields } from "../surfaces/known-fields.ts";
// Types alone: the compiler is loaded by the runs that meet such a file.
import type { LocatedProgram } from "../surfaces/typescript/locate.ts";

/** By file: the files that it works together with, itself among them. */
export type Programs = ReadonlyMap<string, readonly string[]>;

/** Hands out a TypeScript file. */
export interface Sources {
  follow?(file: string): SourceFile | undefined;
}

/** The part with the compiler. It has a catalogue of its own, since parts share no state. */
async function compiler(): Promise<typeof import("../surfaces/typescript/locate.ts")> {
  const part = await import("../surfaces/typescript/locate.ts");
  await part.loadCatalogue();
  return part;
}

/** Importers of importers are looked for this many times. */
const MAX_ROUNDS = 5;

/**
 * Finds the sites of the files that import a library. Loads the compiler only when there is one.
 * @param others TypeScript files that import none: they may call what the entries export, with images for arguments
 */
export async function locatePrograms(entries: readonly SourceFile[], others: readonly string[], { follow }: Sources, fields: OwnFields): Promise<readonly LocatedProgram[]> {
  if (entries.length === 0) return [];
  const { locateTypeScript } = await compiler();
  const hand = (path: string): SourceFile | undefined => follow?.(path);
  const read = new Map(entries.map((one) => [one.path, one]));
  let found = locateTypeScript(entries, hand, fields);
  const asked = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const waiting = found.waiting.filter((path) => !asked.has(path));
    const fresh = waiting.length === 0 ? [] : others.filter((path) => !read.has(path)).flatMap((path) => hand(path) ?? []).filter(({ text }) => waiting.some((path) => mentions(text, path)));
    if (fresh.length === 0) break;
    for (const path of waiting) asked.add(path);
    for (const one of fresh) read.set(one.path, one);
    found = locateTypeScript([...read.values()], hand, fields);
  }
  return found.files;
}

/** Whether a text may import a file: its name, or its folder's for an index, stands at the end of a path in quotes. */
function mentions(text: string, path: string): boolean {
  const [, folder = "", name = ""] = /^(?:.*\/)?([^/]*?)\/?([^/]+)\.[^.]+$/.exec(path) ?? [];
  return ["", ".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", ".tsx", ".jsx"].some((ending) => [`/${name}${ending}`, ...(name === "index" ? [`/${folder}`, ".", "./"] : [])].some((end) => text.includes(`${end}"`) || text.includes(`${end}'`)));
}

/** A file with its new text, and all that was located in it before. */
export interface Rewritten {
  readonly source: SourceFile;
  readonly after: string;
  readonly edits: readonly Edit[];
  readonly file: LocatedFile;
  readonly wanted: ReadonlyMap<number, ImageReference>;
}

/**
 * Whether a rewritten file reads as wanted, and the files that it works together with as before. They are taken
 * as they are now: some of them may have been rewritten already.
 */
export async function programReadsBack({ source, after, edits, file, wanted }: Rewritten, around: readonly string[], { follow }: Sources, fields: OwnFields): Promise<LocatedFile | string> {
  const { locateTypeScript, sameButFor } = await compiler();
  const rewritten = { ...source, text: after };
  const others = around.flatMap((path) => (path === source.path ? [] : (follow?.(path) ?? [])));
  const { files: before } = locateTypeScript([source, ...others], (path) => follow?.(path), fields);
  const { files: fresh } = locateTypeScript([rewritten, ...others], (path) => (path === source.path ? rewritten : follow?.(path)), fields);
  const located = fresh.find(({ path }) => path === file.path);
  if (!located) return "no reference would be found in it";
  const difference = sitesReadBack(file, located, wanted) ?? sameButFor(source, after, edits) ?? before.filter(({ path }) => path !== file.path).flatMap((old) => elsewhere(old, fresh) ?? [])[0];
  return difference ?? located;
}

/** What would change in another file. */
function elsewhere(old: LocatedFile, fresh: readonly LocatedFile[]): string | undefined {
  const now = fresh.find(({ path }) => path === old.path);
  const found = now ? sitesReadBack(old, now, new Map()) : "its references would be lost";
  return found === undefined ? undefined : `in ${old.path} ${found}`;
}
