/** A rendered stream: its objects with what the program noted about each, and the images in them. */
import type { ImageSite } from "../../model/site.ts";
import { innerText } from "../../syntax/inner.ts";
import { Lines } from "../../syntax/lines.ts";
import { readStream } from "../../syntax/read.ts";
import { follow, get, getText, MAP, type Node, SCALAR } from "../../syntax/tree.ts";
import { locator } from "../survey.ts";
import { type NamedPath, namedPath, nodeAt } from "./named-path.ts";

/** What kustomize notes about an object: where it was read or who made it. */
export interface Noted {
  readonly path?: string;
  /** The remote repository that it was read from. */
  readonly repo?: string;
  readonly configuredIn?: string;
  readonly kind?: string;
  readonly name?: string;
}

/** An object of the stream. */
export interface RenderedObject {
  readonly root: Node;
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly origin: Noted | undefined;
  /** What changed it, in order. */
  readonly transformations: readonly Noted[];
  /** Helm's `# Source:` comment. */
  readonly template: string | undefined;
}

export interface Stream {
  /** The text to show: without the annotations that were asked for to trace. */
  readonly text: string;
  readonly objects: readonly RenderedObject[];
  readonly images: readonly StreamImage[];
}

/** An image in the stream. */
export interface StreamImage {
  /** Where it stands in the shown text. */
  readonly site: ImageSite;
  readonly object: RenderedObject;
  readonly path: NamedPath;
  /** The line of its field, in which a comment may stand above: inside of a string it would be a part of that. */
  readonly line: number;
}

const ORIGIN = "config.kubernetes.io/origin";
const TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations";

/** What rendered streams are called where a file's name is asked for. */
export const RENDERED = "<rendered>";

const ROLE = { values: false, template: false, kustomization: false };

/** @param keep annotations that the tree asks for itself, so that they are a part of what is rendered */
export async function readRendered(text: string, keep: ReadonlySet<string> = new Set()): Promise<Stream> {
  const noted = await readStream(text, { wanted: () => true });
  const remarks = await Promise.all(noted.documents.map(({ root }) => remarksOf(text, root)));
  const shown = withoutNotes(text, noted.documents.map(({ root }) => root), keep);
  const stream = shown === text ? noted : await readStream(shown, { wanted: () => true });
  const byIndex = new Map(stream.documents.map((document, i): [number, RenderedObject] => {
    const { root, index, from } = document;
    return [index, {
      root, kind: getText(shown, root, "kind"), name: getText(shown, get(root, "metadata"), "name"),
      ...remarks[i]!, template: sourceComment(shown, from, root.start),
    }];
  }));
  const { locateFile } = await locator();
  const located = await locateFile({ path: RENDERED, text: shown, encoding: "utf-8" }, ROLE);
  const lines = new Lines(shown);
  const images = located.sites.flatMap((site): StreamImage[] => {
    const object = byIndex.get(site.document);
    if (!object) return [];
    const path = namedPath(shown, object.root, site.path);
    const node = nodeAt(shown, object.root, path);
    return [{ site, object, path, line: node ? lines.at(node.keyStart >= 0 ? node.keyStart : node.start).line : site.position.line }];
  });
  return { text: shown, objects: [...byIndex.values()], images };
}

/** The annotations that `buildMetadata` of a kustomization asks for. */
export function askedFor(text: string, root: Node | undefined): ReadonlySet<string> {
  const items = get(root, "buildMetadata")?.children ?? [];
  const words = items.map(follow).map((item) => (item?.kind === SCALAR ? text.slice(item.start, item.end) : ""));
  return new Set([...(words.includes("originAnnotations") ? [ORIGIN] : []), ...(words.includes("transformerAnnotations") ? [TRANSFORMATIONS] : [])]);
}

async function remarksOf(text: string, root: Node): Promise<Pick<RenderedObject, "origin" | "transformations">> {
  const annotations = get(get(root, "metadata"), "annotations");
  const [origin] = await notes(text, get(annotations, ORIGIN));
  return { origin, transformations: await notes(text, get(annotations, TRANSFORMATIONS)) };
}

async function notes(text: string, scalar: Node | undefined): Promise<readonly Noted[]> {
  const inner = scalar?.kind === SCALAR ? innerText(text, scalar) : undefined;
  if (!inner) return [];
  const { documents: [document] } = await readStream(inner.text, { wanted: () => true });
  const root = document?.root;
  const items = root?.kind === MAP ? [root] : (root?.children ?? []).map(follow);
  return items.flatMap((item) => (item ? [note(inner.text, item)] : []));
}

function note(text: string, item: Node): Noted {
  const by = get(item, "configuredBy");
  const said = { path: getText(text, item, "path"), repo: getText(text, item, "repo"), configuredIn: getText(text, item, "configuredIn"), kind: getText(text, by, "kind"), name: getText(text, by, "name") };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** Helm's comment stands between the marker of a document and its first key. */
function sourceComment(text: string, from: number, start: number): string | undefined {
  const before = text.slice(Math.max(0, text.lastIndexOf("\n---", start)), start) || text.slice(from, start);
  return /^# Source: (.+?)\r?$/m.exec(before)?.[1];
}

/** Cuts out whole lines: kustomize prints each annotation from a line's beginning to a line's end. */
function withoutNotes(text: string, roots: readonly Node[], keep: ReadonlySet<string>): string {
  const cuts: { start: number; end: number }[] = [];
  for (const root of roots) {
    const annotations = get(get(root, "metadata"), "annotations");
    if (annotations?.kind !== MAP || annotations.flow) continue;
    const children = annotations.children!;
    const ours = children.filter(({ key }) => key !== undefined && (key === ORIGIN || key === TRANSFORMATIONS) && !keep.has(key));
    if (ours.length === 0) continue;
    if (ours.length === children.length) cuts.push(lines(text, annotations.keyStart, children.at(-1)!));
    else for (const one of ours) cuts.push(lines(text, one.keyStart, one));
  }
  let shown = text;
  for (const { start, end } of cuts.sort((a, b) => b.start - a.start)) shown = shown.slice(0, start) + shown.slice(end);
  return shown;
}

function lines(text: string, from: number, last: Node): { start: number; end: number } {
  let end = last.end;
  while (end > last.start && /\s/.test(text[end - 1]!)) end--;
  const next = text.indexOf("\n", end);
  return { start: text.lastIndexOf("\n", from) + 1, end: next < 0 ? text.length : next + 1 };
}
