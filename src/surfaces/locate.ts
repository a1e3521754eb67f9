/** One file → every image site in it, and everything in it that could not be read. */
import type { Kustomization } from "../model/kustomization.ts";
import type { ArtifactSite, ImageSite, LocatedFile, Resource, Slot, SourceFile, Span, Unread } from "../model/site.ts";
import { Lines } from "../syntax/lines.ts";
import type { Broken, Stream } from "../syntax/read.ts";
import type { Inside } from "../syntax/nested.ts";
import { contentSpan, type Document, get, getText, type Node, own, SCALAR } from "../syntax/tree.ts";
import type { ArtifactDraft } from "./artifact-draft.ts";
import { artifactsIn } from "./artifacts.ts";
import { ownerOf, type PlacedSuppression, SUPPRESSION_MARK, Suppressions, suppressionsIn } from "./comments.ts";
import type { EmbeddedField } from "./embedded.ts";
import { functionImages } from "./functions.ts";
import { gitopsValuesFiles } from "./gitops-values.ts";
import { hintsIn } from "./guess-hint.ts";
import { guesses } from "./guesses.ts";
import { surfaces } from "./index.ts";
import { NO_OWN_FIELDS, type OwnFields } from "./known-fields.ts";
import { guardAnchors, withoutSharedSlots } from "./places.ts";
import { type Documents, readDocuments } from "./read-documents.ts";
import type { Draft, FileRole, SurfaceDocument } from "./surface.ts";

export { readDocuments };

/** Reads a file's text and finds its sites. */
export async function locateFile(source: SourceFile, role: FileRole, fields = NO_OWN_FIELDS): Promise<LocatedFile> {
  return locateIn(source, role, await readDocuments(source, role, "fast", fields), fields);
}

/** What is made of a draft, in the text that it was found in: the other ways in which it could be written. */
export type Expand = (text: string, draft: Draft) => readonly Draft[];

/** Finds the sites in a file's documents, and in the documents in their strings. */
export function locateIn(source: SourceFile, role: FileRole, stream: Documents, fields: OwnFields = NO_OWN_FIELDS, expand?: Expand): LocatedFile {
  const file = new Found(source, fields, expand);
  const level = file.enter(source.text, stream, undefined);
  for (const part of stream.documents) file.locate(level, { file: source.path, text: source.text, root: part.root, role, fields }, part, undefined);
  for (const broken of stream.broken) file.unread.push(unread(source, broken, role, file.lines));
  if (stream.inside.size > 0) {
    file.strings(level, stream, undefined);
    file.sort();
  }
  // kustomize refuses a file with several documents.
  const [kustomization] = file.kustomizations.length === 1 ? file.kustomizations : [];
  return {
    path: source.path, documents: stream.count, sites: withoutSharedSlots(file.sites), suppressions: file.suppressions,
    unread: file.unread, valuesFiles: file.valuesFiles, ...(file.artifacts.length > 0 ? { artifacts: file.artifacts } : {}), ...(kustomization ? { kustomization } : {}),
  };
}

/** The text of a file, or of a string in it. */
interface Level {
  readonly text: string;
  readonly lines: Lines;
  readonly suppressions: Suppressions;
  /** Where its suppressions begin in the file's list. */
  readonly base: number;
  /** The string that this is the text of. */
  readonly inside: { readonly level: Level; readonly string: Inside<EmbeddedField> } | undefined;
}

/** What the documents around a string say about everything in it. */
interface Around {
  readonly document: number;
  readonly surface: string;
}

/** Collects what is found in one file. */
class Found {
  readonly lines: Lines;
  sites: ImageSite[] = [];
  /** Where each site's first part stands. */
  private readonly begins: number[] = [];
  readonly suppressions: PlacedSuppression[] = [];
  readonly unread: Unread[] = [];
  readonly valuesFiles: string[] = [];
  readonly artifacts: ArtifactSite[] = [];
  readonly kustomizations: Kustomization[] = [];
  private readonly source: SourceFile;
  private readonly fields: OwnFields;
  private readonly expand: Expand | undefined;
  /** The surface that claimed each document of the file. */
  private readonly claimed = new Map<number, string>();

