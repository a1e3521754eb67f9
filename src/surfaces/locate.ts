/** One file → every image site in it, and everything in it that could not be read. */
import type { Confidence, ImageSite, LocatedFile, Resource, SourceFile, Unread } from "../model/site.ts";
import { Lines } from "../syntax/lines.ts";
import { type Broken, readStream } from "../syntax/read.ts";
import { contentSpan, get, getText, type Node, SCALAR } from "../syntax/tree.ts";
import { ownerOf, type PlacedSuppression, SUPPRESSION_MARK, suppressionsIn } from "./comments.ts";
import { keyEndsFor, KeySearch } from "./candidates.ts";
import { gitopsValuesFiles } from "./gitops-values.ts";
import { surfaces } from "./index.ts";
import type { Draft, FileRole, SurfaceDocument } from "./surface.ts";

/** Reads a file's text. `reader: "full"` is for reading back a rewrite. */
export async function locateFile(source: SourceFile, role: FileRole, reader: "fast" | "full" = "fast"): Promise<LocatedFile> {
  const { path, text } = source;
  const stream = await readStream(text, { wanted: candidates(text, role), reader, template: role.template });
  const lines = new LazyLines(text);
  const roots = stream.documents.map(({ root }) => root);
  const suppressions = text.includes(SUPPRESSION_MARK) ? suppressionsIn(text, lines.get(), roots) : [];
  const sites: ImageSite[] = [];
  const valuesFiles: string[] = [];
  for (const { index, root } of stream.documents) {
    const document: SurfaceDocument = { file: path, text, root, role };
    const surface = surfaces.find((candidate) => candidate.claims(document));
    if (!surface) continue;
    for (const draft of onePerPlace(surface.locate(document))) {
      sites.push(toSite(source, index, surface.id, draft, lines.get(), suppressions));
    }
    valuesFiles.push(...(surface.valuesFiles?.(document) ?? gitopsValuesFiles(document)));
  }
  return { path, documents: stream.count, sites, suppressions, unread: stream.broken.map((one) => unread(source, one, role, lines.get())), valuesFiles };
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
function candidates(text: string, role: FileRole): (from: number, to: number) => boolean {
  const keys = keyEndsFor(role).map((end) => new KeySearch(text, end));
  return (from, to) => keys.some((key) => key.within(from, to)) && !DEFINITION.test(text.slice(from, Math.min(to, from + HEAD)));
}

/** Custom resource definitions hold most bytes of many repositories, and no images. */
const DEFINITION = /^kind: *["']?CustomResourceDefinition["']? *$/m;
/** `kind` stands near the top; a definition that hides it further down is parsed and found out then. */
const HEAD = 4096;

const WEIGHT: Readonly<Record<Confidence, number>> = { certain: 2, likely: 1, guess: 0 };

/** Aliases and merges can reach one place by several paths; it is one site, by its strongest path. */
function onePerPlace(drafts: Iterable<Draft>): Draft[] {
  const byPlace = new Map<number, Draft>();
  for (const draft of drafts) {
    const known = byPlace.get(draft.node.start);
    if (!known || WEIGHT[draft.confidence] > WEIGHT[known.confidence]) byPlace.set(draft.node.start, draft);
  }
  return [...byPlace.values()];
}

function toSite(source: SourceFile, document: number, surface: string, draft: Draft, lines: Lines, suppressions: readonly PlacedSuppression[]): ImageSite {
  const { text, path: file } = source;
  const { node } = draft;
  const span = node.kind === SCALAR ? contentSpan(text, node) : { start: node.start, end: node.start + draft.raw.length };
  // A block scalar begins below its key, and markers stand at either.
  const owner = draft.parts.map((part) => ownerOf(text, part.start) ?? (part.keyStart >= 0 ? ownerOf(text, part.keyStart) : undefined)).find(Boolean);
  const position = lines.at(span.start);
  // Written out, field by field: a spread costs more than the rest of this function on Node 20.
  return {
    file,
    document,
    surface,
    path: draft.path,
    resource: describe(text, draft.resource),
    raw: draft.raw,
    reading: draft.reading,
    confidence: draft.confidence,
    span,
    position,
    end: lines.at(span.end),
    excerpt: lines.line(position.line),
    slots: draft.slots,
    slotPositions: draft.slots.map((slot) => ({ start: lines.at(slot.span.start), end: lines.at(slot.span.end) })),
    ...(draft.unpinnable === undefined ? {} : { unpinnable: draft.unpinnable }),
    ...(draft.unsafe === undefined ? {} : { unsafe: draft.unsafe }),
    ...(owner ? { owner } : {}),
    suppressions: suppressions.length === 0 ? NONE : covering(draft, lines, suppressions),
  };
}

const NONE: readonly number[] = [];

/** The suppressions that speak about the line of the main scalar or of a node around it. */
function covering({ ancestors, node }: Draft, lines: Lines, suppressions: readonly PlacedSuppression[]): number[] {
  const covered = new Set([...ancestors, node].map((one) => lines.at(one.keyStart >= 0 ? one.keyStart : one.start).line));
  return suppressions.flatMap((suppression, i) => (covered.has(suppression.covers) ? [i] : []));
}

function describe(text: string, node: Node | undefined): Resource {
  const resource: { -readonly [Key in keyof Resource]: Resource[Key] } = {};
  if (node === undefined) return resource;
  const metadata = get(node, "metadata");
  const put = (key: keyof Resource, value: string | undefined): void => {
    if (value !== undefined) resource[key] = value;
  };
  put("apiVersion", getText(text, node, "apiVersion"));
  put("kind", getText(text, node, "kind"));
  put("name", getText(text, metadata, "name"));
  put("namespace", getText(text, metadata, "namespace"));
  return resource;
}

function unread(source: SourceFile, broken: Broken, role: FileRole, lines: Lines): Unread {
  const template = role.template || source.text.includes("{{");
  return {
    file: source.path,
    position: lines.at(Math.min(broken.offset, source.text.length)),
    kind: template ? "template" : "syntax",
    why: broken.message,
  };
}
