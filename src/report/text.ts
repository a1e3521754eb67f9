/** Small helpers for text that a terminal shows. */

export type Style = "bold" | "red" | "yellow" | "blue" | "green" | "dim";

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34 };

export type Paint = (text: string, ...styles: Style[]) => string;

export const painter =
  (color: boolean): Paint =>
  (text, ...styles) =>
    color && text !== "" ? `\u001b[${styles.map((style) => CODES[style]).join(";")}m${text}\u001b[0m` : text;

/**
 * One line without anything that moves the cursor, changes colours or reorders text. Manifests come from
 * strangers' pull requests, and YAML escapes can spell any control character.
 */
export function printable(text: string): string {
  // Nearly all of it: a report of ten thousand findings spends its time here.
  return PLAIN.test(text) ? text : replaced(text);
}

/** The same for text of several lines, whose line breaks stay. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** Printable ASCII, a cell for each character. */
export const PLAIN = /^[\x20-\x7e]*$/;

function replaced(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "\ufffd");
}

const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u;

/** Terminal cells that a code point takes: wide for East Asian wide forms and emoji, none for combining marks. */
export function cellsOf(character: string): number {
  return ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `sha256:9b1c…`: the whole digest is in the machine formats and in what `lading pin` writes. */
export function shortDigest(text: string): string {
  return text.replace(/(@?[a-z0-9]+:[0-9a-f]{12})[0-9a-f]{20,}/g, "$1…");
}
