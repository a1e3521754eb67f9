/**
 * A YAML or JSON document as a tree of places: every node knows where it stands in the file's text.
 *
 * Three readers build this tree (block.ts, events.ts, full.ts); surfaces read it and never see which one
 * did. Values stay text: `tag: 1.10` is the number 1.1 to a YAML schema, and an image tag to us.
 */
import type { Span } from "../model/site.ts";

export const SCALAR = 0;
export const MAP = 1;
export const SEQ = 2;
export const ALIAS = 3;
export type Kind = typeof SCALAR | typeof MAP | typeof SEQ | typeof ALIAS;

export const PLAIN = 0;
export const SINGLE = 1;
export const DOUBLE = 2;
export const LITERAL = 3;
export const FOLDED = 4;
export type Style = typeof PLAIN | typeof SINGLE | typeof DOUBLE | typeof LITERAL | typeof FOLDED;

/**
 * One class for all kinds, so that walking a tree stays monomorphic: the cold check spends most of its
 * time making and reading these.
 */
export class Node {
  kind: Kind;
  /**
   * Scalar: the content, inside quotes; of a block scalar the first line's first content character.
   * Empty scalar: the place where a value would go. Collection: its first character.
   */
  start: number;
  /** Exclusive. Collections: -1 where the reader does not know it. */
  end: number;
  style: Style = PLAIN;
  /** Written with braces or brackets. */
  flow = false;
  /** The key that this node is the value of, decoded; undefined in a sequence, at the root, or for a key that is no scalar. */
  key: string | undefined = undefined;
  /** Where the key (its quote, if any) begins; -1 where there is no key. */
  keyStart = -1;
  children: Node[] | undefined = undefined;
  /** The node that an alias names. */
  target: Node | undefined = undefined;
  /** Carries an anchor, so that aliases may repeat it elsewhere. */
  anchored = false;
  /** Carries a tag such as `!!str`. */
  tagged = false;

  constructor(kind: Kind, start: number, end: number) {
    this.kind = kind;
    this.start = start;
    this.end = end;
  }
}

/** A document in its file. */
export interface Document {
  /** 0-based in the stream; an empty document counts. */
  readonly index: number;
  /** Where it stands in the text, as far as it was cut out. */
  readonly from: number;
  readonly to: number;
  readonly root: Node;
}

/** The node itself, or what the alias stands for. Undefined for an alias to nothing. */
export function follow(node: Node | undefined): Node | undefined {
  return node !== undefined && node.kind === ALIAS ? node.target : node;
}

/** The value under a key, aliases followed; looks through `<<` merges when the map itself lacks it. */
export function get(map: Node | undefined, key: string): Node | undefined {
  return lookUp(map, key, undefined);
}

/** `seen`: merges of merges visit each map once, however often it is named. */
function lookUp(map: Node | undefined, key: string, seen: Set<Node> | undefined): Node | undefined {
  if (map === undefined || map.kind !== MAP || seen?.has(map)) return undefined;
  let merges: Node[] | undefined;
  for (const child of map.children!) {
    if (child.key === key) return follow(child);
    if (child.key === "<<") (merges ??= []).push(child);
  }
  if (!merges) return undefined;
  const visited = (seen ?? new Set()).add(map);
  for (const merge of merges) {
    const source = follow(merge);
    const candidates = source?.kind === SEQ ? source.children! : source ? [source] : [];
    for (const candidate of candidates) {
      const found = lookUp(follow(candidate), key, visited);
      if (found) return found;
    }
  }
  return undefined;
}

/** The text of a scalar under a key; undefined when there is none or it is no scalar. */
export function getText(text: string, map: Node | undefined, key: string): string | undefined {
  const node = get(map, key);
  return node?.kind === SCALAR ? scalarText(text, node) : undefined;
}

/** Whether a plain scalar stands for nothing: empty, `~` or `null`. */
export function isNull(text: string, node: Node): boolean {
  if (node.kind !== SCALAR || node.style !== PLAIN) return false;
  if (node.start === node.end) return true;
  return /^(?:~|null|Null|NULL)$/.test(text.slice(node.start, node.end));
}

/**
 * A scalar's content: escapes decoded, folded lines joined, a block scalar's indentation and last line
 * break removed. Line breaks inside are kept as one space (folded styles) or `\n` (literal).
 */
export function scalarText(text: string, node: Node): string {
  const source = text.slice(node.start, node.end);
  switch (node.style) {
    case PLAIN:
      return source.includes("\n") ? fold(source) : source;
    case SINGLE: {
      const folded = source.includes("\n") ? fold(source) : source;
      return folded.includes("''") ? folded.replaceAll("''", "'") : folded;
    }
    case DOUBLE: {
      // An escaped line break is no space (YAML 1.2, 7.3.1).
      const folded = source.includes("\n") ? fold(source.replace(/\\\r?\n[ \t]*/g, "")) : source;
      return folded.includes("\\") ? unescape(folded) : folded;
    }
    case LITERAL:
      return blockLines(source).join("\n");
    case FOLDED:
      return blockLines(source).join(" ");
  }
}

/** A copy that does not keep the text alive which it was cut from: V8's slices of 13 characters and more point into it. */
export const own = (text: string): string => (text.length < 13 ? text : Buffer.from(text, "utf8").toString("utf8"));

/** The part of a scalar that a reference written in place would replace: without the line break that ends a block scalar. */
export function contentSpan(text: string, node: Node): Span {
  if (node.style !== LITERAL && node.style !== FOLDED) return { start: node.start, end: node.end };
  let end = node.end;
  while (end > node.start && /\s/.test(text[end - 1]!)) end--;
  return { start: node.start, end };
}

const fold = (source: string): string => source.split(/\r?\n/).map((line) => line.trim()).join(" ");

const blockLines = (source: string): string[] =>
  source.trimEnd().split(/\r?\n/).map((line) => line.trim());

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0", a: "\x07", b: "\b", t: "\t", "\t": "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1b",
  " ": " ", '"': '"', "/": "/", "\\": "\\", N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029",
};

/** Escapes of a double-quoted scalar, decoded (YAML 1.2, 5.7). */
export function unescape(source: string): string {
  return source.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu, (whole, x, u, long, single) => {
    const hex = x ?? u ?? long;
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    }
    return ESCAPES[single] ?? whole;
  });
}
