/**
 * The ways in which charts take a digest, and where each would be written at an image in Helm values. Which of them
 * a chart understands is not said anywhere; rendering shows it (pipeline/probe/).
 */
import type { ImageSite, Path, Slot, SourceFile } from "../model/site.ts";
import { getText, isNull, MAP, type Node, PLAIN, SCALAR, scalarText } from "../syntax/tree.ts";
import { imageMap } from "./helm-values.ts";
import type { OwnFields } from "./known-fields.ts";
import { locateIn } from "./locate.ts";
import { newField } from "./new-field.ts";
import { readDocuments } from "./read-documents.ts";
import { fieldSlot, type Parts } from "./shapes.ts";
import type { Draft, FileRole } from "./surface.ts";

/** In the order in which they are tried where nothing is known about the chart. */
export const PIN_FORMS = ["digest", "digest-and-use", "sha", "sha-with-prefix", "tag", "reference"] as const;

/**
 * `digest: sha256:S`; the same with `useDigest: true` beside it; `sha: S`; `sha: sha256:S`; `tag: T@sha256:S`; the
 * whole reference in one scalar. The first four write the tag as well where the map has none.
 */
export type PinForm = (typeof PIN_FORMS)[number];

/** An image in a text, and the slots of each form that has a place there. */
export interface FormsAt {
  readonly path: Path;
  readonly document: number;
  readonly forms: ReadonlyMap<PinForm, readonly Slot[]>;
  readonly positions: ReadonlyMap<PinForm, ImageSite["slotPositions"]>;
  /** Whether the tag stands in the same map; else the forms write it. */
  readonly hasTag: boolean;
}

export const placeOf = (document: number, path: Path): string => `${document} ${path.join("\u0000")}`;

/** The forms of every image in the values that a text holds, by {@link placeOf}. */
export async function formsIn(source: SourceFile, role: FileRole, fields: OwnFields): Promise<ReadonlyMap<string, FormsAt>> {
  const found = new Map<string, { path: Path; document: number; hasTag: boolean; forms: Map<PinForm, readonly Slot[]>; positions: Map<PinForm, ImageSite["slotPositions"]> }>();
  const located = locateIn(source, role, await readDocuments(source, role, "fast", fields), fields, (text, draft) => {
    const { forms, hasTag } = formsOf(text, draft);
    // The reason of a draft comes out again with its place in the file.
    return [...forms].map(([form, slots]) => ({ ...withoutRefusal(draft), slots, because: `${hasTag ? "" : "+"}${form}` }));
  });
  for (const { path, document, slots, slotPositions, because } of located.sites) {
    const place = placeOf(document, path);
    const form = because.replace("+", "") as PinForm;
    let at = found.get(place);
    if (!at) found.set(place, (at = { path, document, hasTag: !because.startsWith("+"), forms: new Map(), positions: new Map() }));
    if (slots.length > 0) {
      at.forms.set(form, slots);
      at.positions.set(form, slotPositions);
    }
  }
  return found;
}

const withoutRefusal = ({ unpinnable: _unpinnable, unsafe: _unsafe, ...draft }: Draft): Draft => draft;

interface Forms {
  readonly forms: ReadonlyMap<PinForm, readonly Slot[]>;
  readonly hasTag: boolean;
}

function formsOf(text: string, draft: Draft): Forms {
  if (draft.confidence === "guess" || (draft.reading.is !== "reference" && draft.reading.is !== "incomplete")) return { forms: new Map(), hasTag: true };
  const own = ownSlots(draft);
  const map = draft.ancestors.at(-1);
  const [key, above] = [draft.path.at(-1), draft.path.at(-2)];
  // A parameter is a value alone: a field beside it would be the parameter's.
  if (key === "value" && draft.path.at(-3) === "parameters") return { forms: own, hasTag: true };
  const match = map?.kind === MAP ? imageMap(text, map, typeof above === "string" ? above : undefined) : undefined;
  if (!match || !("parts" in match) || !Object.values(match.parts).includes(draft.node)) return { forms: own, hasTag: true };
  return formsInMap(text, map!, match.parts, own, draft.unpinnable !== undefined && match.parts.unused === undefined);
}

/** What the surface itself would write. */
function ownSlots({ slots }: Draft): Map<PinForm, readonly Slot[]> {
  const [only] = slots;
  if (slots.length !== 1) return new Map();
  const form = ({ reference: "reference", "tag@digest": "tag", digest: "digest", "digest-hex": "sha" } as Partial<Record<Slot["spells"], PinForm>>)[only!.spells];
  return form === undefined ? new Map() : new Map([[form, slots]]);
}

/** The digest's key in ingress-nginx, whose image has another name when it runs in a chroot. */
const digestKey = (text: string, map: Node): string => (getText(text, map, "chroot") === "true" ? "digestChroot" : "digest");

