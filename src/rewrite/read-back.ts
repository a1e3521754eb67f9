/**
 * The proof behind every write. A rewritten text is read again by another parser than the one that located
 * the places, and must say what was wanted and nothing else.
 */
import type { Edit } from "../model/edit.ts";
import { formatReference, type ImageReference } from "../model/reference.ts";
import type { LocatedFile } from "../model/site.ts";
import type { Stream } from "../syntax/read.ts";
import { ALIAS, isNull, MAP, type Node, SCALAR, scalarText } from "../syntax/tree.ts";

/** Whether each site reads as wanted, or as before; the first one that does not is named. */
export function sitesReadBack(before: LocatedFile, after: LocatedFile, wanted: ReadonlyMap<number, ImageReference>): string | undefined {
  if (after.unread.length > before.unread.length) return "a document would no longer parse";
  if (after.sites.length !== before.sites.length) return `${before.sites.length} references would become ${after.sites.length}`;
  for (const [i, site] of after.sites.entries()) {
    const old = before.sites[i]!;
    const want = wanted.get(i);
    const expected = want ? formatReference(want) : describe(old.reading);
    if (describe(site.reading) !== expected) return `line ${site.position.line} would read ${describe(site.reading)}, not ${expected}`;
  }
  return undefined;
}

function describe(reading: LocatedFile["sites"][number]["reading"]): string {
  return reading.is === "reference" ? formatReference(reading.reference) : reading.is;
}

/**
 * Whether both texts are the same documents but for the edited scalars and the keys for digests that were put in:
 * an insertion that changed the shape of anything else is named.
 */
export function documentsReadBack(before: ReadText, after: ReadText, edits: readonly Edit[]): string | undefined {
  const [old, fresh] = [before.stream, after.stream];
  if (old.count !== fresh.count || old.documents.length !== fresh.documents.length) return "the number of documents would change";
  const compare = new Comparison(before.text, after.text, edits);
  for (const [i, { root }] of old.documents.entries()) {
    const difference = compare.nodes(root, fresh.documents[i]!.root, "$");
    if (difference !== undefined) return `${difference} would change`;
  }
  return undefined;
}

/** What is JSON stays JSON, which YAML's rules alone would not see to. */
export function jsonReadsBack(before: string, after: string): string | undefined {
  return isJson(before) && !isJson(after) ? "it would no longer be JSON" : undefined;
}

function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What an insertion says, without what joins it to the text around it. */
const unquoted = (text: string): string => text.replace(/^(?:,|\r?\n)\s*/, "").replaceAll('"', "");

/** A text and the documents in it that were read. */
export interface ReadText {
  readonly text: string;
  readonly stream: Stream;
}

class Comparison {
  private readonly before: string;
  private readonly after: string;
  private readonly edits: readonly Edit[];

  constructor(before: string, after: string, edits: readonly Edit[]) {
    this.before = before;
    this.after = after;
    this.edits = edits;
  }

  /** The path of the first difference that no edit explains. */
  nodes(old: Node, fresh: Node, path: string): string | undefined {
    if (old.kind !== fresh.kind || old.flow !== fresh.flow || old.anchored !== fresh.anchored) return path;
    if (old.kind === ALIAS) return this.before.slice(old.start, old.end) === this.after.slice(fresh.start, fresh.end) ? undefined : path;
    if (old.kind === SCALAR) return this.scalars(old, fresh) ? undefined : path;
    const olds = old.children!;
    const freshes = fresh.children!;
    let i = 0;
    for (const child of freshes) {
      const partner = olds[i];
      if (partner && partner.key === child.key) {
        const difference = this.nodes(partner, child, `${path}.${child.key ?? i}`);
        if (difference !== undefined) return difference;
        i++;
      } else if (old.kind !== MAP || !this.inserted(child)) {
        return `${path}.${child.key ?? i}`;
      }
    }
    return i === olds.length ? undefined : `${path}.${olds[i]!.key ?? i}`;
  }

  private scalars(old: Node, fresh: Node): boolean {
    if (old.key !== fresh.key) return false;
    // Only an empty scalar takes an insertion; elsewhere it belongs to no scalar.
    const edited = this.edits.some(({ span }) => span.start >= old.start && span.end <= old.end && (span.start < span.end || old.start === old.end));
    if (edited) return true;
    return old.style === fresh.style && scalarText(this.before, old) === scalarText(this.after, fresh);
  }

  /** A new key is ours when an insertion wrote exactly it and its digest. Custom resources have names of their own for it. */
  private inserted(node: Node): boolean {
    if (node.kind !== SCALAR || node.key === undefined || isNull(this.after, node)) return false;
    const digest = scalarText(this.after, node);
    const written = `${node.key}: ${digest}`;
    return /^(?:[a-z0-9]+:)?[0-9a-f]{32,}$/.test(digest) && this.edits.some(({ span, text }) => span.start === span.end && unquoted(text) === written);
  }
}
