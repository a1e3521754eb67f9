/**
 * What stands in a kustomization's output on its way through it: the images, what may be there besides, and
 * what each entry did to them. Whatever cannot be told is kept as a reason, so that nothing is claimed to be absent.
 */
import type { EntryReach, FieldSpec, ImageEntry, Replacement, ReplacementTarget } from "../model/kustomization.ts";
import { locate } from "../model/reference.ts";
import type { ImageSite, Path } from "../model/site.ts";
import { applyEntry, isReached, matcherOf, splitImage } from "./image-entry.ts";

/** One image on its way. */
export interface Image {
  /** Undefined: a word of an inline patch, which may be one. */
  readonly site: ImageSite | undefined;
  /** As it reads now; undefined once a replacement has written it. */
  readonly text: string | undefined;
  /** Nothing that was seen can have changed or removed it otherwise. */
  readonly sure: boolean;
  /** The entry that pinned it last. */
  readonly pinnedBy?: Trace;
}

/** Images and doubts of a kustomization's output. */
export interface Layer {
  readonly images: readonly Image[];
  /** Why there may be more images. */
  readonly doubt: string | undefined;
  /** Manifests in which nothing was found: a link or an unread file looks the same, and is told apart when it matters. */
  readonly silent: readonly string[];
  /** Files of patches in which no image was found. */
  readonly silentPatches: readonly string[];
}

export const NO_LAYER: Layer = { images: [], doubt: undefined, silent: [], silentPatches: [] };

/** What one entry did in one layer. */
export interface Trace {
  readonly entry: ImageEntry;
  readonly reach: EntryReach;
  readonly doubt: string | undefined;
  readonly silent: readonly string[];
  readonly silentPatches: readonly string[];
  /** The images that it changes. */
  readonly touched: readonly Image[];
  /** Set when a replacement turns out to write over the entry. */
  overwritten?: string;
}

/** Applies an entry, and says what it did. */
export function enter(layer: Layer, entry: ImageEntry, specs: readonly FieldSpec[]): { layer: Layer; trace: Trace } {
  const matcher = matcherOf(entry.name);
  const trace = (reach: EntryReach, doubt = layer.doubt, touched: readonly Image[] = []): Trace => ({ entry, reach, doubt, silent: layer.silent, silentPatches: layer.silentPatches, touched });
  if (matcher.is === "invalid") return { layer, trace: trace({ matched: 0, badPattern: matcher.why }) };
  if (matcher.is === "foreign") return { layer: { ...layer, doubt: layer.doubt ?? matcher.why }, trace: trace({ matched: 0 }, matcher.why) };
  const { matches } = matcher;
  const named = layer.images.filter(({ text }) => text !== undefined && matches(text));
  const matched = new Set(named.filter(({ site }) => site === undefined || isReached(site, specs)));
  if (matched.size === 0) {
    const doubt = layer.doubt ?? (layer.images.some(({ text }) => text === undefined) ? "a replacement writes an image here" : undefined);
    return { layer, trace: trace({ matched: 0, ...missed(layer, entry, named) }, doubt) };
  }
  const done = trace({ matched: matched.size, ...losses(entry, [...matched]) }, layer.doubt, [...matched]);
  const pins = entry.digest !== undefined || entry.newTag?.includes("@") === true;
  const images = layer.images.map((image): Image => {
    if (!matched.has(image)) return image;
    const { pinnedBy, ...rest } = image;
    const text = applyEntry(entry, image.text!);
    return { ...rest, text, ...(pins ? { pinnedBy: done } : pinnedBy && text.includes("@") ? { pinnedBy } : {}) };
  });
  return { layer: { ...layer, images }, trace: done };
}

/** Why an entry matched nothing: its image stands where kustomize does not look, or is spelled otherwise. */
function missed({ images }: Layer, entry: ImageEntry, named: readonly Image[]): Partial<EntryReach> {
  const beyond = named.find(({ site }) => site !== undefined);
  if (beyond) return { beyond: placeOf(beyond.site!) };
  const wanted = normal(entry.name);
  const near = images.find(({ text, site }) => site !== undefined && text !== undefined && [text, site.raw].some((one) => normal(one) === wanted));
  return near ? { near: near.text! } : {};
}

