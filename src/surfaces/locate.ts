/** One file → every image site in it, and everything in it that could not be read. */
import { formatReference } from "../model/reference.ts";
import type { Confidence, ImageSite, LocatedFile, Resource, SourceFile, Span, Unread } from "../model/site.ts";
import { Lines } from "../syntax/lines.ts";
import { type Broken, readStream, type Stream } from "../syntax/read.ts";
import { ALIAS, contentSpan, follow, get, getText, type Node, own, SCALAR, SEQ } from "../syntax/tree.ts";
import { ownerOf, type PlacedSuppression, SUPPRESSION_MARK, suppressionsIn } from "./comments.ts";
import { hasEscapedKey, keyEndsFor, KeySearch } from "./candidates.ts";
import { gitopsValuesFiles } from "./gitops-values.ts";
import { surfaces } from "./index.ts";
import type { Draft, FileRole, SurfaceDocument } from "./surface.ts";

/** Reads a file's text into its documents. `reader: "full"` is for reading back a rewrite. */
export function readDocuments({ text }: SourceFile, role: FileRole, reader: "fast" | "full" = "fast"): Promise<Stream> {
  return readStream(text, { wanted: candidates(text, role), reader, template: role.template });
}

/** Reads a file's text and finds its sites. */
export async function locateFile(source: SourceFile, role: FileRole): Promise<LocatedFile> {
  return locateIn(source, role, await readDocuments(source, role));
}

/** Finds the sites in a file's documents. */
export function locateIn(source: SourceFile, role: FileRole, stream: Stream): LocatedFile {
  const { path, text } = source;
  const lines = new LazyLines(text);
  const suppressions = new Suppressions(text.includes(SUPPRESSION_MARK) ? suppressionsIn(text, lines.get(), stream.documents) : []);
  const sites: ImageSite[] = [];
  const valuesFiles: string[] = [];
  const renames: string[] = [];
  for (const { index, root } of stream.documents) {
    const document: SurfaceDocument = { file: path, text, root, role };
    const surface = surfaces.find((candidate) => candidate.claims(document));
    if (!surface) continue;
    for (const draft of guardAnchors(root, [...surface.locate(document)])) {
      sites.push(toSite(source, index, surface.id, draft, lines.get(), suppressions));
    }
    valuesFiles.push(...(surface.valuesFiles?.(document) ?? gitopsValuesFiles(document)));
    renames.push(...(surface.renames?.(document) ?? []));
  }
  const unshared = withoutSharedSlots(sites);
  const broken = stream.broken.map((one) => unread(source, one, role, lines.get()));
  return { path, documents: stream.count, sites: unshared, suppressions: suppressions.all, unread: broken, valuesFiles, renames };
}

/** A file's suppressions, by the line that they speak about. */
class Suppressions {
  readonly all: readonly PlacedSuppression[];
  readonly byLine = new Map<number, number[]>();

  constructor(all: readonly PlacedSuppression[]) {
    this.all = all;
    for (const [i, { covers }] of all.entries()) this.byLine.set(covers, [...(this.byLine.get(covers) ?? []), i]);
  }
}

class LazyLines {
  private readonly text: string;
  private lines: Lines | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get(): Lines {
    return (this.lines ??= new Lines(this.text));
  }
}

/** Which documents to read: those with a key of interest that are no schemas of custom resources. */
function candidates(text: string, role: FileRole): (from: number, to: number, whole: boolean) => boolean {
  const keys = keyEndsFor(role).map((end) => new KeySearch(text, end));
  const all = hasEscapedKey(text);
  return (from, to, whole) =>
    (all || keys.some((key) => key.within(from, to))) && (whole || !DEFINITION.test(text.slice(from, Math.min(to, from + HEAD))));
}