  constructor(source: SourceFile, fields: OwnFields, expand: Expand | undefined) {
    this.source = source;
    this.fields = fields;
    this.expand = expand;
    this.lines = new Lines(source.text);
  }

  /** Begins a text: its comments count in it and in the strings in it. */
  enter(text: string, { documents }: Stream, inside: Level["inside"]): Level {
    const lines = inside ? new Lines(text) : this.lines;
    const suppressions = new Suppressions(text.includes(SUPPRESSION_MARK) ? suppressionsIn(text, lines, documents) : []);
    const level = { text, lines, suppressions, base: this.suppressions.length, inside };
    for (const one of suppressions.all) this.suppressions.push(inside ? this.outside(one, level) : one);
    return level;
  }

  private outside(one: PlacedSuppression, level: Level): PlacedSuppression {
    const span = outward(level, one.span);
    const position = this.lines.at(span.start);
    return { ...one, span, position, excerpt: this.lines.line(position.line) };
  }

  locate(level: Level, document: SurfaceDocument, part: Document, around: Around | undefined): void {
    const { index } = part;
    const surface = surfaces.find((candidate) => candidate.claims(document));
    if (!surface) return;
    if (!around) this.claimed.set(index, surface.id);
    const drafts = level.inside?.string.field.as === "function" ? functionImages(document) : surface.locate(document);
    const guarded = guardAnchors(document.root, withGuesses([...drafts], document, part));
    for (const draft of this.expand ? guarded.flatMap((one) => this.expand!(document.text, one)) : guarded) {
      this.begins.push(beginOf(draft, level));
      this.sites.push(toSite(this.source, around?.document ?? index, draft.surface ?? around?.surface ?? surface.id, draft, level, this.lines));
    }
    this.valuesFiles.push(...(surface.valuesFiles?.(document) ?? gitopsValuesFiles(document)));
    if (!around) for (const draft of artifactsIn(document, surface.id)) this.artifacts.push(toArtifact(this.source, index, draft, level));
    if (surface.kustomization && !around) this.kustomizations.push(surface.kustomization(document));
  }

  /** Puts what stands in strings among the rest. */
  sort(): void {
    const order = this.sites.map((_, i) => i).sort((a, b) => this.begins[a]! - this.begins[b]!);
    this.sites = order.map((i) => this.sites[i]!);
  }

  /** The strings of a text, and theirs. */
  strings(level: Level, { inside }: Documents, outer: Around | undefined): void {
    for (const string of inside.values()) {
      const { field, inner, stream } = string;
      const around = outer ?? { document: string.document, surface: this.claimed.get(string.document) ?? "kubernetes" };
      const below = this.enter(inner.text, stream, { level, string });
      const role = { values: field.as === "values", template: false, kustomization: false };
      for (const part of stream.documents) this.locate(below, { file: this.source.path, text: inner.text, root: part.root, role, fields: this.fields }, part, around);
      if (field.certain) for (const broken of stream.broken) this.unread.push(unreadString(this.source, broken, below, this.lines));
      this.strings(below, stream, around);
    }
  }
}

/** By its first part a site keeps its place among the others whatever a pin inserts; by its span it does not. */
function beginOf({ parts, node }: Draft, level: Level): number {
  const start = Math.min(node.start, ...parts.map((part) => part.start));
  return outward(level, { start, end: start }).start;
}

/** A second look at what the surface did not take. */
function withGuesses(drafts: Draft[], document: SurfaceDocument, { from, to }: Document): Draft[] {
  const hints = hintsIn(document.text.slice(from, to), from, document.role, drafts);
  const guessed = hints.length > 0 ? guesses(document, hints, drafts) : [];
  return guessed.length === 0 ? drafts : [...drafts, ...guessed].sort((a, b) => a.node.start - b.node.start);
}

/** Where a range of a text stands in the file. */
function outward(level: Level, span: Span): Span {
  return level.inside ? outward(level.inside.level, level.inside.string.inner.outward(span)) : span;
}

