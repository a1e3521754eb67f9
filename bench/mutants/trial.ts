/**
 * One input, and what must hold of it: it is located without a crash and in time; every place that can be
 * written reads as wanted once it is; and no byte outside of those places changes.
 */
import { decode, encode } from "../../src/files/load.ts";
import type { Edit } from "../../src/model/edit.ts";
import type { Digest, ImageReference } from "../../src/model/reference.ts";
import { formatReference, locate } from "../../src/model/reference.ts";
import type { ImageSite, LocatedFile, SourceFile } from "../../src/model/site.ts";
import { stateOf } from "../../src/model/state.ts";
import { fill } from "../../src/rewrite/fill.ts";
import { sitesReadBack } from "../../src/rewrite/read-back.ts";
import { splice } from "../../src/rewrite/splice.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { isTypeScript } from "../../src/surfaces/roles.ts";
import type { FileRole } from "../../src/surfaces/surface.ts";
import { digestOf, pinned, surveyed, workspace } from "../../test/pipeline/memory.ts";

export interface Input {
  readonly path: string;
  /** Whether the file stands in a chart. */
  readonly chart: boolean;
  readonly role: FileRole;
  readonly bytes: Buffer;
  /** References that must be found, where they are known; then nothing may be refused either. */
  readonly wanted?: readonly string[];
}

export interface Outcome {
  readonly sites: number;
  readonly edits: number;
  /** Why the program itself refused to write, if it did. */
  readonly refused?: string;
  readonly milliseconds: number;
  /** What went wrong, if anything. */
  readonly failure?: string;
}

/** A line break by YAML's rules, and to none of the parsers that clusters use: the program's two readers differ about it. */
const LONE_RETURN = /\r(?!\n)/;

/** No input may take longer, in milliseconds. */
const LIMIT = 1000;

/** @param prove whether the slow proof of `lading pin` is run although the cheap one holds */
export async function attempt(input: Input, prove: boolean, limit = LIMIT): Promise<Outcome> {
  const outcome = await inTime(input, prove);
  if (outcome.milliseconds <= limit || outcome.failure !== undefined) return outcome;
  // Others may have had the processor: it is slow when it is slow again.
  const again = await inTime(input, prove);
  return again.milliseconds <= limit ? again : { ...again, failure: `took ${Math.round(again.milliseconds)} ms` };
}

async function inTime(input: Input, prove: boolean): Promise<Outcome> {
  const begun = performance.now();
  let milliseconds: number | undefined;
  try {
    const source = decode(input.path, input.bytes);
    if ("why" in source) return { sites: 0, edits: 0, milliseconds: performance.now() - begun };
    const file = await find(source, input);
    milliseconds = performance.now() - begun;
    return { ...(await written(source, file, input, prove)), milliseconds };
  } catch (error) {
    return { sites: 0, edits: 0, milliseconds: milliseconds ?? performance.now() - begun, failure: `crashed: ${(error as Error).stack ?? String(error)}` };
  }
}

/** A TypeScript file is read by a part of its own, which a run leads to. */
async function find(source: SourceFile, { path, role }: Input): Promise<LocatedFile> {
  if (!isTypeScript(path)) return locateFile(source, role);
  const { located, passedOver } = await surveyed(workspace({ [path]: source.text }));
  return located[0] ?? { path, documents: 0, sites: [], suppressions: [], unread: passedOver, valuesFiles: [] };
}

const wantsPin = (site: ImageSite): boolean => site.slots.length > 0 && stateOf(site) === "floating";

/** The digest that the registry of the test gives for an image. */
function withDigest(reference: ImageReference): ImageReference & { digest: Digest } {
  const { registry, repository } = locate(reference.name);
  return { ...reference, digest: digestOf(`${registry}/${repository}:${reference.tag ?? "latest"}`) };
}

