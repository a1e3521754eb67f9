/**
 * Marks: texts that are put where an image may come from, each another one, to see which of them comes out. What
 * comes out of the program itself is no guess. One render carries them all; where it fails, halves of them are tried.
 */
import { hash } from "node:crypto";
import type { Render, RenderRequest, Root, ValuesLayer } from "../../model/render.ts";
import type { Span } from "../../model/site.ts";
import { readStream } from "../../syntax/read.ts";
import { contentSpan, follow, get, SCALAR, SEQ } from "../../syntax/tree.ts";
import { splitImage } from "../image-entry.ts";
import type { Leaf } from "./leaves.ts";
import type { Part, Step } from "./origin.ts";
import type { Sources } from "./sources.ts";
import { readRendered, type StreamImage } from "./stream.ts";

/** The most renders that are spent on one root. */
const MOST_RENDERS = 24;

/** What the marks say of each image: by its place in the list, the places that supplied it. */
export type Marked = ReadonlyMap<number, readonly Step[]>;

export interface MarkInput {
  readonly root: Root;
  readonly render: Render;
  readonly sources: Sources;
  readonly images: readonly StreamImage[];
  readonly provenance: boolean;
}

/** Counts what is spent. */
export interface Spent {
  renders: number;
}

/** Renders with a mark at each of the places. */
export async function mark(input: MarkInput, leaves: readonly Leaf[], spent: Spent): Promise<Marked> {
  const found = new Map<number, Step[]>();
  const queue: (readonly Leaf[])[] = [leaves];
  for (let some = queue.shift(); some; some = queue.shift()) {
    if (some.length === 0 || spent.renders >= MOST_RENDERS) continue;
    spent.renders++;
    const answer = await input.render(await withMarks(input, some));
    if (answer.is === "unknown") {
      if (some.length > 1) queue.push(some.slice(0, some.length >> 1), some.slice(some.length >> 1));
      continue;
    }
    const { images } = await readRendered(answer.value.text);
    for (const [i, steps] of readMarks(input.images, images, some)) found.set(i, [...(found.get(i) ?? []), ...steps]);
  }
  return found;
}

interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

async function withMarks({ root, sources, provenance }: MarkInput, leaves: readonly Leaf[]): Promise<RenderRequest> {
  const edits = new Map<string, TextEdit[]>();
  const inline = new Map<number, TextEdit[]>();
  const layers: ValuesLayer[] = [...(root.helm?.layers ?? [])];
  for (const [number, leaf] of leaves.entries()) {
    const layer = leaf.index === undefined ? undefined : layers[leaf.index];
    const marked = markedText(leaf, number);
    if (leaf.index !== undefined && layer?.is === "parameter") layers[leaf.index] = { ...layer, value: marked };
    else if (leaf.index !== undefined && layer?.is === "inline") {
      const span = await spanIn(layer.text, leaf);
      if (span) inline.set(leaf.index, [...(inline.get(leaf.index) ?? []), { span, text: marked }]);
    } else if (isPlain(leaf, sources)) edits.set(leaf.place.file, [...(edits.get(leaf.place.file) ?? []), { span: leaf.place.span, text: marked }]);
  }
  for (const [index, list] of inline) layers[index] = { ...(layers[index] as Extract<ValuesLayer, { is: "inline" }>), text: edited((layers[index] as Extract<ValuesLayer, { is: "inline" }>).text, list) };
  const instead = new Map([...edits].map(([file, list]) => [file, edited(sources.text(file)!, list)]));
  return { root: root.helm ? { ...root, helm: { ...root.helm, layers } } : root, instead, provenance };
}

/** Whether what stands in the file is the text itself, without escapes. */
const isPlain = ({ place, text }: Leaf, sources: Sources): boolean => sources.text(place.file)?.slice(place.span.start, place.span.end) === text;

function edited(text: string, edits: readonly TextEdit[]): string {
  let out = text;
  for (const { span, text: put } of [...edits].sort((a, b) => b.span.start - a.span.start)) out = out.slice(0, span.start) + put + out.slice(span.end);
  return out;
}

