/** Cuts a YAML stream into documents without parsing it. */

export interface Cut {
  /** Where the document's own text begins: behind its marker line, or at the marker when content shares the line. */
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts at every line that begins with `---`. That is exact by the specification (c-forbidden: such a line
 * cannot be content, not even of a block scalar). Undefined when the stream has directives or `...`
 * markers, which move the cuts: then a parser has to do it.
 */
export function cut(text: string): Cut[] | undefined {
  if (/^\ufeff?(?:%|\.\.\.)/.test(text) || text.includes("\n%") || /\n\.\.\.(?:\s|$)/.test(text)) return undefined;
  const cuts: Cut[] = [];
  let from = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let marked = false;
  let search = from;
  for (;;) {
    const marker = nextMarker(text, search);
    const to = marker < 0 ? text.length : marker;
    // What stands before the first marker is a document only if it has content.
    if (marked || hasContent(text, from, to)) cuts.push({ from, to });
    if (marker < 0) return cuts;
    const lineEnd = text.indexOf("\n", marker);
    const rest = text.slice(marker + 3, lineEnd < 0 ? text.length : lineEnd);
    const bare = /^\s*(?:#.*)?$/.test(rest) && !/^#/.test(rest);
    from = bare ? (lineEnd < 0 ? text.length : lineEnd + 1) : marker;
    search = marker + 3;
    marked = true;
  }
}

/** Whether a line has anything but white space and a comment. Line by line: no expression, so that no input makes it slow. */
function hasContent(text: string, from: number, to: number): boolean {
  for (let start = from; start < to; ) {
    let end = text.indexOf("\n", start);
    if (end < 0 || end > to) end = to;
    const line = text.slice(start, end).trim();
    if (line !== "" && !line.startsWith("#")) return true;
    start = end + 1;
  }
  return false;
}

function nextMarker(text: string, from: number): number {
  let position = from;
  for (;;) {
    if (position === 0 || text.charCodeAt(position - 1) === 10 || text.charCodeAt(position - 1) === 0xfeff) {
      if (text.startsWith("---", position) && isBreak(text, position + 3)) return position;
    }
    const next = text.indexOf("\n---", position);
    if (next < 0) return -1;
    if (isBreak(text, next + 4)) return next + 1;
    position = next + 4;
  }
}

function isBreak(text: string, position: number): boolean {
  if (position >= text.length) return true;
  const code = text.charCodeAt(position);
  return code === 32 || code === 10 || code === 13 || code === 9;
}
