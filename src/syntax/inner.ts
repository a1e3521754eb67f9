/**
 * A scalar whose text is a document of its own: what the text is, and where each of its characters stands in
 * the text around it. Decoding is exact (YAML 1.2, chapters 5 and 7 to 8), because a place that is off by one is
 * an edit in the wrong place.
 */
import type { Span } from "../model/site.ts";
import { blockLayout } from "./block-layout.ts";
import { DOUBLE, FOLDED, LITERAL, type Node, SINGLE, unescape } from "./tree.ts";

/** How a text is put into the scalar that holds the inner one; undefined when this style cannot spell it in place. */
export type Escape = (text: string) => string | undefined;

/** A decoded scalar and the way back. */
export interface InnerText {
  readonly text: string;
  /** Where a range of the inner text stands outside. */
  outward(span: Span): Span;
  /** What an edit in the outer text is to the inner one; undefined when it is no edit of whole characters in it. */
  inward(span: Span): Span | undefined;
  readonly escape: Escape;
}

/** The document in a scalar; undefined when its place in the text cannot be told. */
export function innerText(text: string, node: Node): InnerText | undefined {
  const pieces = new Pieces(text);
  if (node.style === LITERAL || node.style === FOLDED) {
    const layout = blockLayout(text, node);
    if (!layout) return undefined;
    for (const { start, end, as } of layout.pieces) pieces.add(start, end, as);
    // A line of a folded scalar that is put in would be folded into its neighbours.
    const escape: Escape = node.style === LITERAL ? (one) => one.replaceAll("\n", `${layout.lineBreak}${layout.indent}`) : inLine;
    return pieces.inner(node.start, escape);
  }
  flowPieces(text, node, pieces);
  return pieces.inner(node.start, node.style === DOUBLE ? doubleQuoted : node.style === SINGLE ? singleQuoted : plain);
}

const inLine: Escape = (text) => (text.includes("\n") ? undefined : text);
const singleQuoted: Escape = (text) => inLine(text)?.replaceAll("'", "''");
const doubleQuoted: Escape = (text) => JSON.stringify(text).slice(1, -1);
const plain: Escape = (text) => (/^[\w.:/@-]*$/.test(text) && !text.endsWith(":") ? text : undefined);

/**
 * The inner text as a list of pieces: runs that stand outside as they are, and what is spelled otherwise there
 * (an escape, a folded line break), which has no inside.
 */
class Pieces {
  private readonly source: string;
  private readonly inner_: number[] = [];
  private readonly outer: number[] = [];
  private readonly outerEnd: number[] = [];
  private readonly parts: string[] = [];
  private length = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** `as`: how the range reads, where that is not what stands there. */
  add(start: number, end: number, as?: string): void {
    const part = as ?? this.source.slice(start, end);
    if (part === "") return;
    this.inner_.push(this.length);
    this.outer.push(start);
    this.outerEnd.push(end);
    this.parts.push(part);
    this.length += part.length;
  }

  inner(empty: number, escape: Escape): InnerText {
    const text = this.parts.join("");
    const from = (offset: number): number => {
      if (this.length === 0) return empty;
      const i = last(this.inner_, offset);
      const into = offset - this.inner_[i]!;
      if (into >= this.parts[i]!.length) return this.outerEnd[i]!;
      return this.outer[i]! + (this.isRun(i) ? into : 0);
    };
    const to = (offset: number): number => {
      const i = last(this.inner_, offset - 1);
      const into = offset - this.inner_[i]!;
      return this.isRun(i) ? this.outer[i]! + into : this.outerEnd[i]!;
    };
    const back = (offset: number): number | undefined => {
      if (this.length === 0) return offset === empty ? 0 : undefined;
      const i = last(this.outer, offset);
      const into = offset - this.outer[i]!;
      if (into === 0) return this.inner_[i]!;
      if (into < 0) return undefined;
      if (offset === this.outerEnd[i]) return this.inner_[i]! + this.parts[i]!.length;
      return this.isRun(i) && offset < this.outerEnd[i]! ? this.inner_[i]! + into : undefined;
    };
    return {
      text,
      escape,
      outward: ({ start, end }) => (start === end ? { start: from(start), end: from(start) } : { start: from(start), end: to(end) }),
      inward: ({ start, end }) => {
        const [first, after] = [back(start), back(end)];
        return first === undefined || after === undefined || after < first ? undefined : { start: first, end: after };
      },
    };
  }

  /** A run has as many characters inside as outside; an escape may too, but then it is one character. */
  private isRun(i: number): boolean {
    return this.parts[i]!.length === this.outerEnd[i]! - this.outer[i]!;
  }
}

/** The last place in a rising list that is not above a value; 0 when all are. */
function last(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What breaks a run of characters in a flow scalar: a line break, a quote, an escape. */
const SPECIAL: Readonly<Record<number, RegExp>> = {
  [DOUBLE]: /\\\r?\n[ \t]*|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^\r\n])|\r?\n/gu,
  [SINGLE]: /''|\r?\n/g,
};
const BREAK = /\r?\n/g;

function flowPieces(text: string, node: Node, pieces: Pieces): void {
  let position = node.start;
  for (const match of text.slice(node.start, node.end).matchAll(SPECIAL[node.style] ?? BREAK)) {
    const start = node.start + match.index;
    // The white space that begins a line went along with the break above it.
    if (start < position) continue;
    const end = start + match[0].length;
    if (match[0] === "''" || match[0].startsWith("\\")) {
      pieces.add(position, start);
      pieces.add(start, end, match[0] === "''" ? "'" : /^\\\r?\n/.test(match[0]) ? "" : unescape(match[0]));
      position = end;
      continue;
    }
    let trimmed = start;
    while (trimmed > position && isBlank(text[trimmed - 1])) trimmed--;
    pieces.add(position, trimmed);
    position = foldBreaks(text, trimmed, end, node.end, pieces);
  }
  pieces.add(position, node.end);
}

const isBlank = (character: string | undefined): boolean => character === " " || character === "\t";

/** A line break in a flow scalar is a space; the empty lines behind it are line breaks (7.3). Gives where the text goes on. */
function foldBreaks(text: string, start: number, behind: number, limit: number, pieces: Pieces): number {
  let position = behind;
  let breaks = 0;
  for (;;) {
    let next = position;
    while (next < limit && isBlank(text[next])) next++;
    const end = text[next] === "\r" && text[next + 1] === "\n" ? next + 2 : text[next] === "\n" ? next + 1 : -1;
    if (end < 0 || next >= limit) {
      if (breaks === 0) pieces.add(start, next, " ");
      return next;
    }
    pieces.add(breaks === 0 ? start : position, end, "\n");
    breaks++;
    position = end;
  }
}
