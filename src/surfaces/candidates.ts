/**
 * Which texts may hold an image, told without parsing them. Surfaces find images under keys that end in
 * `image` or `images` (`containerImage`, `images`), in values files also under `repository`; other files
 * matter when they name values files. So a text without such a key holds no site, whatever else it says:
 * a quarter of the documents that mention images only mention them (bench/accuracy holds the recall).
 */
import type { FileRole } from "./surface.ts";

/** A key by its end, as it stands in a text: `ends`, then perhaps an `s`, a quote, spaces, and a colon. */
export interface KeyEnd {
  readonly bytes: Buffer;
  readonly text: string;
}

const keyEnd = (text: string): KeyEnd => ({ text, bytes: Buffer.from(text) });

const MANIFEST = ["mage", "aluesFile", "alueFiles"].map(keyEnd);
const VALUES = [...MANIFEST, keyEnd("repository")];

export const keyEndsFor = ({ values }: FileRole): readonly KeyEnd[] => (values ? VALUES : MANIFEST);

const S = 115, DQUOTE = 34, SQUOTE = 39, SPACE = 32, TAB = 9, COLON = 58;

/** Whether what ends at `position` is followed by the rest of a key. */
function isKey(at: (position: number) => number | undefined, position: number): boolean {
  let i = position;
  if (at(i) === S) i++;
  if (at(i) === DQUOTE || at(i) === SQUOTE) i++;
  while (at(i) === SPACE || at(i) === TAB) i++;
  return at(i) === COLON;
}

/** Whether the bytes of a UTF-8 file have one of the keys. */
export function hasKey(bytes: Buffer, ends: readonly KeyEnd[]): boolean {
  const at = (position: number): number | undefined => bytes[position];
  return ends.some(({ bytes: end }) => {
    for (let i = bytes.indexOf(end); i >= 0; i = bytes.indexOf(end, i + end.length)) if (isKey(at, i + end.length)) return true;
    return false;
  });
}

/**
 * Finds a key in the documents of one text. Each search goes on from where the last one ended, so that a
 * stream of many documents is searched once and not once a document.
 */
export class KeySearch {
  private readonly source: string;
  private readonly end: string;
  private next = -2;

  constructor(source: string, end: KeyEnd) {
    this.source = source;
    this.end = end.text;
  }

  /** Whether the key occurs in a range. Ranges must come in rising order. */
  within(from: number, to: number): boolean {
    if (this.next !== -1 && this.next < from) this.next = this.find(from);
    return this.next >= from && this.next < to;
  }

  private find(from: number): number {
    const { source, end } = this;
    const at = (position: number): number => source.charCodeAt(position);
    for (let i = source.indexOf(end, from); i >= 0; i = source.indexOf(end, i + end.length)) if (isKey(at, i + end.length)) return i;
    return -1;
  }
}
