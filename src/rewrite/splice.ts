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
  for (const { span, text: replacement } of ordered) {
    if (span.start < position || span.end < span.start || span.end > text.length) throw new Error("edits overlap");
    result += text.slice(position, span.start) + replacement;
    position = span.end;
  }
  return result + text.slice(position);
}
