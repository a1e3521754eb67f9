/**
 * A chart's `values.schema.json`. Helm resolves what it refers to by itself: an address by asking the network, a
 * `file:` or a relative path by reading any file of the machine.
 */
import type { SaidAt } from "../model/render.ts";
import { quoted, Refusal, refused } from "./refusal.ts";

/** Keywords whose text Helm's reader loads, in all drafts. */
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];
/** Meta-schemas that are built into Helm's reader. */
const DRAFT = /^https?:\/\/json-schema\.org\//;

/** Refuses a schema that leads out of itself. */
export function checkSchema(text: string, said: SaidAt): void {
  const leading = outside(parsed(text), said, 0);
  if (leading !== undefined) throw refused(`${leading} would be fetched, or read from outside of the chart; put what it names under $defs`, said);
}

/** Undefined: no JSON, which Helm says itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Deeper than a schema that a person reads. */
const DEPTH = 500;

/** The first reference that leads out of the document. */
function outside(value: unknown, said: SaidAt, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > DEPTH) throw new Refusal("too-large", "this is nested too deeply", said);
  for (const [key, one] of Object.entries(value)) {
    if (typeof one !== "string") {
      const found = outside(one, said, depth + 1);
      if (found !== undefined) return found;
    } else if ((REFERENCES.includes(key) && !/^(?:#|urn:|$)/.test(one)) || (key === "$schema" && !DRAFT.test(one))) return `${key}: ${quoted(one)}`;
  }
  return undefined;
}