const placeOf = ({ file, position, path }: ImageSite): string => `${path.filter((step) => typeof step === "string").join(".")} (${file}:${position.line})`;

function normal(image: string): string {
  const { registry, repository } = locate(splitImage(image).name);
  return `${registry}/${repository}`;
}

/** What images lose to an entry: a digest, or the tag beside one. */
function losses(entry: ImageEntry, matched: readonly Image[]): Partial<EntryReach> {
  const sure = matched.filter((image) => image.sure);
  const lost = (part: "digest" | "tag"): string | undefined => sure.find(({ text }) => splitImage(text!)[part] !== "" && splitImage(applyEntry(entry, text!))[part] === "")?.text;
  const [unpins, untags] = [entry.newTag?.includes("@") ? undefined : lost("digest"), entry.digest === undefined ? undefined : lost("tag")];
  return { ...(unpins === undefined ? {} : { unpins }), ...(untags === undefined ? {} : { untags }) };
}

/** Applies a patch: its images are there as well, and those of the kinds that it can mean are no longer sure. */
export function patch(layer: Layer, added: readonly Image[]): Layer {
  const kinds = new Set(added.map(({ site }) => site?.resource.kind));
  const touches = (image: Image): boolean => added.length > 0 && (kinds.has(undefined) || kinds.has(image.site?.resource.kind));
  return { ...layer, images: [...layer.images.map((image) => (touches(image) ? { ...image, sure: false } : image)), ...added] };
}

/** Applies a replacement: the images that it writes can be anything afterwards. */
export function replace(layer: Layer, replacement: Replacement, where: string): Layer {
  // A digest that is cut out and put in, and an image that is copied from another, keep what they have.
  const keeps = ({ delimiter }: ReplacementTarget): boolean => delimiter === "@" || /(?:^|\.)image$/.test(replacement.from ?? "");
  const images = layer.images.map((image): Image => {
    const { site, pinnedBy } = image;
    if (!site) return image;
    const hits = replacement.targets.map((target) => ({ target, aim: aimAt(layer, site, target) })).filter(({ aim }) => aim !== "elsewhere");
    if (hits.length === 0) return image;
    if (pinnedBy && image.sure && hits.some(({ target, aim }) => aim === "here" && !keeps(target))) pinnedBy.overwritten ??= where;
    return { site, text: undefined, sure: false };
  });
  return { ...layer, images };
}

/** Whether a target means a site. Names can have got a prefix, and filters look at names of containers: then perhaps. */
function aimAt({ images }: Layer, site: ImageSite, { kind, name, fields }: ReplacementTarget): "here" | "perhaps" | "elsewhere" {
  if (kind !== undefined && kind !== site.resource.kind) return "elsewhere";
  const fitting = fields.map(stepsOf).filter((steps) => fits(steps, site.path));
  if (fitting.length === 0) return "elsewhere";
  const alone = (list: Path): boolean => images.filter((image) => image.site && sameList(image.site, site, list)).length === 1;
  const sure = fitting.some((steps) => steps.every((step, i) => !step.startsWith("[") || alone(site.path.slice(0, i))));
  return sure && (name === undefined || name === site.resource.name) ? "here" : "perhaps";
}

/** `spec.containers.[name=web].image`: a dot inside brackets is no step. */
const stepsOf = (field: string): string[] => field.match(/\[[^\]]*\]|(?:\\.|[^.[\]])+/g) ?? [];

const fits = (steps: readonly string[], path: Path): boolean =>
  steps.length === path.length && steps.every((step, i) => {
    const at = path[i]!;
    return typeof at === "string" ? step === at : step === "*" || step === String(at) || step.startsWith("[");
  });

const sameList = (a: ImageSite, b: ImageSite, list: Path): boolean =>
  a.file === b.file && a.document === b.document && list.every((step, i) => a.path[i] === step);
