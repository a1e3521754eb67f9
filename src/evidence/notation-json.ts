/**
 * JSON of which no two readers can make different things.
 *
 * `JSON.parse` keeps the last of two equal keys, others keep the first; Go's reader takes `Digest` for
 * `digest`. What is signed must read one way only, so both are refused.
 */
import { Buffer } from "node:buffer";
import { NotationFault, reading } from "./notation-codes.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

const MOST_LEVELS = 16;
/** In a text that is known to be JSON: strings, with the colon that makes them a key, and brackets. */
const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;

/** Reads an object. `known`: the fields that somebody reads, in their one spelling. */
export function readObject(bytes: Uint8Array, what: string, known: readonly string[]): JsonObject {
  const text = reading("notation-malformed", what, () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  const value = reading("notation-malformed", what, () => JSON.parse(text) as unknown);
  refuseDuplicates(text, what);
  return asObject(value, what, known);
}

export function asObject(value: unknown, what: string, known: readonly string[]): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new NotationFault("notation-malformed", `${what} is not an object`);
  for (const key of Object.keys(value)) {
    const alike = known.find((name) => name.toLowerCase() === key.toLowerCase());
    if (alike !== undefined && alike !== key) throw new NotationFault("notation-duplicate-key", `${what} spells "${alike}" as "${key}", which some readers take and some do not`);
  }
  return value as JsonObject;
}

function refuseDuplicates(text: string, what: string): void {
  const levels: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      levels.push(new Set());
      if (levels.length > MOST_LEVELS) throw new NotationFault("notation-malformed", `${what} is nested more than ${MOST_LEVELS} levels deep`);
    } else if (token === "}" || token === "]") levels.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      const keys = levels.at(-1)!;
      if (keys.has(key)) throw new NotationFault("notation-duplicate-key", `${what} has the key "${key}" twice`);
      keys.add(key);
    }
  }
}

/** Bytes of a field in base64, in the one spelling that encoding them again gives. */
export function bytesOf(value: unknown, encoding: "base64" | "base64url", what: string): Buffer {
  if (typeof value !== "string") throw new NotationFault("notation-malformed", `${what} is not a string`);
  const bytes = Buffer.from(value, encoding);
  if (bytes.length === 0 || bytes.toString(encoding) !== value) throw new NotationFault("notation-malformed", `${what} is not canonical ${encoding}`);
  return bytes;
}
