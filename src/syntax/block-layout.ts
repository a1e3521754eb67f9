/** How a literal or folded block scalar is laid out: its indentation, its lines, and what its line breaks read as (YAML 1.2, 8.1). */
import { FOLDED, type Node } from "./tree.ts";

/** A range of the text; `as` where it reads otherwise than it stands there. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly as?: string;
}

export interface BlockLayout {
  readonly pieces: readonly Piece[];
  /** The spaces in front of each line. */
  readonly indent: string;
  readonly lineBreak: string;
}

/** The header of a block scalar: behind a colon, a dash, a tag or an anchor, at the end of its line. */
const HEADER = /(?:^|[ \t])([|>])([-+1-9]{0,2})(?:[ \t]+#.*)?[ \t]*\r?$/;

/** Undefined when the header is not where it should be. */
export function blockLayout(text: string, node: Node): BlockLayout | undefined {
  const header = headerAbove(text, node);
  if (!header) return undefined;
  const first = text.lastIndexOf("\n", node.start - 1) + 1;
  const indicator = /[1-9]/.exec(header.indicators)?.[0];
  const width = indicator === undefined ? node.start - first : parentColumn(text, node, header) + Number(indicator);
  const lines = linesOf(text, header.end, width);
  return {
    pieces: [...(node.style === FOLDED ? folded(text, lines) : literal(lines)), ...ending(lines, header.indicators)],
    indent: " ".repeat(width),
    lineBreak: text[header.end - 2] === "\r" ? "\r\n" : "\n",
  };
}

interface Header {
  readonly start: number;
  /** Where the first line below it begins. */
  readonly end: number;
  readonly indicators: string;
}

/** The nearest line with content above the scalar's first line. */
function headerAbove(text: string, node: Node): Header | undefined {
  let end = text.lastIndexOf("\n", node.start - 1);
  // A text that begins with a line break has nothing above it, and lastIndexOf takes -1 for 0.
  while (end > 0) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    const line = text.slice(start, end);
    const match = HEADER.exec(line);
    if (match) return { start: start + match.index + match[0].search(/[|>]/), end: end + 1, indicators: match[2]! };
    if (line.trim() !== "" || start === 0) return undefined;
    end = start - 1;
  }
  return undefined;
}

/** The column from which an indentation indicator counts: that of the key, or of the dash. */
function parentColumn(text: string, node: Node, { start }: Header): number {
  const from = node.keyStart >= 0 ? node.keyStart : text.lastIndexOf("-", start);
  return from - (text.lastIndexOf("\n", from - 1) + 1) - (text[0] === "\ufeff" && !text.slice(0, from).includes("\n") ? 1 : 0);
}

/** A line's content, and where its line break ends; both the same at the end of the text. */
interface Line {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** Lines down to the first one with content that stands too far left. */
function linesOf(text: string, from: number, width: number): Line[] {
  const lines: Line[] = [];
  let position = from;
  while (position < text.length) {
    const lineBreak = text.indexOf("\n", position);
    const next = lineBreak < 0 ? text.length : lineBreak + 1;
    const end = lineBreak < 0 ? text.length : text[lineBreak - 1] === "\r" ? lineBreak - 1 : lineBreak;
    let content = position;
    while (content < end && content < position + width && text[content] === " ") content++;
    if (content < position + width && content < end) break;
    lines.push({ start: content, end, next });
    position = next;
  }
  return lines;
}

const isEmpty = ({ start, end }: Line): boolean => start === end;

const lastContent = (lines: readonly Line[]): number => lines.findLastIndex((line) => !isEmpty(line));

function* literal(lines: readonly Line[]): Generator<Piece> {
  const last = lastContent(lines);
  for (let i = 0; i <= last; i++) {
    const line = lines[i]!;
    yield { start: line.start, end: line.end };
    if (i < last) yield { start: line.end, end: lines[i + 1]!.start, as: "\n" };
  }
}

/** Between two lines at the indentation a break is a space, or nothing before empty lines; beside a deeper line it stays. */
function* folded(text: string, lines: readonly Line[]): Generator<Piece> {
  const last = lastContent(lines);
  const isDeeper = ({ start }: Line): boolean => text[start] === " " || text[start] === "\t";
  for (let i = 0; i <= last; ) {
    const line = lines[i]!;
    if (isEmpty(line)) {
      // Empty lines above the first content.
      yield { start: line.end, end: lines[++i]!.start, as: "\n" };
      continue;
    }
    yield { start: line.start, end: line.end };
    let next = i + 1;
    while (next <= last && isEmpty(lines[next]!)) next++;
    if (next > last) return;
    const follower = lines[next]!;
    const keeps = isDeeper(line) || isDeeper(follower);
    if (keeps || next === i + 1) yield { start: line.end, end: lines[i + 1]!.start, as: keeps ? "\n" : " " };
    for (let empty = i + 1; empty < next; empty++) yield { start: lines[empty]!.end, end: lines[empty + 1]!.start, as: "\n" };
    i = next;
  }
}

/** What the chomping indicator leaves of the line breaks at the end. */
function* ending(lines: readonly Line[], indicators: string): Generator<Piece> {
  const last = lastContent(lines);
  if (indicators.includes("-")) return;
  const kept = indicators.includes("+") ? lines.slice(Math.max(0, last)) : lines.slice(last, last + 1);
  for (const { end, next } of last < 0 && !indicators.includes("+") ? [] : kept) if (next > end) yield { start: end, end: next, as: "\n" };
}
