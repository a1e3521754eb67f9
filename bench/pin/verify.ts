/**
 * An independent judge of rewritten files. It shares no code with src/: it knows nothing of image
 * references or of YAML's places, only which texts a digest may be written as.
 */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";

export interface DigestEdit {
  /** Offset in the old text. */
  readonly at: number;
  readonly was?: string;
  readonly now: string;
}

export type Verdict =
  | { readonly ok: true; readonly edits: readonly DigestEdit[] }
  | { readonly ok: false; readonly why: string };

const DIGEST = "sha256:[0-9a-f]{64}";
const QUOTE = `["']?`;

/** Everything that may be in the new text and not in the old, tried at one place. */
const INSERTIONS: readonly RegExp[] = [
  new RegExp(`@(${DIGEST})`, "y"),
  // A field of its own, on a line of its own, before or behind the others.
  new RegExp(`\\r?\\n[ \\t]*${QUOTE}digest${QUOTE}:[ \\t]*${QUOTE}(${DIGEST})${QUOTE}`, "y"),
  new RegExp(`[ \\t]*${QUOTE}digest${QUOTE}:[ \\t]*${QUOTE}(${DIGEST})${QUOTE},?\\r?\\n`, "y"),
  // A field of its own in a flow map or JSON; there the comma may come first, with or without a line break.
  new RegExp(`,\\s*${QUOTE}digest${QUOTE}:[ \\t]*${QUOTE}(${DIGEST})${QUOTE}`, "y"),
  // The value of a field that stood there empty.
  new RegExp(` ?(${DIGEST})`, "y"),
  new RegExp(` ?(?<quote>["'])(${DIGEST})\\k<quote>`, "y"),
];
const WHOLE_DIGEST = new RegExp(DIGEST, "y");
const LONGEST = 400;

/**
 * Whether deleting the inserted digests from the new text, and putting the old digests back where
 * one was replaced, gives the old text byte for byte. Offsets are those of the strings handed in:
 * read the files as latin1 and they are bytes.
 */
export function verifyText(before: string, after: string, insertions: readonly RegExp[] = INSERTIONS): Verdict {
  interface Step {
    readonly i: number;
    readonly j: number;
    readonly edits: readonly DigestEdit[];
  }
  const stack: Step[] = [{ i: 0, j: 0, edits: [] }];
  const seen = new Set<string>();
  let furthest = 0;
  while (stack.length > 0) {
    const { i: fromI, j: fromJ, edits } = stack.pop()!;
    let i = fromI;
    let j = fromJ;
    while (i < before.length && j < after.length && before.charCodeAt(i) === after.charCodeAt(j)) {
      i++;
      j++;
    }
    if (i === before.length && j === after.length) return { ok: true, edits };
    furthest = Math.max(furthest, i);
    // An insertion may have begun further back: its first characters can equal what it was put before.
    for (let back = Math.min(i - fromI, LONGEST); back >= 0; back--) {
      for (const next of stepsAt(before, after, i - back, j - back, insertions)) {
        const key = `${next.i}:${next.j}`;
        if (next.j <= j || seen.has(key)) continue;
        seen.add(key);
        stack.push({ i: next.i, j: next.j, edits: [...edits, next.edit] });
      }
    }
  }
  const show = (text: string): string => JSON.stringify(text.slice(Math.max(0, furthest - 60), furthest + 120));
  return { ok: false, why: `differs near offset ${furthest}: ${show(before)} became ${show(after)}` };
}

function* stepsAt(
  before: string,
  after: string,
  i: number,
  j: number,
  insertions: readonly RegExp[],
): Generator<{ i: number; j: number; edit: DigestEdit }> {
  WHOLE_DIGEST.lastIndex = i;
  const was = WHOLE_DIGEST.exec(before)?.[0];
  WHOLE_DIGEST.lastIndex = j;
  const now = WHOLE_DIGEST.exec(after)?.[0];
  if (was !== undefined && now !== undefined && was !== now)
    yield { i: i + was.length, j: j + now.length, edit: { at: i, was, now } };
  for (const insertion of insertions) {
    insertion.lastIndex = j;
    const match = insertion.exec(after);
    const digest = match?.at(-1);
    if (match && digest !== undefined) yield { i, j: j + match[0].length, edit: { at: i, now: digest } };
  }
}

