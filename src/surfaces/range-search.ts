/**
 * Finds something in the documents of one text. Each search goes on from where the last one ended, so that a stream
 * of many documents is searched once and not once a document.
 */
export abstract class RangeSearch {
  private next = -2;

  /** Whether it occurs in a range. Ranges must come in rising order. */
  within(from: number, to: number): boolean {
    if (this.next !== -1 && this.next < from) this.next = this.find(from);
    return this.next >= from && this.next < to;
  }

  /** The first place from an offset on; -1 when there is none. */
  protected abstract find(from: number): number;
}
