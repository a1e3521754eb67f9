/** Offsets → lines and columns. */
import type { Position } from "../model/site.ts";

/** Finds lines in one text. Made only for files in which something was found. */
export class Lines {
  private readonly text: string;
  private readonly starts: number[] = [0];
  private last = { line: -1, offset: 0, column: 1 };

  constructor(text: string) {
    this.text = text;
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.starts.push(i + 1);
  }

  /** 1-based; the column counts code points, and a byte order mark as nothing. */
  at(offset: number): Position {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    // Many places can stand on one long line: go on from the last one.
    const again = this.last.line === low && this.last.offset <= offset;
    let column = again ? this.last.column : 1;
    for (let i = again ? this.last.offset : this.starts[low]!; i < offset; i++) {
      const code = this.text.charCodeAt(i);
      if (code >= 0xdc00 && code <= 0xdfff) continue;
      if (i === 0 && code === 0xfeff) continue;
      column++;
    }
    this.last = { line: low, offset, column };
    return { line: low + 1, column };
  }

  /** How many lines the text has. */
  get count(): number {
    return this.starts.length;
  }

  /** The text of a 1-based line, without its line break or byte order mark. */
  line(number: number): string {
    const start = this.starts[number - 1] ?? this.text.length;
    const end = this.starts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/^\ufeff|\r$/g, "");
  }
}