/** Custom resource definitions hold most bytes of many repositories, and no images. */
const DEFINITION = /^kind: *["']?CustomResourceDefinition["']? *$/m;
/** `kind` stands near the top; a definition that hides it further down is parsed and found out then. */
const HEAD = 4096;

const WEIGHT: Readonly<Record<Confidence, number>> = { certain: 2, likely: 1, guess: 0 };

/**
 * Aliases and merges can reach one place by several paths; it is one site, by its strongest path. A place is
 * all the scalars that spell the reference: two entries can share a tag and be two images.
 */
function onePerPlace(drafts: readonly Draft[]): Draft[] {
  const byPlace = new Map<string, Draft>();
  for (const draft of drafts) {
    const place = draft.parts.map(({ start }) => start).join(" ");
    const known = byPlace.get(place);
    if (!known || WEIGHT[draft.confidence] > WEIGHT[known.confidence]) byPlace.set(place, draft);
  }
  return [...byPlace.values()];
}

/** An edit of an anchored scalar reaches every alias of it; it is safe when all of them are images as well. */
function guardAnchors(root: Node, drafts: readonly Draft[]): Draft[] {
  const found = onePerPlace(drafts);
  if (!drafts.some(({ parts }) => parts.some(({ anchored }) => anchored))) return found;
  const uses = new Map<Node, number>();
  countUses(root, uses);
  return found.map((draft) => {
    const elsewhere = draft.parts.some((part) => part.anchored && (uses.get(part) ?? 0) > drafts.filter(({ parts }) => parts.includes(part)).length);
    return elsewhere && draft.slots.length > 0 ? { ...draft, unsafe: "an anchor repeats this text in places that are no images" } : draft;
  });
}

/** How often each anchored scalar stands in a document: once itself, once for each alias. */
function countUses(node: Node, uses: Map<Node, number>): void {
  const scalar = follow(node);
  if (scalar?.kind === SCALAR && scalar.anchored) uses.set(scalar, (uses.get(scalar) ?? 0) + 1);
  if (node.kind !== ALIAS) for (const child of node.children ?? []) countUses(child, uses);
}

/** Two images that would be written in the same place, because an anchor shares it, can neither be pinned there. */
function withoutSharedSlots(sites: readonly ImageSite[]): readonly ImageSite[] {
  const wanted = new Map<number, Set<string>>();
  for (const { slots, reading } of sites) {
    for (const { span } of slots) wanted.set(span.start, (wanted.get(span.start) ?? new Set()).add(describeReading(reading)));
  }
  const shared = (site: ImageSite): boolean => site.slots.some(({ span }) => wanted.get(span.start)!.size > 1);
  if (![...wanted.values()].some(({ size }) => size > 1)) return sites;
  return sites.map((site) => (shared(site) ? { ...site, slots: [], slotPositions: [], unpinnable: "an anchor shares this place with another image" } : site));
}

const describeReading = (reading: ImageSite["reading"]): string => (reading.is === "reference" ? formatReference(reading.reference) : reading.is);

function toSite(source: SourceFile, document: number, surface: string, draft: Draft, lines: Lines, suppressions: Suppressions): ImageSite {
  const { text, path: file } = source;
  const { node } = draft;
  const span = node.kind === SCALAR ? contentSpan(text, node) : { start: node.start, end: node.start + draft.raw.length };
  // A block scalar begins below its key, and markers stand at either.
  const owner = text.includes("#")
    ? draft.parts.map((part) => ownerOf(text, lines, part.start) ?? (part.keyStart >= 0 ? ownerOf(text, lines, part.keyStart) : undefined)).find(Boolean)
    : undefined;
  const position = lines.at(span.start);
  // Keys repeat; a slice of each would keep its file in memory.
  // Written out, field by field: a spread costs more than the rest of this function on Node 20.
  return {
    file,
    document,
    surface,
    path: draft.path.map(intern),
    resource: describe(text, draft.resource),
    raw: draft.raw,
    reading: draft.reading,
    confidence: draft.confidence,
    span,
    position,
    end: lines.at(span.end),
    excerpt: excerptAt(text, lines.around(span.start)),
    slots: draft.slots,
    slotPositions: draft.slots.map((slot) => ({ start: lines.at(slot.span.start), end: lines.at(slot.span.end) })),
    ...(draft.unpinnable === undefined ? {} : { unpinnable: draft.unpinnable }),
    ...(draft.unsafe === undefined ? {} : { unsafe: draft.unsafe }),
    ...(owner ? { owner } : {}),
    suppressions: suppressions.all.length === 0 ? NONE : covering(draft, lines, suppressions),
  };
}

const NONE: readonly number[] = [];

/** A line that no person reads, such as a minified JSON file, is not carried along with each of its findings. */
const EXCERPT_MAX = 1000;

function excerptAt(text: string, { start, end }: Span): string {
  // A copy, since a slice would keep the whole file in memory.
  return end - start > EXCERPT_MAX ? "" : own(text.slice(start, end).replace(/^\ufeff|\r$/g, ""));
}


/** The suppressions that speak about the line of the main scalar or of a node around it. */
function covering({ ancestors, node }: Draft, lines: Lines, suppressions: Suppressions): number[] {
  const begin = (one: Node): number => lines.at(one.keyStart >= 0 ? one.keyStart : one.start).line;
  const covered = new Set([...ancestors, node].map(begin));
  // Behind a line, a comment speaks about what that line names: a key, an item, the value itself. A map is not
  // named by its first line.
  const named = new Set([...ancestors.filter((one, i) => one.keyStart >= 0 || ancestors[i - 1]?.kind === SEQ), node].map(begin)).add(lines.at(node.start).line);
  return [...covered, ...named].flatMap((line) => suppressions.byLine.get(line) ?? []).filter((index, i, all) => {
    const { covers, trailing } = suppressions.all[index]!;
    return all.indexOf(index) === i && (trailing ? named : covered).has(covers);
  });
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
