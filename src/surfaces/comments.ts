/** What comments say about the lines near them: suppressions of ours, markers of other tools. */
import type { Owner, Suppression } from "../model/site.ts";
import type { Lines } from "../syntax/lines.ts";
import { type Node, SCALAR } from "../syntax/tree.ts";

/** The first thing that every suppression has; also the quick test whether a file has any. */
export const SUPPRESSION_MARK = "lading:";

const SUPPRESSION = /(^|\s)#\s*lading:\s*ignore\b([^\n]*)/gm;

/** A suppression with the line that it speaks about. */
export interface PlacedSuppression extends Suppression {
  /** 1-based line of the node that it covers: its own line, or the next one with content. */
  readonly covers: number;
}

/** Finds suppressions; `scalars` tells comments from text that looks like one. */
export function suppressionsIn(text: string, lines: Lines, roots: readonly Node[]): PlacedSuppression[] {
  const found: PlacedSuppression[] = [];
  for (const match of text.matchAll(SUPPRESSION)) {
    const start = match.index + match[1]!.length;
    if (roots.some((root) => insideScalar(root, start))) continue;
    const position = lines.at(start);
    const end = match.index + match[0].replace(/\r$/, "").length;
    const ownLine = /^[\s\ufeff]*$/.test(text.slice(text.lastIndexOf("\n", start) + 1, start));
    found.push({
      ...parseSuppression(match[2]!.trim()),
      span: { start, end },
      position,
      excerpt: lines.line(position.line),
      covers: ownLine ? nextContentLine(lines, position.line) : position.line,
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

function insideScalar(node: Node, offset: number): boolean {
  if (node.kind === SCALAR) return offset >= node.start && offset < node.end;
  return node.children?.some((child) => insideScalar(child, offset)) ?? false;
}

/**
 * Another tool that writes a scalar: Flux's setter marker at the end of its line
 * (image-automation-controller), or a `# renovate:` comment there or on the line above.
 */
export function ownerOf(text: string, offset: number): Owner | undefined {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  let lineEnd = text.indexOf("\n", offset);
  if (lineEnd < 0) lineEnd = text.length;
  const behind = text.slice(offset, lineEnd);
  const flux = /#\s*(\{\s*"\$imagepolicy"\s*:.*\})\s*$/.exec(behind);
  if (flux) return { tool: "flux", marker: flux[1]! };
  const renovate = /#\s*(renovate:.*?)\s*$/;
  const trailing = renovate.exec(behind);
  if (trailing) return { tool: "renovate", marker: trailing[1]! };
  const above = text.slice(text.lastIndexOf("\n", lineStart - 2) + 1, Math.max(0, lineStart - 1)).trim();
  const own = above.startsWith("#") ? renovate.exec(above) : null;
  return own ? { tool: "renovate", marker: own[1]! } : undefined;
}
