/** Compares what two readers make of the same text: every node, by kind, place, key and decoded text. */
import { parseAllDocuments } from "yaml";
import { Bail, readBlock, TemplateLine } from "../../src/syntax/block.ts";
import { readEvents } from "../../src/syntax/events.ts";
import { readFull } from "../../src/syntax/full.ts";
import { joinLines } from "../../src/syntax/join-lines.ts";
import { type Cut, cut } from "../../src/syntax/stream.ts";
import { contentSpan, FOLDED, LITERAL, MAP, Node, SCALAR, SEQ, scalarText } from "../../src/syntax/tree.ts";

const KINDS = ["scalar", "map", "seq", "alias"];
const STYLES = ["plain", "single", "double", "literal", "folded"];

/** What the fast reader makes of one document; undefined when it leaves it to a parser. */
export function fast(text: string, { from, to }: Cut): Node | undefined {
  // readStream (read.ts) does not offer these to it.
  if (text.startsWith("---", from) || /\r(?!\n)/.test(text)) return undefined;
  try {
    return readBlock(text, from, to);
  } catch (error) {
    if (error === Bail || error === TemplateLine) return undefined;
    throw error;
  }
}

/** The documents of a text that are cut without a parser. */
export const pieces = (text: string): Cut[] => cut(text) ?? [];

export type Slow =
  /** As YAML 1.2 has it. */
  | { readonly is: "strict"; readonly root: Node }
  /** YAML 1.2 once the lines of quoted scalars and flow collections are joined, as libyaml reads them. */
  | { readonly is: "joined"; readonly root: Node }
  | { readonly is: "refused"; readonly why: string };

/** What `yaml` makes of the document that the fast reader read. Offsets are those of the whole text. */
export function full(text: string, { from, to }: Cut, read: Node): Slow {
  const strict = attempt(() => readFull(text.slice(from, to)), from);
  if (typeof strict !== "string") return { is: "strict", root: strict };
  const joined = attempt(() => readFull(joinLines(text, read).slice(from, to)), from);
  return typeof joined === "string" ? { is: "refused", why: strict } : { is: "joined", root: joined };
}

/** What js-yaml makes of it. */
export function events(text: string, { from, to }: Cut): Node | undefined {
  // js-yaml takes an indented `---` for a marker, which YAML does not.
  if (/^[ \t]+---/m.test(text.slice(from, to))) return undefined;
  const root = attempt(() => readEvents(text.slice(from, to)), from);
  return typeof root === "string" ? undefined : root;
}

function attempt(read: () => Node[], from: number): Node | string {
  try {
    const roots = read();
    if (roots.length > 1) return `${roots.length} documents`;
    return moved(roots[0] ?? new Node(SCALAR, 0, 0), from);
  } catch (error) {
    return (error as Error).message.split("\n")[0]!;
  }
}

function moved(node: Node, by: number): Node {
  node.start += by;
  if (node.end >= 0) node.end += by;
  if (node.keyStart >= 0) node.keyStart += by;
  for (const child of node.children ?? []) moved(child, by);
  return node;
}

/** The first difference between two readings of one text, as `path: what`; undefined when there is none. */
export function difference(text: string, a: Node, b: Node, path = "$"): string | undefined {
  const differ = (what: string, left: unknown, right: unknown): string => `${path}: ${what} is ${JSON.stringify(left)} and ${JSON.stringify(right)}`;
  if (a.kind !== b.kind) return differ("kind", KINDS[a.kind], KINDS[b.kind]);
  if (a.key !== b.key) return differ("key", a.key, b.key);
  if (a.keyStart !== b.keyStart) return differ("keyStart", a.keyStart, b.keyStart);
  if (a.flow !== b.flow) return differ("flow", a.flow, b.flow);
  if (a.kind === SCALAR) {
    if (a.style !== b.style) return differ("style", STYLES[a.style], STYLES[b.style]);
    if (scalarText(text, a) !== scalarText(text, b)) return differ("text", scalarText(text, a), scalarText(text, b));
    const [left, right] = [contentSpan(text, a), contentSpan(text, b)];
    // An empty value has no place of its own; what readers must agree on is that nothing stands between the
    // two. Nothing is ever written into an empty item, so its place may be anywhere.
    if (left.start === left.end && right.start === right.end) return a.key === undefined || a.style === LITERAL || a.style === FOLDED || nothingBetween(text, left.start, right.start) ? undefined : differ("empty place", left, right);
    return left.start === right.start && left.end === right.end ? undefined : differ("span", left, right);
  }
  if (a.start !== b.start) return differ("start", a.start, b.start);
  const [left, right] = [a.children!, b.children!];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const found = difference(text, left[i]!, right[i]!, `${path}.${left[i]!.key ?? i}`);
    if (found !== undefined) return found;
  }
  return left.length === right.length ? undefined : differ("length", left.length, right.length);
}

function nothingBetween(text: string, a: number, b: number): boolean {
  return /^(?:[\s:-]|#[^\n]*(?:\n|$))*$/.test(text.slice(Math.min(a, b), Math.max(a, b)));
}

/** Everything a reader says about a document, in words: for tests that show what is read. */
export function outline(text: string, node: Node): unknown {
  if (node.kind === MAP) return Object.fromEntries(node.children!.map((child) => [child.key ?? "?", outline(text, child)]));
  if (node.kind === SEQ) return node.children!.map((child) => outline(text, child));
  if (node.kind === SCALAR) return scalarText(text, node);
  return node.target ? outline(text, node.target) : "*";
}

/** The values themselves as `yaml` decodes them, without a tree of ours in between. */
export function decoded(text: string): unknown[] {
  return parseAllDocuments(text, { schema: "failsafe", uniqueKeys: false, logLevel: "silent" }).map((document) => document.toJS());
}
