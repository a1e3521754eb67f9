/**
 * Puts quoted scalars and flow collections of several lines on one, without moving anything: each line break
 * in them becomes a space. YAML folds it to a space anyway, and indentation no longer matters, in which
 * libyaml and YAML 1.2 differ (see block.ts).
 */
import { DOUBLE, type Node, SINGLE } from "./tree.ts";

export function joinLines(text: string, root: Node): string {
  const ranges: { start: number; end: number }[] = [];
  collect(root, ranges);
  let joined = "";
  let position = 0;
  for (const { start, end } of ranges) {
    joined += text.slice(position, start) + text.slice(start, end).replace(/[\r\n]/g, " ");
    position = end;
  }
  return joined + text.slice(position);
}

/** In the order of the text; a flow collection covers what is in it. */
function collect(node: Node, ranges: { start: number; end: number }[]): void {
  if (node.flow || node.style === SINGLE || node.style === DOUBLE) ranges.push({ start: node.start, end: node.end });
  else for (const child of node.children ?? []) collect(child, ranges);
}
