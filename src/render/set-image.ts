/** `kustomize edit set image`, in process: what Argo CD does with `kustomize.images`, and Flux with `spec.images`. */
import { type MapValue, listValue, mapsUnder, mapValue, textUnder, textValue, type Value, withEntry } from "./yaml-value.ts";
import { quoted, Refusal } from "./refusal.ts";
import type { SaidAt } from "../model/render.ts";

interface Entry {
  readonly name: string;
  readonly newName: string;
  readonly newTag: string;
  readonly digest: string;
}

/** Keeps what the kustomization says. */
const KEEP = "*";

/**
 * Argo CD edits the file: one entry a name, sorted by name, an old entry replaced as a whole except for `*`. Flux
 * replaces the entry of the same name in its place, or appends.
 */
export function setImages(map: MapValue, images: readonly string[], how: "edit" | "replace", said: SaidAt): MapValue {
  const standing = [...mapsUnder(map, "images"), ...mapsUnder(map, "imageTags")];
  const wanted = new Map(images.map((image) => parse(image, said)).map((entry) => [entry.name, entry]));
  const nameOf = (entry: MapValue): string => textUnder(entry, "name") ?? "";
  const items = new Map<string, Value>();
  const kept: Value[] = [];
  for (const entry of standing) {
    const name = nameOf(entry);
    const change = wanted.get(name);
    const item = change ? itemOf(fill(change, entry), said) : entry;
    if (how === "edit" || change) items.set(name, item);
    if (how === "replace") kept.push(item);
  }
  const added = [...wanted.values()].filter(({ name }) => !items.has(name)).map((entry): [string, Value] => [entry.name, itemOf(fill(entry, undefined), said)]);
  const list = how === "replace" ? [...kept, ...added.map(([, item]) => item)] : [...items, ...added].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
  const without = new Map([...map.entries].filter(([key]) => key !== "imageTags"));
  return withEntry({ ...map, entries: without }, "images", listValue(list, said));
}

/** `[name=]newname[:tag][@digest]`; without `name=` the new name is the name (`kustomize/commands/edit/set/setimage.go`). */
function parse(image: string, said: SaidAt): Entry {
  const equals = image.indexOf("=");
  const value = equals < 0 ? image : image.slice(equals + 1);
  const { name, tag, digest } = split(value);
  if (name === image || name === "") throw new Refusal("failed", `${quoted(image)} is no image as kustomize takes it: [name=]newname[:tag][@digest]`, said);
  return equals < 0 ? { name, newName: "", newTag: tag, digest } : { name: image.slice(0, equals), newName: name, newTag: tag, digest };
}

/** As kustomize 5.4 and later split: a colon before the first `/` belongs to the host (`api/internal/image`). */
function split(image: string): { readonly name: string; readonly tag: string; readonly digest: string } {
  const slash = Math.max(image.indexOf("/"), 0);
  const at = image.indexOf("@", slash);
  const colon = image.indexOf(":", slash);
  const digest = at < 0 ? "" : image.slice(at + 1);
  if (colon < 0 || (at >= 0 && at < colon)) return { name: at < 0 ? image : image.slice(0, at), tag: "", digest };
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, at < 0 ? undefined : at), digest };
}

/** `*` takes what the old entry has. */
function fill(entry: Entry, old: MapValue | undefined): Entry {
  const kept = (key: "newName" | "newTag" | "digest"): string => (entry[key] === KEEP ? (old && textUnder(old, key)) ?? "" : entry[key]);
  return { name: entry.name, newName: kept("newName"), newTag: kept("newTag"), digest: kept("digest") };
}

const itemOf = (entry: Entry, said: SaidAt): Value => mapValue(Object.entries(entry).filter(([, text]) => text !== "").map(([key, text]) => [key, textValue(text, said)]), said);