function formsInMap(text: string, map: Node, parts: Parts, own: ReadonlyMap<PinForm, readonly Slot[]>, refused: boolean): Forms {
  const hasTag = isFilled(text, parts.tag);
  if (refused) return { forms: new Map(), hasTag };
  const place = new MapPlace(text, map, parts);
  const forms = new Map<PinForm, readonly Slot[]>();
  const put = (form: PinForm, slots: readonly (Slot | undefined)[] | undefined): void => {
    if (slots && slots.every((slot) => slot !== undefined)) forms.set(form, slots as readonly Slot[]);
  };
  const use = map.children!.find(({ key, kind }) => key === "useDigest" && kind === SCALAR);
  const digest = place.field(digestKey(text, map), "digest");
  if (!use) put("digest", digest);
  if (use && scalarText(text, use) === "true") put("digest", digest);
  if (use && scalarText(text, use) !== "true") put("digest-and-use", digest && [...digest, { span: { start: use.start, end: use.end }, spells: "nothing", before: "true" }]);
  if (!use) put("digest-and-use", place.field("digest", "digest", { key: "useDigest", value: "true" }));
  const hexKey = map.children!.some(({ key }) => key === "sha256") ? "sha256" : "sha";
  put("sha", place.field(hexKey, "digest-hex"));
  put("sha-with-prefix", place.field(hexKey, "digest"));
  put("tag", place.tag());
  const reference = own.get("reference");
  if (reference) forms.set("reference", reference);
  return { forms, hasTag };
}

function isFilled(text: string, node: Node | undefined): node is Node {
  return node?.kind === SCALAR && !isNull(text, node) && scalarText(text, node).trim() !== "";
}

/** A map that spells an image in parts, and where something can be written in it. */
class MapPlace {
  private readonly text: string;
  private readonly map: Node;
  private readonly parts: Parts;
  /** The scalar that a new field goes behind. */
  private readonly beside: Node | undefined;

  constructor(text: string, map: Node, parts: Parts) {
    this.text = text;
    this.map = map;
    this.parts = parts;
    // What a merge or an alias brings belongs to another map.
    this.beside = [parts.tag, parts.repository, parts.registry].find((node) => node !== undefined && map.children!.includes(node) && isFilled(text, node));
  }

  /** A field that exists, filled or empty, or a new one; and the tag, where there is none. `also`: a field behind a new one. */
  field(key: string, spells: "digest" | "digest-hex", also?: { readonly key: string; readonly value: string }): readonly (Slot | undefined)[] | undefined {
    const { text, map, beside } = this;
    const existing = map.children!.find((child) => child.key === key);
    const further = also && beside ? newField(text, map, beside, also.key, spells) : undefined;
    const after = further && also ? `${further.before}${also.value}` : "";
    if (existing) {
      if (existing.kind !== SCALAR || existing.style > 2 || also) return undefined;
      const slot = fieldSlot(text, existing, spells);
      return isFilled(text, this.parts.tag) ? [slot] : [this.tagSlot(), slot];
    }
    const slot = beside && newField(text, map, beside, key, spells);
    if (!slot) return undefined;
    const behind = `${slot.after ?? ""}${after}`;
    const own = { ...slot, ...(behind === "" ? {} : { after: behind }) };
    if (isFilled(text, this.parts.tag)) return [own];
    if (this.parts.tag) return [this.tagSlot(), own];
    const tag = this.newTag();
    if (!tag) return undefined;
    return [{ ...own, spells: spells === "digest" ? "tag-and-digest" : "tag-and-hex", before: tag.before!, between: `${tag.after ?? ""}${slot.before ?? ""}` }];
  }

  /** The tag with the digest behind it. */
  tag(): readonly (Slot | undefined)[] | undefined {
    const { tag } = this.parts;
    if (!isFilled(this.text, tag)) {
      const slot = tag ? this.tagSlot() : this.newTag();
      return slot && [{ ...slot, spells: "tag@digest" }];
    }
    const source = this.text.slice(tag.start, tag.end);
    if (tag.style > 2 || source.includes("\n") || source.includes("\\")) return undefined;
    return [{ span: { start: tag.start, end: tag.end }, spells: "tag@digest" }];
  }

  /** The slot of a tag that is empty, in quotes: a version can look like a number. */
  private tagSlot(): Slot | undefined {
    const { text, parts: { tag } } = this;
    if (!tag) return this.newTag();
    const slot = fieldSlot(text, tag, "tag");
    if (!slot || tag.style !== PLAIN || slot.after !== undefined) return slot;
    return { ...slot, before: `${slot.before ?? ""}"`, after: '"' };
  }

  private newTag(): Slot | undefined {
    const { text, map, beside, parts } = this;
    const key = parts.repository?.key === "imageRepository" ? "imageTag" : "tag";
    const slot = beside && newField(text, map, beside, key, "tag");
    if (!slot || slot.after !== undefined) return slot;
    return { ...slot, before: `${slot.before ?? ""}"`, after: '"' };
  }
}
