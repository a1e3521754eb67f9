/** Rendered images as sites at their sources, so that the same rules, suppressions and waivers judge them. */
import type { Reading, ImageSite, LocatedFile } from "../model/site.ts";
import { imageOf } from "../model/reading.ts";
import { mayHoldSuppression, Suppressions, suppressionsIn } from "../surfaces/comments.ts";
import { Lines } from "../syntax/lines.ts";
import { readStream } from "../syntax/read.ts";
import type { Node } from "../syntax/tree.ts";
import { nameOf, type RenderedRoot } from "./rendered.ts";
import type { Place } from "./trace/origin.ts";
import type { Sources } from "./trace/sources.ts";
import type { TracedImage } from "./trace/trace.ts";

/** Files with their sites: those that were located, and those that only rendering shows. */
export interface WithRendered {
  readonly located: readonly LocatedFile[];
  /** By file, what rendering shows: sites that were located already, where they say the same. */
  readonly rendered: ReadonlyMap<string, readonly ImageSite[]>;
}

/** Adds what rendering shows to what was located. A place that says an image by itself is not said twice. */
export async function withRendered(located: readonly LocatedFile[], roots: readonly RenderedRoot[], sources: Sources): Promise<WithRendered> {
  const files = new Map(located.map((file) => [file.path, file]));
  const rendered = new Map<string, ImageSite[]>();
  for (const one of roots) {
    if (one.is === "failed") continue;
    for (const image of one.stream.images) {
      const place = placeOf(image, one, sources);
      const file = files.get(place.file) ?? (await unlocated(place.file, sources));
      const known = file.sites.find((site) => says(site, place, image.image.site.reading));
      const site = known ?? (await siteOf(image, place, one, file, sources));
      if (!known) files.set(place.file, { ...file, sites: [...file.sites, site] });
      const list = rendered.get(place.file) ?? [];
      if (!list.includes(site)) rendered.set(place.file, [...list, site]);
    }
  }
  const sorted = [...files.values()].filter(({ sites, suppressions, unread }) => sites.length + suppressions.length + unread.length > 0).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { located: sorted, rendered };
}

/** Where a finding about an image lands. Of one without a known source that is what says the root. */
function placeOf({ origin }: TracedImage, { root }: RenderedRoot, sources: Sources): Place {
  if (origin.is === "traced") return origin.source.place;
  const { file, position } = root.said;
  const at = new Lines(sources.text(file) ?? "").offset(position);
  return sources.place(file, { start: at, end: at });
}

/** Whether a located site already says what was rendered from the place: a reference there, or the same one anywhere that it writes. */
function says(site: ImageSite, { span }: Place, reading: Reading): boolean {
  if (site.reading.is !== "reference") return site.reading.is === reading.is && overlaps(site.span, span);
  return overlaps(site.span, span) || site.slots.some((slot) => overlaps(slot.span, span)) || (reading.is === "reference" && near(site, span) && imageOf(site) === imageOf({ reading, raw: site.raw }));
}

const overlaps = (a: Place["span"], b: Place["span"]): boolean => a.start <= b.end && b.start <= a.end && (a.start < b.end || b.start < a.end || a.start === b.start);

/** The parts of one image stand close together: the lines of one map. */
const near = (site: ImageSite, span: Place["span"]): boolean => Math.abs(site.span.start - span.start) < NEAR;
const NEAR = 500;

async function siteOf({ image: { site, object }, origin }: TracedImage, place: Place, one: RenderedRoot, file: LocatedFile, sources: Sources): Promise<ImageSite> {
  const { tool } = one.root;
  const { file: path, span, position, end, excerpt } = place;
  return {
    file: path, document: 0, surface: "rendered", path: site.path, resource: { ...(object.kind === undefined ? {} : { kind: object.kind }), ...(object.name === undefined ? {} : { name: object.name }) },
    raw: site.raw, reading: site.reading, span, position, end, excerpt, slots: [], slotPositions: [],
    unpinnable: origin.is === "untraced" ? `${nameOf(one.root)} renders it, and where it comes from is not known: ${origin.why}` : `${tool} puts this image together in ${nameOf(one.root)}; what stands here is its ${origin.source.sets.at(-1) ?? "source"} (${origin.source.layer})`,
    confidence: site.confidence, because: `rendered by ${tool}: ${site.because}`,
    ...(site.role === undefined ? {} : { role: site.role }),
    suppressions: await suppressionsAt(place, file, sources),
  };
}

/** A file in which nothing was located; comments in it count all the same. */
async function unlocated(path: string, sources: Sources): Promise<LocatedFile> {
  return { path, documents: 0, sites: [], suppressions: (await commentsIn(path, sources)).suppressions.all, unread: [], valuesFiles: [] };
}

async function commentsIn(path: string, sources: Sources): Promise<{ suppressions: Suppressions; lines: Lines; roots: readonly Node[] }> {
  const text = sources.text(path) ?? "";
  const lines = new Lines(text);
  if (!mayHoldSuppression(text)) return { suppressions: new Suppressions([]), lines, roots: [] };
  const { documents } = await readStream(text, { wanted: () => true });
  return { suppressions: new Suppressions(suppressionsIn(text, lines, documents)), lines, roots: documents.map(({ root }) => root) };
}

/** The comments that speak about a place, by their places in the file's list. */
async function suppressionsAt({ span }: Place, file: LocatedFile, sources: Sources): Promise<readonly number[]> {
  if (file.suppressions.length === 0) return [];
  const { suppressions, lines, roots } = await commentsIn(file.path, sources);
  const way = roots.map((root) => wayTo(root, span.start)).find((one) => one.length > 0);
  if (!way) return [];
  const covering = suppressions.covering({ ancestors: way.slice(0, -1), node: way.at(-1)! }, lines).map((index) => suppressions.all[index]!.span.start);
  return file.suppressions.flatMap((one, i) => (covering.includes(one.span.start) ? [i] : []));
}

/** From the root to the innermost node around a place. */
function wayTo(node: Node, offset: number): Node[] {
  for (const child of [...(node.children ?? [])].reverse()) {
    const begin = child.keyStart >= 0 ? child.keyStart : child.start;
    if (begin <= offset) return [node, ...wayTo(child, offset)];
  }
  return [node];
}
