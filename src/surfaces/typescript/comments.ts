/** Comments of TypeScript files that speak about images: our suppressions, and Renovate's markers. */
import { Node, type SourceFile as Tree, SyntaxKind } from "ts-morph";
import type { Owner } from "../../model/site.ts";
import type { Lines } from "../../syntax/lines.ts";
import { parseSuppression, type PlacedSuppression } from "../comments.ts";
import type { Loaded } from "./program.ts";

const SUPPRESSION = /(?:\/\/|\/\*+)[ \t]*lading:[ \t]*ignore\b([^\n]*)/g;

export function suppressionsIn({ source: { text }, tree }: Loaded, lines: Lines): PlacedSuppression[] {
  return [...text.matchAll(SUPPRESSION)].filter(({ index }) => isComment(tree, index)).map((match) => {
    const start = match.index;
    const close = match[0].startsWith("/*") ? match[1]!.indexOf("*/") : -1;
    const rest = close < 0 ? match[1]! : match[1]!.slice(0, close);
    const end = close < 0 ? start + match[0].trimEnd().length : start + match[0].length - match[1]!.length + close + 2;
    const position = lines.at(start);
    const trailing = /[^\s\ufeff]/.test(text.slice(lines.around(start).start, start));
    return {
      ...parseSuppression(rest.trim()),
      span: { start, end },
      position,
      excerpt: lines.line(position.line),
      covers: trailing ? position.line : nextCode(tree, lines, end, position.line),
      trailing,
    };
  });
}

/** The line of the next thing that is no comment. */
function nextCode(tree: Tree, lines: Lines, end: number, own: number): number {
  const rest = tree.getFullText().slice(end);
  const skipped = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(rest)?.[0].length ?? 0;
  return skipped === rest.length ? own : lines.at(end + skipped).line;
}

/** Whether an offset lies between tokens: inside of one, it is text that only looks like a comment. */
function isComment(tree: Tree, offset: number): boolean {
  const around = tree.getDescendantAtPos(offset);
  // ts-morph makes nodes of comments that stand between statements.
  if (!around || Node.isCommentNode(around) || around.getKind() === SyntaxKind.SingleLineCommentTrivia || around.getKind() === SyntaxKind.MultiLineCommentTrivia) return true;
  return around.getChildCount() > 0 || offset < around.getStart() || offset >= around.getEnd();
}

/** Suppressions that cover a place: behind its line, or above it or above something around it. */
export function covering(suppressions: readonly PlacedSuppression[], node: Node, lines: Lines): number[] {
  if (suppressions.length === 0) return [];
  const around = [node, ...node.getAncestors().filter((one) => !Node.isSourceFile(one))];
  const begins = new Set(around.map((one) => lines.at(one.getStart()).line));
  const named = new Set([node, ...around.filter((one) => Node.isPropertyAssignment(one) || Node.isVariableDeclaration(one))].map((one) => lines.at(one.getStart()).line)).add(lines.at(node.getEnd()).line);
  return suppressions.flatMap(({ trailing, covers }, i) => ((trailing ? named : begins).has(covers) ? [i] : []));
}

/** Renovate writes what a `renovate:` comment stands behind or above. */
export function ownerOf({ source: { text }, tree }: Loaded, offset: number, lines: Lines): Owner | undefined {
  if (!text.includes("renovate:")) return undefined;
  const line = lines.around(offset);
  const above = line.start === 0 ? undefined : lines.around(line.start - 1);
  const behind = /(?:\/\/|\/\*+)[ \t]*(renovate:.*)$/.exec(text.slice(offset, line.end));
  if (behind && isComment(tree, offset + behind.index)) return { tool: "renovate", marker: marker(behind[1]!) };
  const over = above && /^\s*(?:\/\/|\/\*+)[ \t]*(renovate:.*)$/.exec(text.slice(above.start, above.end));
  return over ? { tool: "renovate", marker: marker(over[1]!) } : undefined;
}

const marker = (text: string): string => text.replace(/\*\/.*$/, "").trim();