/** Whether both texts hold the same YAML documents but for digests; the reason if not. */
export function verifyDocuments(before: string, after: string): string | undefined {
  const [old, young] = [parse(before), parse(after)];
  if (old.length !== young.length) return `${old.length} documents became ${young.length}`;
  for (const [position, one] of old.entries()) {
    const other = young[position];
    if (one.errors !== other?.errors) return `document ${position}: ${one.errors} errors became ${other?.errors}: ${other?.message}`;
    // Where the parser gave up, its tree is a guess, with values inside keys: only its text can be compared.
    const why = one.errors > 0 ? differAsText(one.value, other.value) : differ(one.value, other.value, "$");
    if (why !== undefined) return `document ${position}: ${why}`;
  }
  return undefined;
}

interface ParsedDocument {
  readonly errors: number;
  readonly message: string | undefined;
  readonly value: unknown;
}

function parse(text: string): ParsedDocument[] {
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent", prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => ({
    errors: document.errors.length,
    message: document.errors[0]?.message,
    value: plain(document.contents),
  }));
}

/** As values, but with repeated keys kept apart, and an alias by its name. */
function plain(node: unknown): unknown {
  if (isAlias(node)) return `*${node.source}`;
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(plain);
  if (isMap(node)) return new Map(node.items.map((pair, position) => [keyOf(plain(pair.key), node.items, position), plain(pair.value)]));
  return node;
}

function keyOf(key: unknown, items: readonly { readonly key: unknown }[], position: number): string {
  const text = typeof key === "object" && key !== null ? JSON.stringify(key) : String(key);
  const repeats = items.slice(0, position).filter((other) => String(plain(other.key)) === text).length;
  return repeats === 0 ? text : `${text}#${repeats}`;
}

function differAsText(before: unknown, after: unknown): string | undefined {
  const write = (value: unknown): string => JSON.stringify(value, (_, item: unknown) => (item instanceof Map ? [...item] : item), 1) ?? "";
  const verdict = verifyText(write(before), write(after));
  return verdict.ok ? undefined : verdict.why;
}

/** Where two values differ other than by digests; keys `digest` may be new. */
export function differ(before: unknown, after: unknown, path: string): string | undefined {
  if (before instanceof Map && after instanceof Map) {
    for (const key of before.keys()) {
      if (!after.has(key)) return `${path}.${key} is gone`;
      const why = differ(before.get(key), after.get(key), `${path}.${key}`);
      if (why !== undefined) return why;
    }
    for (const key of after.keys())
      if (!before.has(key) && !(key === "digest" && isWholeDigest(after.get(key)) && spellsImage(before))) return `${path}.${key} is new`;
    return undefined;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length !== after.length) return `${path}: ${before.length} items became ${after.length}`;
    for (const [position, item] of before.entries()) {
      const why = differ(item, after[position], `${path}[${position}]`);
      if (why !== undefined) return why;
    }
    return undefined;
  }
  if (Object.is(before, after) || onlyDigest(before, after)) return undefined;
  return `${path}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`;
}

const isWholeDigest = (value: unknown): boolean => typeof value === "string" && new RegExp(`^${DIGEST}$`).test(value);

/** A map that spells an image in several fields: only there may a field for the digest appear. */
const spellsImage = (map: ReadonlyMap<string, unknown>): boolean =>
  ["name", "newName", "newTag", "repository", "tag"].some((key) => map.has(key));

function onlyDigest(before: unknown, after: unknown): boolean {
  if (typeof after !== "string") return false;
  if ((before === null || before === "") && isWholeDigest(after)) return true;
  // A number such as tag `1.10` becomes a string once a digest follows it; how it was spelled is judged by verifyText.
  if (typeof before === "number") return new RegExp(`^[\\w.+-]+@${DIGEST}$`).test(after);
  if (typeof before !== "string") return false;
  // A text of several lines is a document of its own; anything else is one reference, or holds one.
  return verifyText(before, after, before.includes("\n") ? INSERTIONS : INSERTIONS.slice(0, 1)).ok;
}

/** Rendered output, such as kustomize's: equal but for digests. */
export const verifyRendered = verifyDocuments;