/** Slots of a text as slots of the file, or why a string around has no place for them. */
function slotsOutward(level: Level, slots: readonly Slot[]): readonly Slot[] | string {
  if (!level.inside) return slots;
  const { inner } = level.inside.string;
  const moved: Slot[] = [];
  for (const { span, spells, before, between, after } of slots) {
    const [front, middle, back] = [inner.escape(before ?? ""), inner.escape(between ?? ""), inner.escape(after ?? "")];
    if (front === undefined || middle === undefined || back === undefined) return "a digest needs a line of its own here, for which this string has no place; write the string as a literal block (|)";
    const outside = inner.outward(span);
    if (level.inside.level.text.slice(outside.start, outside.end) !== level.text.slice(span.start, span.end)) return "the string around breaks or escapes this text; write it plainly, on one line";
    moved.push({ span: outside, spells, ...(front === "" ? {} : { before: front }), ...(middle === "" ? {} : { between: middle }), ...(back === "" ? {} : { after: back }) });
  }
  return slotsOutward(level.inside.level, moved);
}

/** What the strings around a draft make of it: where it can be written, and why not. */
function throughStrings(draft: Draft, level: Level): Draft {
  if (!level.inside) return draft;
  const fields: EmbeddedField[] = [];
  for (let at: Level | undefined = level; at?.inside; at = at.inside.level) fields.push(at.inside.string.field);
  const readOnly = fields.find((field) => field.readOnly)?.readOnly;
  if (readOnly) {
    const { why, elsewhere, role } = readOnly;
    return { ...draft, slots: [], unpinnable: why, ...(elsewhere === undefined ? {} : { elsewhere }), ...(role === undefined || draft.role !== undefined ? {} : { role }) };
  }
  const slots = slotsOutward(level, draft.slots);
  if (typeof slots === "string") return { ...draft, slots: [], unpinnable: slots };
  const anchored = slots.length > 0 && fields.some(({ node }) => node.anchored);
  return { ...draft, slots, ...(anchored ? { unsafe: "an anchor repeats this text elsewhere" } : {}) };
}

function pathOf({ path }: Pick<Draft, "path">, level: Level): (string | number)[] {
  const own = path.map(intern);
  return level.inside ? [...pathOf(level.inside.string.field, level.inside.level), "|", ...own] : own;
}

function resourceAround(draft: Pick<Draft, "resource">, level: Level): Resource {
  if (draft.resource || !level.inside) return describe(level.text, draft.resource);
  return resourceAround(level.inside.string.field, level.inside.level);
}

function suppressionsAt(draft: Pick<Draft, "ancestors" | "node">, { suppressions, lines, base, inside }: Level): readonly number[] {
  const own = suppressions.covering(draft, lines);
  if (!inside) return own;
  return [...own.map((index) => index + base), ...suppressionsAt(inside.string.field, inside.level)];
}

/** Of the scalars that spell a reference, the first that another tool writes says which. */
function ownerIn({ owner, parts }: Draft, { text, lines }: Level): Draft["owner"] {
  if (owner || !text.includes("#")) return owner;
  // A block scalar begins below its key, and markers stand at either.
  return parts.map((part) => ownerOf(text, lines, part.start) ?? (part.keyStart >= 0 ? ownerOf(text, lines, part.keyStart) : undefined)).find(Boolean);
}

function toSite({ path: file, text }: SourceFile, document: number, surface: string, found: Draft, level: Level, lines: Lines): ImageSite {
  const { node } = found;
  const draft = throughStrings(found, level);
  const span = outward(level, node.kind === SCALAR ? contentSpan(level.text, node) : { start: node.start, end: node.start + draft.raw.length });
  const owner = ownerIn(draft, level);
  const position = lines.at(span.start);
  // Keys repeat; a slice of each would keep its file in memory.
  // Written out, field by field: a spread costs more than the rest of this function on Node 20.
  return {
    file,
    document,
    surface,
    path: pathOf(draft, level),
    resource: resourceAround(draft, level),
    raw: draft.raw,
    reading: draft.reading,
    confidence: draft.confidence,
    because: draft.because,
    ...(draft.role === undefined ? {} : { role: draft.role }),
    span,
    position,
    end: lines.at(span.end),
    excerpt: excerptAt(text, lines.around(span.start)),
    slots: draft.slots,
    slotPositions: draft.slots.map((slot) => ({ start: lines.at(slot.span.start), end: lines.at(slot.span.end) })),
    ...(draft.unpinnable === undefined ? {} : { unpinnable: draft.unpinnable }),
    ...(draft.elsewhere === undefined ? {} : { elsewhere: draft.elsewhere }),
    ...unsafeOf(draft),
    ...(owner ? { owner } : {}),
    suppressions: suppressionsAt(draft, level),
  };
}

