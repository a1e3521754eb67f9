/** What comments say about the lines near them: suppressions of ours, markers of other tools. */
import type { Owner, Suppression } from "../model/site.ts";
import type { Lines } from "../syntax/lines.ts";
import { type Document, type Node, SCALAR, SEQ } from "../syntax/tree.ts";
import type { Draft } from "./surface.ts";

const MARK = "lading:";
const SPACE = 32, TAB = 9;

/** Whether a text may hold a suppression. From one `#` to the next, which are fewer than the letters of the mark. */
export function mayHoldSuppression(text: string): boolean {
  for (let hash = text.indexOf("#"); hash >= 0; hash = text.indexOf("#", hash + 1)) {
    let i = hash + 1;
    while (text.charCodeAt(i) === SPACE || text.charCodeAt(i) === TAB) i++;
    if (text.startsWith(MARK, i)) return true;
  }
  return false;
}

const SUPPRESSION = /(^|[ \t])#[ \t]*lading:[ \t]*ignore\b([^\n]*)/gm;

/** A suppression with the line that it speaks about. */
export interface PlacedSuppression extends Suppression {
  /** 1-based line of the node that it covers: its own line, or the next one with content. */
  readonly covers: number;
  /** Stands behind something on its line, and so speaks about that alone. */
  readonly trailing: boolean;
}

/** Finds suppressions in the documents that were read: elsewhere a comment cannot be told from text that looks like one. */
export function suppressionsIn(text: string, lines: Lines, documents: readonly Document[]): PlacedSuppression[] {
  const scalars = new Ranges(documents.map(({ root }) => root));
  const found: PlacedSuppression[] = [];
  // Comments that follow one another speak about the same line.
  let block = { from: 0, covers: 0 };
  const covers = (line: number): number => {
    if (line < block.from || line >= block.covers) block = { from: line, covers: nextContentLine(lines, line) };
    return block.covers;
  };
  for (const match of text.matchAll(SUPPRESSION)) {
    const start = match.index + match[1]!.length;
    if (!documents.some(({ from, to }) => start >= from && start < to) || scalars.cover(start)) continue;
    const position = lines.at(start);
    const end = match.index + match[0].trimEnd().length;
    const trailing = !/^[\s\ufeff]*$/.test(text.slice(text.lastIndexOf("\n", start) + 1, start));
    found.push({
      ...parseSuppression(match[2]!.trim()),
      span: { start, end },
      position,
      excerpt: lines.line(position.line),
      covers: trailing ? position.line : covers(position.line),
      trailing,
    });
  }
  return found;
}

/** `[rule, rule] reason until=YYYY-MM-DD`, the part behind `ignore`. */
export function parseSuppression(rest: string): Pick<Suppression, "rules" | "reason" | "until" | "problem"> {
  const shape = /^\[([^\]]*)\]\s*(.*)$/.exec(rest);
  const rules = (shape?.[1] ?? "").split(",").map((rule) => rule.trim()).filter((rule) => rule !== "");
  const [, until] = /(?:^|\s)until=(\S+)/.exec(shape?.[2] ?? "") ?? [];
  const reason = (shape?.[2] ?? "").replace(/(?:^|\s)until=\S+/, "").trim();
  const problem =
    rules.length === 0 ? "it names no rule: write ignore[rule] reason"
    : reason === "" ? "it gives no reason: write one after the rule"
    : until !== undefined && !isDate(until) ? `until=${until} is no date: write YYYY-MM-DD`
    : undefined;
  return { rules, reason, ...(until === undefined ? {} : { until }), ...(problem === undefined ? {} : { problem }) };
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function nextContentLine(lines: Lines, from: number): number {
  for (let number = from + 1; number <= lines.count; number++) {
    const content = lines.line(number).trim();
    if (content !== "" && !content.startsWith("#")) return number;
  }
  return from;
}

const NONE: readonly number[] = [];

/** A file's suppressions, by the line that they speak about. */
export class Suppressions {
  readonly all: readonly PlacedSuppression[];
  private readonly byLine = new Map<number, number[]>();

  constructor(all: readonly PlacedSuppression[]) {
    this.all = all;
    for (const [i, { covers }] of all.entries()) {
      const known = this.byLine.get(covers);
      if (known) known.push(i);
      else this.byLine.set(covers, [i]);
    }
  }

  /** Those that speak about the line of the main scalar or of a node around it, by index. */
  covering({ ancestors, node }: Pick<Draft, "ancestors" | "node">, lines: Lines): readonly number[] {
    if (this.all.length === 0) return NONE;
    const begin = (one: Node): number => lines.at(one.keyStart >= 0 ? one.keyStart : one.start).line;
    const covered = new Set([...ancestors, node].map(begin));
    // Behind a line, a comment speaks about what that line names: a key, an item, the value itself. A map is not
    // named by its first line.
    const named = new Set([...ancestors.filter((one, i) => one.keyStart >= 0 || ancestors[i - 1]?.kind === SEQ), node].map(begin)).add(lines.at(node.start).line);
    const near = new Set([...covered, ...named].flatMap((line) => this.byLine.get(line) ?? []));
    return [...near].filter((index) => (this.all[index]!.trailing ? named : covered).has(this.all[index]!.covers));
  }
}

/** The scalars of some trees, which do not overlap, for many questions about places. */
class Ranges {
  private readonly ranges: { start: number; end: number }[] = [];

  constructor(roots: readonly Node[]) {
    const collect = (node: Node): void => {
      if (node.kind === SCALAR) this.ranges.push({ start: node.start, end: node.end });
      else node.children?.forEach(collect);
    };
    roots.forEach(collect);
    this.ranges.sort((a, b) => a.start - b.start);
  }

  cover(offset: number): boolean {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranges[middle]!.start <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && offset < this.ranges[low - 1]!.end;
  }
}

/** Comments are looked for this far from a scalar; a line that is longer is no line that people comment on. */
const NEAR = 2000;

/**
 * Another tool that writes a scalar: Flux's setter marker at the end of its line
 * (image-automation-controller), or a `# renovate:` comment there or on the line above.
 */
export function ownerOf(text: string, lines: Lines, offset: number): Owner | undefined {
  const line = lines.around(offset);
  if (line.end - line.start > NEAR) return undefined;
  const behind = commentIn(text.slice(offset, line.end));
  if (behind?.startsWith("{") && behind.endsWith("}") && /^\{\s*"\$imagepolicy"\s*:/.test(behind)) return { tool: "flux", marker: behind };
  if (behind?.startsWith("renovate:")) return { tool: "renovate", marker: behind };
  if (line.start === 0) return undefined;
  const before = lines.around(line.start - 1);
  const above = before.end - before.start <= NEAR ? text.slice(before.start, before.end).trim() : "";
  const own = above.startsWith("#") ? above.replace(/^#+/, "").trim() : "";
  return own.startsWith("renovate:") ? { tool: "renovate", marker: own } : undefined;
}

/** The text of a trailing comment. */
function commentIn(rest: string): string | undefined {
  const hash = rest.search(/(?:^|[\s"'])#/);
  return hash < 0 ? undefined : rest.slice(rest.indexOf("#", hash) + 1).trim();
}
