/** What kustomize does with one image and one entry (kustomize api/image and api/filters/imagetag). */
import type { FieldSpec, ImageEntry } from "../model/kustomization.ts";
import type { ImageSite, Path } from "../model/site.ts";
import { groupOf } from "../surfaces/policies.ts";

/** Which images a name stands for; `why` when it is no pattern, or one that only Go reads as it does. */
export type Matcher =
  | { readonly is: "pattern"; readonly matches: (image: string) => boolean }
  | { readonly is: "invalid"; readonly why: string }
  | { readonly is: "foreign"; readonly why: string };

const compiled = new Map<string, Matcher>();

/** kustomize puts the name into its expression as it is: a dot in it is any character. */
export function matcherOf(name: string): Matcher {
  let known = compiled.get(name);
  if (!known) compiled.set(name, (known = compile(name)));
  return known;
}

function compile(name: string): Matcher {
  if (/\(\?|\[\[|\\/.test(name)) return { is: "foreign", why: `the name ${name} is a Go expression` };
  try {
    const pattern = new RegExp(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
    return { is: "pattern", matches: (image) => pattern.test(image) };
  } catch (error) {
    return { is: "invalid", why: (error as Error).message.replace(/^.*: /, "").toLowerCase() };
  }
}

interface Parts {
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
}

/** Cuts as kustomize does: by the first colon and at sign behind the first slash. */
export function splitImage(image: string): Parts {
  const slash = Math.max(0, image.indexOf("/"));
  const at = image.indexOf("@", slash);
  const colon = image.indexOf(":", slash);
  if (at < 0 && colon < 0) return { name: image, tag: "", digest: "" };
  if (at >= 0 && (at < colon || colon < 0)) return { name: image.slice(0, at), tag: "", digest: image.slice(at + 1) };
  if (at < 0) return { name: image.slice(0, colon), tag: image.slice(colon + 1), digest: "" };
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, at), digest: image.slice(at + 1) };
}

/** The image that an entry makes of one that it matches: a tag or a digest of its own replaces both. */
export function applyEntry(entry: Omit<ImageEntry, "index">, image: string): string {
  const before = splitImage(image);
  const name = entry.newName ?? before.name;
  const [tag, digest] =
    entry.newTag !== undefined || entry.digest !== undefined ? [entry.newTag ?? "", entry.digest ?? ""]
    : entry.tagSuffix !== undefined ? [before.tag + entry.tagSuffix, ""]
    : [before.tag, before.digest];
  return `${name}${tag === "" ? "" : `:${tag}`}${digest === "" ? "" : `@${digest}`}`;
}

/** Whether entries look at a site: items of any list of containers, image volumes of pod specs, and fields that a configuration names. */
export function isReached({ surface, path, resource }: ImageSite, specs: readonly FieldSpec[]): boolean {
  // What stands in a string is a part of another field.
  if (surface !== "kubernetes" || path.includes("|")) return false;
  const [list, item, key] = path.slice(-3);
  if ((list === "containers" || list === "initContainers") && typeof item === "number" && key === "image") return true;
  const inside = resource.kind?.endsWith("List") && path[0] === "items" ? path.slice(2) : path;
  const group = groupOf(resource.apiVersion ?? "");
  return [...IMAGE_VOLUMES, ...specs].some((spec) =>
    (spec.kind === undefined || spec.kind === resource.kind) && (spec.group === undefined || spec.group === group) && isAt(inside, spec.path));
}

/** Since kustomize 5.7. */
const IMAGE_VOLUMES: readonly FieldSpec[] = [{ path: "spec/volumes[]/image/reference" }, { path: "spec/template/spec/volumes[]/image/reference" }];

const isAt = (path: Path, spec: string): boolean => path.map((step) => (typeof step === "number" ? "[]" : `/${step}`)).join("") === `/${spec.replace(/^\//, "")}`;
