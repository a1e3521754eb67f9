/** One file → every image site in it, and everything in it that could not be read. */
import type { ImageSite, LocatedFile, Resource, SourceFile, Span, Unread } from "../model/site.ts";
import { Lines } from "../syntax/lines.ts";
import { type Broken, readStream, type Stream } from "../syntax/read.ts";
import { contentSpan, get, getText, type Node, own, SCALAR } from "../syntax/tree.ts";
import { candidates } from "./candidates.ts";
import { ownerOf, SUPPRESSION_MARK, Suppressions, suppressionsIn } from "./comments.ts";
import { gitopsValuesFiles } from "./gitops-values.ts";
import { hintsIn } from "./guess-hint.ts";
import { guesses } from "./guesses.ts";
import { surfaces } from "./index.ts";
import { guardAnchors, withoutSharedSlots } from "./places.ts";
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
  const lines = new Lines(text);
  const suppressions = new Suppressions(text.includes(SUPPRESSION_MARK) ? suppressionsIn(text, lines, stream.documents) : []);
  const sites: ImageSite[] = [];
  const valuesFiles: string[] = [];
  const renames: string[] = [];
  for (const { index, root, from, to } of stream.documents) {
    const document: SurfaceDocument = { file: path, text, root, role };
    const surface = surfaces.find((candidate) => candidate.claims(document));
    if (!surface) continue;
    const drafts = [...surface.locate(document)];
    const hints = hintsIn(text.slice(from, to), from, role, drafts);
    const guessed = hints.length > 0 ? guesses(document, hints, drafts) : [];
    if (guessed.length > 0) drafts.push(...guessed), drafts.sort((a, b) => a.node.start - b.node.start);
    for (const draft of guardAnchors(root, drafts)) {
      sites.push(toSite(source, index, draft.surface ?? surface.id, draft, lines, suppressions));
    }
    valuesFiles.push(...(surface.valuesFiles?.(document) ?? gitopsValuesFiles(document)));
    renames.push(...(surface.renames?.(document) ?? []));
  }
  const unshared = withoutSharedSlots(sites);
  const broken = stream.broken.map((one) => unread(source, one, role, lines));
  return { path, documents: stream.count, sites: unshared, suppressions: suppressions.all, unread: broken, valuesFiles, renames };
}

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
    suppressions: suppressions.covering(draft, lines),
  };
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