async function written(source: SourceFile, file: LocatedFile, input: Input, prove: boolean): Promise<Omit<Outcome, "milliseconds">> {
  const { sites } = file;
  const lost = input.wanted?.find((one) => !sites.some(({ reading }) => reading.is === "reference" && formatReference(reading.reference) === one));
  if (lost !== undefined) return { sites: sites.length, edits: 0, failure: `${lost} was not found` };
  const misplaced = sites.find(({ span, slots }) => [span, ...slots.map((slot) => slot.span)].some(({ start, end }) => start < 0 || start > end || end > source.text.length));
  if (misplaced) return { sites: sites.length, edits: 0, failure: `a span of ${misplaced.raw} lies outside of the text` };
  const wishes = new Map(sites.flatMap((site, i) => (wantsPin(site) && site.reading.is === "reference" ? [[i, withDigest(site.reading.reference)] as const] : [])));
  if (wishes.size === 0) return { sites: sites.length, edits: 0 };
  const edits = [...new Map([...wishes].flatMap(([i, want]) => fill(sites[i]!.slots, want)).map((edit) => [JSON.stringify(edit), edit])).values()];
  const after = spliced(source, edits);
  const wrong = after instanceof Error ? after.message : await cheapProof(source, after, file, wishes, edits, input);
  if (wrong === undefined && !prove) return { sites: sites.length, edits: edits.length };
  const expected = after instanceof Error ? input.bytes : encode({ ...source, text: after });
  return { sites: sites.length, edits: edits.length, ...(await slowProof(input, wishes, file, wrong, expected)) };
}

function spliced({ text }: SourceFile, edits: readonly Edit[]): string | Error {
  try {
    return splice(text, edits);
  } catch (error) {
    return error as Error;
  }
}

/** Read again by the reader that found the places; undefined: it is as wanted. */
async function cheapProof(source: SourceFile, after: string, file: LocatedFile, wishes: ReadonlyMap<number, ImageReference>, edits: readonly Edit[], input: Input): Promise<string | undefined> {
  const bytes = encode({ ...source, text: after });
  const other = bytesOutside(input.bytes, bytes, source, edits);
  if (other !== undefined) return other;
  return sitesReadBack(file, await find({ ...source, text: after }, input), wishes);
}

/** Compares the bytes between the edits one by one, in the file's own encoding. */
export function bytesOutside(before: Buffer, after: Buffer, { text, encoding }: SourceFile, edits: readonly Edit[]): string | undefined {
  const size = (part: string): number => encode({ text: part, encoding }).length;
  let [from, to] = [0, 0];
  for (const { span, text: replacement } of [...edits].sort((a, b) => a.span.start - b.span.start)) {
    const start = size(text.slice(0, span.start));
    const length = start - from;
    if (!before.subarray(from, start).equals(after.subarray(to, to + length))) return `bytes before ${start} changed`;
    from = start + size(text.slice(span.start, span.end));
    to += length + size(replacement);
  }
  return before.subarray(from).equals(after.subarray(to)) ? undefined : `bytes behind ${from} changed`;
}

/** All that `lading pin` does. What it writes must be right; what the cheap proof turns down it must not write. */
async function slowProof(input: Input, wishes: ReadonlyMap<number, ImageReference>, before: LocatedFile, wrong: string | undefined, expected: Buffer): Promise<Pick<Outcome, "refused" | "failure">> {
  const files: Record<string, string | Buffer> = { [input.path]: input.bytes, ...(input.chart ? { "Chart.yaml": "name: c\n" } : {}) };
  const outcome = await pinned(files, { unsafe: true, adopt: true });
  const after = files[input.path] as Buffer;
  if (outcome.refused.length > 0) {
    const { why } = outcome.refused[0]!;
    if (!after.equals(input.bytes)) return { failure: `it was written although ${why}` };
    return input.wanted ? { failure: `refused: ${why}` } : { refused: LONE_RETURN.test(input.bytes.toString("latin1")) ? `${why} (the text has lone carriage returns)` : why };
  }
  if (outcome.pinned === 0) return {};
  if (wrong !== undefined && outcome.pinned === wishes.size) return { failure: `written, and wrong: ${wrong}` };
  const fresh = decode(input.path, after);
  if ("why" in fresh) return { failure: `written, and no text: ${fresh.why}` };
  const { sites } = await find(fresh, input);
  if (sites.length !== before.sites.length) return { failure: `${before.sites.length} references became ${sites.length}` };
  const bad = sites.find((site, i) => read(site) !== read(before.sites[i]!) && read(site) !== (wishes.has(i) ? formatReference(wishes.get(i)!) : ""));
  if (bad) return { failure: `${read(bad)} was written` };
  // What is pinned in part was ignored in part, by comments.
  return outcome.pinned < wishes.size || after.equals(expected) ? {} : { failure: "more was written than the edits" };
}

const read = ({ reading }: ImageSite): string => (reading.is === "reference" ? formatReference(reading.reference) : reading.is);
