/**
 * A located file as nested lists, for the memory: a fifth of the size that its objects would have as JSON, and
 * reading it is most of what a run costs in which nothing changed. Names are left out, since one content can
 * stand under several.
 */
import type { Kustomization } from "../model/kustomization.ts";
import { formatReference, type ImageReference, parseReference } from "../model/reference.ts";
import type { ArtifactSite, ImageSite, LocatedFile, Owner, Position, Reading, Resource, Role, Slot, Suppression, Unread } from "../model/site.ts";

type Place = [line: number, column: number, endLine: number, endColumn: number];
type PackedSlot = [start: number, end: number, spells: Slot["spells"], before: string | 0, after: string | 0, ...Place];
/** A reference is its text; other readings are themselves. */
type PackedReading = string | Exclude<Reading, { is: "reference" }>;

type PackedSite = [
  document: number, surface: string, path: ImageSite["path"], resource: number,
  /** 0: the text of the reference. */
  raw: string | 0, reading: PackedReading, confidence: ImageSite["confidence"],
  /** By place in the list of reasons. */
  because: number, start: number, end: number, place: Place, excerpt: string,
  /** 1: the span itself, which spells the reference. */
  slots: PackedSlot[] | 1, notes: Notes | 0, suppressions: readonly number[] | 0,
];

interface Notes {
  unpinnable?: string;
  elsewhere?: string;
  role?: Role;
  unsafe?: string;
  owner?: Owner;
}

export type Packed = [
  documents: number, resources: Resource[], reasons: string[], sites: PackedSite[], suppressions: readonly Suppression[],
  unread: Omit<Unread, "file">[], valuesFiles: readonly string[],
  kustomization: PackedKustomization | 0,
  artifacts: Omit<ArtifactSite, "file">[] | 0,
];

/** Only the lists that hold something. */
type PackedKustomization = Partial<Kustomization>;

export function pack({ documents, sites, suppressions, unread, valuesFiles, kustomization, artifacts }: LocatedFile): Packed {
  const resources: Resource[] = [];
  const reasons: string[] = [];
  const packed = sites.map((site) => packSite(site, placeIn(resources, site.resource), placeIn(reasons, site.because)));
  return [documents, resources, reasons, packed, suppressions, unread.map(({ file: _file, ...rest }) => rest), valuesFiles, kustomization ? filledOf(kustomization) : 0, artifacts ? artifacts.map(({ file: _file, ...rest }) => rest) : 0];
}

const EMPTY: Kustomization = {
  component: false, resources: [], components: [], entries: [], patchFiles: [], patchWords: [], replacements: [],
  replacementFiles: [], configurations: [], transformers: [], generated: [],
};

const filledOf = (kustomization: Kustomization): PackedKustomization =>
  Object.fromEntries(Object.entries(kustomization).filter(([, value]) => (typeof value === "boolean" ? value : value.length > 0)));

function placeIn<T>(list: T[], one: T): number {
  const known = list.indexOf(one);
  return known >= 0 ? known : list.push(one) - 1;
}

export function unpack([documents, resources, reasons, sites, suppressions, unread, valuesFiles, kustomization, artifacts]: Packed, path: string): LocatedFile {
  return {
    path,
    documents,
    sites: sites.map((site) => unpackSite(site, resources, reasons, path)),
    suppressions,
    unread: unread.map((rest) => ({ file: path, ...rest })),
    valuesFiles,
    ...(artifacts === 0 ? {} : { artifacts: artifacts.map((rest) => ({ file: path, ...rest })) }),
    ...(kustomization === 0 ? {} : { kustomization: { ...EMPTY, ...kustomization } }),
  };
}

function packSite(site: ImageSite, resource: number, because: number): PackedSite {
  const { span, position, end, slots, slotPositions, reading, raw, suppressions } = site;
  const text = reading.is === "reference" ? formatReference(reading.reference) : undefined;
  const [only] = slots;
  const isSpan = slots.length === 1 && only!.spells === "reference" && only!.span.start === span.start && only!.span.end === span.end && only!.before === undefined && only!.after === undefined;
  const notes: Notes = {
    ...(site.unpinnable === undefined ? {} : { unpinnable: site.unpinnable }),
    ...(site.elsewhere === undefined ? {} : { elsewhere: site.elsewhere }),
    ...(site.role === undefined ? {} : { role: site.role }),
    ...(site.unsafe === undefined ? {} : { unsafe: site.unsafe }),
    ...(site.owner === undefined ? {} : { owner: site.owner }),
  };
  return [
    site.document, site.surface, site.path, resource,
    raw === text ? 0 : raw, text ?? (reading as Exclude<Reading, { is: "reference" }>), site.confidence,
    because, span.start, span.end, placeOf(position, end), site.excerpt,
    isSpan ? 1 : slots.map((slot, i) => [slot.span.start, slot.span.end, slot.spells, slot.before ?? 0, slot.after ?? 0, ...placeOf(slotPositions[i]!.start, slotPositions[i]!.end)]),
    Object.keys(notes).length === 0 ? 0 : notes, suppressions.length === 0 ? 0 : suppressions,
  ];
}

const placeOf = (start: Position, end: Position): Place => [start.line, start.column, end.line, end.column];

const NONE: readonly number[] = [];

function unpackSite(packed: PackedSite, resources: readonly Resource[], reasons: readonly string[], file: string): ImageSite {
  const [document, surface, path, resource, raw, reading, confidence, because, start, end, place, excerpt, slots, notes, suppressions] = packed;
  const span = { start, end };
  const position = { line: place[0], column: place[1] };
  const endPosition = { line: place[2], column: place[3] };
  const site: ImageSite = {
    file, document, surface, path, resource: resources[resource]!,
    raw: raw === 0 ? (reading as string) : raw,
    reading: typeof reading === "string" ? { is: "reference", reference: referenceOf(reading) } : reading,
    confidence, because: reasons[because]!, span, position, end: endPosition, excerpt,
    slots: slots === 1 ? [{ span, spells: "reference" }] : slots.map(slotOf),
    slotPositions: slots === 1 ? [{ start: position, end: endPosition }] : slots.map(([, , , , , line, column, endLine, endColumn]) => ({ start: { line, column }, end: { line: endLine, column: endColumn } })),
    suppressions: suppressions === 0 ? NONE : suppressions,
  };
  return notes === 0 ? site : { ...site, ...notes };
}

function slotOf([start, end, spells, before, after]: PackedSlot): Slot {
  return { span: { start, end }, spells, ...(before === 0 ? {} : { before }), ...(after === 0 ? {} : { after }) };
}

/** What was a reference when it was kept is one; a memory that says otherwise is not believed. */
function referenceOf(text: string): ImageReference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(`the memory holds ${text}, which is no reference`);
  return parsed.reference;
}
