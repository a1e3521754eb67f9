/**
 * The proof behind every write. A rewritten text is read again by another parser than the one that located
 * the places, and must say what was wanted and nothing else.
 */
import type { Edit } from "../model/edit.ts";
import { textOfReading } from "../model/reading.ts";
import { formatReference, type ImageReference } from "../model/reference.ts";
import type { LocatedFile } from "../model/site.ts";
import type { Inside } from "../syntax/nested.ts";
import type { Stream } from "../syntax/read.ts";
import { ALIAS, isNull, MAP, type Node, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";

/** Whether each site reads as wanted, or as before; the first one that does not is named. */
export function sitesReadBack(before: LocatedFile, after: LocatedFile, wanted: ReadonlyMap<number, ImageReference>): string | undefined {
  if (after.unread.length > before.unread.length) return "a document would no longer parse";
  if (after.sites.length !== before.sites.length) return `${before.sites.length} references would become ${after.sites.length}`;
  for (const [i, site] of after.sites.entries()) {
    const old = before.sites[i]!;
    const want = wanted.get(i);
    const expected = want ? formatReference(want) : textOfReading(old.reading);
    if (textOfReading(site.reading) !== expected) return `line ${site.position.line} would read ${textOfReading(site.reading)}, not ${expected}`;
  }
  return undefined;
}

/**
 * Whether both texts are the same documents but for the edited scalars and the keys for digests that were put in:
 * an insertion that changed the shape of anything else is named.
 */
export function documentsReadBack(before: ReadText, after: ReadText, edits: readonly Edit[]): string | undefined {
  const [old, fresh] = [before.stream, after.stream];
  if (old.count !== fresh.count || old.documents.length !== fresh.documents.length) return "the number of documents would change";
  const compare = new Comparison(before, after, edits);
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

/** The fields that an insertion writes, as `key: value`, without what joins them to the text around and to each other. */
const fieldsIn = (text: string): string[] => text.split(/,|\r?\n/).map((field) => field.trim().replaceAll('"', ""));

/** Fields that are written beside a digest. */
const BESIDE = /^(?:tag|newTag|imageTag|useDigest)$/;

/** A text and the documents in it that were read, with those in its strings. */
export interface ReadText {
  readonly text: string;
  readonly stream: Stream & { readonly inside?: ReadonlyMap<Node, Inside<unknown>> };
}

interface Strings {
  readonly old: ReadText["stream"]["inside"];
  readonly fresh: ReadText["stream"]["inside"];
}

/**
 * Whether a string that holds documents changed by its edits alone: its text is what the edits make of the old
 * one, character by character, and its documents are compared as those of a file are.
 */
function stringReadsBack(old: Inside<unknown>, fresh: Inside<unknown>, edits: readonly Edit[]): boolean {
  const [before, after] = [old.inner.text, fresh.inner.text];
  const inner: Edit[] = [];
  let moved = 0;
  let [from, to] = [0, 0];
  for (const { span, text } of [...edits].sort((a, b) => a.span.start - b.span.start)) {
    const start = span.start + moved;
    moved += text.length - (span.end - span.start);
    const [here, there] = [old.inner.inward(span), fresh.inner.inward({ start, end: start + text.length })];
    if (!here || !there) continue;
    if (before.slice(from, here.start) !== after.slice(to, there.start)) return false;
    inner.push({ span: here, text: after.slice(there.start, there.end) });
    [from, to] = [here.end, there.end];
  }
  if (before.slice(from) !== after.slice(to) || jsonReadsBack(before, after) !== undefined) return false;
  return documentsReadBack({ text: before, stream: old.stream }, { text: after, stream: fresh.stream }, inner) === undefined;
}

/** Where the last scalar in a node ends: a collection does not always know its own end. */
const endOf = (node: Node): number => (node.children && node.children.length > 0 ? endOf(node.children.at(-1)!) : node.end);

class Comparison {
  private readonly before: string;
  private readonly after: string;
  private readonly edits: readonly Edit[];
  private readonly strings: Strings;

  constructor(before: ReadText, after: ReadText, edits: readonly Edit[]) {
    this.before = before.text;
    this.after = after.text;
    this.edits = edits;
    this.strings = { old: before.stream.inside, fresh: after.stream.inside };
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
      if (this.isNewEntry(old, child)) continue;
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

  /** An entry of a kustomization's images, or the list of them, that was put in as a whole. */
  private isNewEntry(around: Node, child: Node): boolean {
    const isEntry = (around.kind === SEQ && around.key === "images" && child.kind === MAP) || (around.kind === MAP && child.key === "images" && child.kind === SEQ);
    if (!isEntry) return false;
    const text = this.after.slice(child.start, endOf(child));
    return this.edits.some((edit) => edit.span.start === edit.span.end && edit.text.includes(text));
  }

  private scalars(old: Node, fresh: Node): boolean {
    if (old.key !== fresh.key) return false;
    const [oldText, freshText] = [this.strings.old?.get(old), this.strings.fresh?.get(fresh)];
    if (oldText || freshText) return oldText !== undefined && freshText !== undefined && old.style === fresh.style && stringReadsBack(oldText, freshText, this.edits);
    // Only an empty scalar takes an insertion; elsewhere it belongs to no scalar.
    const edited = this.edits.some(({ span }) => span.start >= old.start && span.end <= old.end && (span.start < span.end || old.start === old.end));
    if (edited) return true;
    return old.style === fresh.style && scalarText(this.before, old) === scalarText(this.after, fresh);
  }

  /** A new key is ours when an insertion wrote exactly it and its digest, or its tag. Custom resources have names of their own for it. */
  private inserted(node: Node): boolean {
    if (node.kind !== SCALAR || node.key === undefined || isNull(this.after, node)) return false;
    const value = scalarText(this.after, node);
    const written = `${node.key}: ${value}`;
    return (/^(?:[a-z0-9]+:)?[0-9a-f]{32,}$/.test(value) || BESIDE.test(node.key)) && this.edits.some(({ span, text }) => span.start === span.end && fieldsIn(text).includes(written));
  }
}
