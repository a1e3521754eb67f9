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

/** Goes over the tokens of a text that is known to be JSON. */
function refuseDuplicates(text: string, foldedTo: number): void {
  /** The keys of each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case "{":
      case "[":
        keyNext = text[at] === "{";
        open.push(keyNext ? new Set() : undefined);
        if (open.length > DEEPEST) refuse("too-deep");
        break;
      case "}":
      case "]":
        open.pop();
        keyNext = false;
        break;
      case ",":
        keyNext = open.at(-1) !== undefined;
        break;
      case '"': {
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
  const written = JSON.parse(literal) as string;
  const key = folded ? written.toLowerCase() : written;
  if (keys.has(key)) refuse("duplicate-key", written.slice(0, 80));
  keys.add(key);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
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
