/** A key that a map does not have yet: where it goes, and in whose style. */
import type { Slot } from "../model/site.ts";
import { type Node, PLAIN, SINGLE } from "../syntax/tree.ts";

/** A new key behind the one whose value is `beside`, in its style; undefined where there is no simple place. */
export function newField(text: string, map: Node, beside: Node, key: string, spells: Slot["spells"]): Slot | undefined {
  if (beside.style > SINGLE + 1) return undefined;
  const quoted = beside.style !== PLAIN;
  const end = beside.end + (quoted ? 1 : 0);
  if (map.flow) {
    const json = text[beside.keyStart] === '"';
    const quote = json ? '"' : "";
    return { span: { start: end, end }, spells, before: `, ${quote}${key}${quote}: ${quote}`, ...(json ? { after: quote } : {}) };
  }
  if (text.slice(beside.start, beside.end).includes("\n")) return undefined;
  // At the end of the line, so that a comment stays with the tag.
  let lineEnd = text.indexOf("\n", end);
  if (lineEnd < 0) lineEnd = text.length;
  if (text[lineEnd - 1] === "\r") lineEnd--;
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  const lineStart = text.lastIndexOf("\n", beside.keyStart) + 1;
  const lead = text.slice(lineStart, beside.keyStart).replace("\ufeff", "");
  if (!/^[ -]*$/.test(lead)) return undefined;
  // In `- tag: x` the keys below are indented like the first one.
  const indent = " ".repeat(lead.length);
  return { span: { start: lineEnd, end: lineEnd }, spells, before: `${lineBreak}${indent}${key}: ` };
}