/** The same scalar in a layer that is handed over as a text of its own. */
async function spanIn(text: string, { paths: [path], text: reads }: Leaf): Promise<Span | undefined> {
  const { documents: [document] } = await readStream(text, { wanted: () => true });
  let at = follow(document?.root);
  for (const step of path ?? []) at = at?.kind === SEQ ? follow(at.children![Number(step)]) : get(at, step);
  if (at?.kind !== SCALAR) return undefined;
  const span = contentSpan(text, at);
  return text.slice(span.start, span.end) === reads ? span : undefined;
}

const MARK = /-lading(\d+)z/g;
/** The last 12 digits of a digest are the mark: `1ad` and the number, and a check, so that a digest is not taken for one by chance. */
const DIGEST_MARK = /1ad([0-9a-f]{5})([0-9a-f]{4})$/;
const check = (number: string): string => hash("sha256", `lading ${number}`).slice(0, 4);

function digestMark(digest: string, number: number): string {
  const written = number.toString(16).padStart(5, "0");
  return `${digest.slice(0, -12)}1ad${written}${check(written)}`;
}

function markedText({ text, spells }: Leaf, number: number): string {
  const hex = /[0-9a-f]{64}$/.exec(text);
  if (hex) return digestMark(text, number);
  return spells === "reference" && splitImage(text).tag === "" ? text : `${text}-lading${number}z`;
}

/** Compares image by image. One whose parts differ in more than marks says nothing. */
function readMarks(before: readonly StreamImage[], after: readonly StreamImage[], leaves: readonly Leaf[]): [number, Step[]][] {
  const byKey = new Map(after.map((image, i) => [keyOf(image, after.slice(0, i)), image]));
  const sameShape = before.length === after.length && before.every((image, i) => JSON.stringify(image.path) === JSON.stringify(after[i]!.path));
  return before.flatMap((image, i): [number, Step[]][] => {
    const marked = sameShape ? after[i] : byKey.get(keyOf(image, before.slice(0, i)));
    const steps = marked ? stepsIn(image.site.raw, marked.site.raw, leaves) : [];
    return steps.length === 0 ? [] : [[i, steps]];
  });
}

function stepsIn(raw: string, marked: string, leaves: readonly Leaf[]): Step[] {
  const [was, is] = [splitImage(raw), splitImage(marked)];
  const steps: Step[] = [];
  const add = (part: Part, number: number): void => {
    const leaf = leaves[number];
    if (leaf) steps.push({ place: leaf.place, layer: leaf.says, sets: leaf.spells === "reference" ? partsOf(was) : [part], reads: leaf.text });
  };
  if (is.name.replace(MARK, "") === was.name) for (const [, number] of is.name.matchAll(MARK)) add("name", Number(number));
  if (is.tag.replace(MARK, "") === was.tag) for (const [, number] of is.tag.matchAll(MARK)) add("tag", Number(number));
  const [, number, checked] = DIGEST_MARK.exec(is.digest) ?? [];
  if (number !== undefined && check(number) === checked && is.digest.slice(0, -12) === was.digest.slice(0, -12)) add("digest", Number.parseInt(number, 16));
  return steps;
}

const partsOf = ({ tag, digest }: ReturnType<typeof splitImage>): readonly Part[] => ["name", ...(tag === "" ? [] : ["tag"] as const), ...(digest === "" ? [] : ["digest"] as const)];

/** Where an image stands, and how many stood there before it. */
function keyOf({ object: { kind, name }, path }: StreamImage, before: readonly StreamImage[]): string {
  const place = ({ object, path: at }: Pick<StreamImage, "object" | "path">): string => `${object.kind} ${object.name} ${JSON.stringify(at)}`;
  const own = `${kind} ${name} ${JSON.stringify(path)}`;
  return `${own} ${before.filter((image) => place(image) === own).length}`;
}
