/** Edits → text. */
import type { Edit } from "../model/edit.ts";

/**
 * Applies edits; everything outside their spans stays as it is.
 * @throws Error when two edits overlap or a span lies outside the text: then nothing may be written
 */
export function splice(text: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let result = "";
  let position = 0;
  let previous = -1;
  for (const { span, text: replacement } of ordered) {
    // Two insertions at one place have no order.
    if (span.start < position || (span.start === span.end && span.start === previous) || span.end < span.start || span.end > text.length) throw new Error("edits overlap");
    result += text.slice(position, span.start) + replacement;
    position = span.end;
    previous = span.start;
  }
  return result + text.slice(position);
}
