/** The images that a root's values set, and the ways in which each could be pinned. */
import type { ImageReference } from "../../model/reference.ts";
import type { ImageSite, LocatedFile, Slot } from "../../model/site.ts";
import { stateOf } from "../../model/state.ts";
import { type FormsAt, formsIn, type PinForm, placeOf } from "../../surfaces/pin-forms.ts";
import { NO_OWN_FIELDS } from "../../surfaces/known-fields.ts";
import type { FileRole } from "../../surfaces/surface.ts";
import type { LayerText } from "./layers.ts";

export interface Candidate {
  readonly site: ImageSite;
  readonly layer: LayerText;
  /** Keys and places of the image in the layer. */
  readonly path: readonly (string | number)[];
  /** The slots of each form, in the layer's text. */
  readonly forms: ReadonlyMap<PinForm, readonly Slot[]>;
  /** The repository as it is written here, if it is. */
  readonly repository?: string;
  /** The tag as it is written here, if it is. */
  readonly tag?: string;
}

const VALUES: FileRole = { values: true, template: false, kustomization: false };

/**
 * The candidates in a root's layers: images without a digest, whole or in part. What is pinned, filled in by a
 * template, or named and not run is none.
 */
export async function candidatesIn(layers: readonly LayerText[], located: ReadonlyMap<string, LocatedFile>, wanted: (site: ImageSite) => boolean): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (const layer of layers) {
    const sites = (located.get(layer.file)?.sites ?? []).filter((site) => isOpen(site) && wanted(site) && isIn(site, layer));
    if (sites.length === 0) continue;
    if (layer.is === "parameter") {
      for (const site of sites) found.push(...parameterCandidate(site, layer));
      continue;
    }
    const forms = [...(await formsIn({ path: layer.file, text: layer.text, encoding: "utf-8" }, VALUES, NO_OWN_FIELDS)).values()];
    const byPlace = layer.is === "file" ? new Map(forms.map((at) => [placeOf(at.document, at.path), at])) : undefined;
    for (const site of sites) {
      const at = byPlace ? byPlace.get(placeOf(site.document, site.path)) : innermost(forms, site);
      if (at && at.forms.size > 0) found.push({ site, layer, path: at.path, forms: at.forms, ...written(site, at.hasTag) });
    }
  }
  return found;
}

const isOpen = (site: ImageSite): boolean => site.confidence !== "guess" && (stateOf(site) === "floating" || stateOf(site) === "incomplete");

const isIn = (site: ImageSite, { is, span }: LayerText): boolean =>
  is === "file" ? site.surface === "helm-values" : span !== undefined && site.span.start >= span.start && site.span.end <= span.end;

/** The image of an inline layer that a site of the file around is: its path ends with the layer's. */
function innermost(forms: readonly FormsAt[], site: ImageSite): FormsAt | undefined {
  const ends = (path: FormsAt["path"]): boolean => path.length <= site.path.length && path.every((step, i) => site.path[site.path.length - path.length + i] === step);
  return forms.filter(({ path }) => ends(path)).sort((a, b) => b.path.length - a.path.length)[0];
}

/** What of an image stands at its site itself. */
function written({ reading, raw }: ImageSite, hasTag: boolean): Pick<Candidate, "repository" | "tag"> {
  if (reading.is !== "reference") return hasTag ? { tag: raw } : { repository: raw };
  const { name, tag } = reading.reference;
  return { repository: name, ...(tag === undefined ? {} : { tag }) };
}

/** A parameter's value is all there is to write. */
function parameterCandidate(site: ImageSite, layer: LayerText): Candidate[] {
  const form = ({ "tag@digest": "tag", reference: "reference" } as const)[site.slots[0]?.spells as "reference"];
  if (site.slots.length !== 1 || form === undefined) return [];
  const slots: Slot[] = [{ span: { start: 0, end: layer.text.length }, spells: site.slots[0]!.spells }];
  return [{ site, layer, path: site.path, forms: new Map([[form, slots]]), ...written(site, true) }];
}

/** What the slots of a candidate are filled with. */
export function wantedOf({ repository, tag }: Pick<Candidate, "repository" | "tag">, digest: ImageReference["digest"], defaultTag: string | undefined): ImageReference {
  const shown = tag ?? defaultTag;
  return { name: repository ?? "", ...(shown === undefined ? {} : { tag: shown }), ...(digest === undefined ? {} : { digest }) };
}