/** Artifacts are looked for in the documents of a file, not in those of its strings. */
function toArtifact({ path: file, text }: SourceFile, document: number, { node, path, resource, raw, artifact, ancestors }: ArtifactDraft, level: Level): ArtifactSite {
  const { lines } = level;
  const span = spanOf(text, node);
  return {
    file, document, path: path.map(intern), resource: describe(text, resource), raw, artifact, span,
    position: lines.at(span.start), end: lines.at(span.end), excerpt: excerptAt(text, lines.around(span.start)),
    suppressions: suppressionsAt({ ancestors, node }, level),
  };
}

/** A scalar itself; of anything else its key. */
function spanOf(text: string, node: Node): Span {
  if (node.kind === SCALAR && node.start < node.end) return contentSpan(text, node);
  if (node.keyStart < 0) return { start: node.start, end: Math.max(node.end, node.start) };
  return { start: node.keyStart, end: node.keyStart + (node.key ?? "").length };
}

/** What only looks like an image is not written unless somebody asks for it. */
function unsafeOf({ unsafe, confidence, slots }: Draft): { unsafe?: string } {
  const why = unsafe ?? (confidence === "guess" && slots.length > 0 ? "only its key or its text says that this is an image" : undefined);
  return why === undefined ? {} : { unsafe: why };
}

/** A line that no person reads, such as a minified JSON file, is not carried along with each of its findings. */
const EXCERPT_MAX = 1000;

function excerptAt(text: string, { start, end }: Span): string {
  // A copy, since a slice would keep the whole file in memory.
  return end - start > EXCERPT_MAX ? "" : own(text.slice(start, end).replace(/^\ufeff|\r$/g, ""));
}


const keys = new Map<string, string>();

function intern(key: string | number): string | number {
  if (typeof key === "number") return key;
  let known = keys.get(key);
  if (known === undefined) keys.set((known = own(key)), known);
  return known;
}

/** The last manifest described: its containers come one after another and share one description. */
let described: { node: Node; resource: Resource } | undefined;

function describe(text: string, node: Node | undefined): Resource {
  if (node === undefined) return NO_RESOURCE;
  if (described?.node !== node) described = { node, resource: resourceOf(text, node) };
  return described.resource;
}

const NO_RESOURCE: Resource = {};

function resourceOf(text: string, node: Node): Resource {
  const resource: { -readonly [Key in keyof Resource]: Resource[Key] } = {};
  const metadata = get(node, "metadata");
  const put = (key: keyof Resource, value: string | undefined): void => {
    if (value !== undefined) resource[key] = own(value);
  };
  put("apiVersion", getText(text, node, "apiVersion"));
  put("kind", getText(text, node, "kind"));
  put("name", getText(text, metadata, "name"));
  put("namespace", getText(text, metadata, "namespace"));
  return resource;
}

function unread(source: SourceFile, broken: Broken, role: FileRole, lines: Lines): Unread {
  const template = role.template || broken.template;
  return {
    file: source.path,
    position: lines.at(Math.min(broken.offset, source.text.length)),
    kind: template ? "template" : "syntax",
    why: broken.message,
  };
}

/** A string that should hold a document and does not; at its place in the file. */
function unreadString({ path, text }: SourceFile, { offset, template, message }: Broken, level: Level, lines: Lines): Unread {
  const at = Math.min(offset, level.text.length);
  const { start } = outward(level, { start: at, end: at });
  return { file: path, position: lines.at(Math.min(start, text.length)), kind: template ? "template" : "syntax", why: `in a string that holds a document: ${message}` };
}
