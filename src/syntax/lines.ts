/** Offsets → lines and columns. */
import type { Position, Span } from "../model/site.ts";

/** Finds lines in one text. */
export class Lines {
  private readonly text: string;
  private index: number[] | undefined;
  private last = { line: -1, offset: 0, column: 1 };

  constructor(text: string) {
    this.text = text;
  }

  /** Where each line begins. Made when it is first asked for, since most files hold nothing to be placed. */
  private get starts(): readonly number[] {
    if (this.index) return this.index;
    const starts = [0];
    for (let i = this.text.indexOf("\n"); i >= 0; i = this.text.indexOf("\n", i + 1)) starts.push(i + 1);
    return (this.index = starts);
  }

  /** 1-based; the column counts code points, and a byte order mark as nothing. */
  at(offset: number): Position {
    const index = this.indexAt(offset);
    // Many places can stand on one long line: count from the last one, in either direction.
    const near = this.last.line === index && Math.abs(this.last.offset - offset) < offset - this.starts[index]!;
    const from = near ? this.last : { offset: this.starts[index]!, column: 1 };
    const column = from.column + (offset >= from.offset ? this.codePoints(from.offset, offset) : -this.codePoints(offset, from.offset));
    this.last = { line: index, offset, column };
    return { line: index + 1, column };
  }

  /** The offset of a place, which is on its line. */
  offset({ line, column }: Position): number {
    const start = this.starts[line - 1] ?? this.text.length;
    let offset = start;
    for (let left = column - 1; left > 0 && offset < this.text.length; offset++) if (this.codePoints(offset, offset + 1) > 0) left--;
    return offset;
  }

  /** Where the line around an offset begins and ends, without its line break. */
  around(offset: number): Span {
    const index = this.indexAt(offset);
    return { start: this.starts[index]!, end: (this.starts[index + 1] ?? this.text.length + 1) - 1 };
  }

  private indexAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private codePoints(from: number, to: number): number {
    let count = 0;
    for (let i = from; i < to; i++) {
      const code = this.text.charCodeAt(i);
      if ((code < 0xdc00 || code > 0xdfff) && (i !== 0 || code !== 0xfeff)) count++;
    }
    return count;
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
