/** One file → every image site in it, and everything in it that could not be read. */
import type { Confidence, ImageSite, LocatedFile, Resource, SourceFile, Unread } from "../model/site.ts";
import { Lines } from "../syntax/lines.ts";
import { type Broken, readStream } from "../syntax/read.ts";
import { contentSpan, get, getText, type Node, SCALAR } from "../syntax/tree.ts";
import { ownerOf, type PlacedSuppression, SUPPRESSION_MARK, suppressionsIn } from "./comments.ts";
import { gitopsValuesFiles } from "./gitops-values.ts";
import { surfaces } from "./index.ts";
import type { Draft, FileRole, SurfaceDocument } from "./surface.ts";

/**
 * Texts without any of these hold no site: `mage` is in `image`, `images`, `containerImage`; the others name
 * values files. Values files may also spell an image with `repository` alone.
 */
export const LITERALS: readonly string[] = ["mage", "aluesFile", "alueFiles"];
export const VALUES_LITERAL = "repository";

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

/**
 * Which documents to read. Each search goes on from where the last one ended, so that a stream of many
 * documents is searched once and not once a document.
 */
function candidates(text: string, role: FileRole): (from: number, to: number) => boolean {
  const literals = (role.values ? [...LITERALS, VALUES_LITERAL] : LITERALS).map((literal) => new Search(text, literal));
  const definitions = new Search(text, "\nkind: CustomResourceDefinition");
  return (from, to) => literals.some((literal) => literal.within(from, to)) && !definitions.within(Math.max(0, from - 1), to);
}

class Search {
  private readonly text: string;
  private readonly literal: string;
  private next = -2;

  constructor(text: string, literal: string) {
    this.text = text;
    this.literal = literal;
  }

  /** Whether the literal occurs in a range. Ranges must come in rising order. */
  within(from: number, to: number): boolean {
    if (this.next !== -1 && this.next < from) this.next = this.text.indexOf(this.literal, from);
    return this.next >= from && this.next < to;
  }
}

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
  const { node, ancestors, resource, ...rest } = draft;
  const span = node.kind === SCALAR ? contentSpan(text, node) : { start: node.start, end: node.start + draft.raw.length };
  const owner = [span.start, ...draft.slots.map((slot) => slot.span.start)].map((offset) => ownerOf(text, offset)).find(Boolean);
  const position = lines.at(span.start);
  const covering = new Set([...ancestors, node].map((one) => lines.at(one.keyStart >= 0 ? one.keyStart : one.start).line));
  return {
    ...rest,
    file,
    document,
    surface,
    resource: describe(text, resource),
    span,
    position,
    end: lines.at(span.end),
    excerpt: lines.line(position.line),
    slotPositions: draft.slots.map((slot) => ({ start: lines.at(slot.span.start), end: lines.at(slot.span.end) })),
    ...(owner ? { owner } : {}),
    suppressions: suppressions.flatMap((suppression, i) => (covering.has(suppression.covers) ? [i] : [])),
  };
}

function describe(text: string, node: Node | undefined): Resource {
  const metadata = get(node, "metadata");
  return Object.fromEntries(
    Object.entries({
      apiVersion: getText(text, node, "apiVersion"),
      kind: getText(text, node, "kind"),
      name: getText(text, metadata, "name"),
      namespace: getText(text, metadata, "namespace"),
    }).filter(([, value]) => value !== undefined),
  );
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
