/**
 * JSON that every reader understands alike. `JSON.parse` keeps the last of two equal keys and others keep the
 * first, so one signed text could say two things; such a text is refused.
 */
import { refuse } from "./codes.ts";

/** Reports of scanners are the deepest that is signed, and stay under 30. */
const DEEPEST = 200;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The value of a JSON text. `foldedTo`: in objects above this depth, keys that differ only in case are the same
 * key, because Go's reader takes either for the field.
 */
export function readJson(source: Uint8Array | string, foldedTo = 0): unknown {
  const text = typeof source === "string" ? source : decode(source);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse("malformed", "it is not JSON");
  }
  refuseDuplicates(text, foldedTo);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse("malformed", "it is not UTF-8");
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Goes over the tokens of a text that is known to be JSON. By code units: such texts have megabytes. */
function refuseDuplicates(text: string, foldedTo: number): void {
  /** The keys of each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_OBJECT:
      case OPEN_LIST:
        keyNext = text.charCodeAt(at) === OPEN_OBJECT;
        open.push(keyNext ? new Set() : undefined);
        if (open.length > DEEPEST) refuse("too-deep");
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop();
        keyNext = false;
        break;
      case COMMA:
        keyNext = open.at(-1) !== undefined;
        break;
      case QUOTE: {
        const end = endOfString(text, at);
        if (keyNext) addKey(open.at(-1)!, text.slice(at, end + 1), open.length <= foldedTo);
        keyNext = false;
        at = end;
        break;
      }
    }
  }
}

function addKey(keys: Set<string>, literal: string, folded: boolean): void {
  const written = literal.includes("\\") ? (JSON.parse(literal) as string) : literal.slice(1, -1);
  const key = folded ? written.toLowerCase() : written;
  if (keys.has(key)) refuse("duplicate-key", written.slice(0, 80));
  keys.add(key);
}

/** Where the string ends that begins here: at the first quote that is not behind an odd number of backslashes. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

/** A value that has to be an object. */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse("malformed", `${what} is not an object`);
  return value as Fields;
}

/** A value that has to be a text. */
export function textOf(value: unknown, what: string): string {
  if (typeof value !== "string") refuse("malformed", `${what} is not a text`);
  return value;
}

/** A value that has to be a list. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) refuse("malformed", `${what} is not a list`);
  return value;
}
