/** Which keys of a map hold an image, told from their names alone: a type says no more than that they hold text. */
import type { FieldShape, ImageField, PartRole, PinWay } from "../../model/field.ts";
import { namesImage } from "../guess-gate.ts";

/** A field below the type that has it; its path begins with the first step's mark: `.image`, `[*].image`, or nothing. */
export interface ModelField {
  readonly path: string;
  readonly shape: FieldShape;
  readonly keys?: ImageField["keys"];
  readonly pin?: PinWay;
  readonly elsewhere?: string;
}

/** A map with one of these is a chart's or a source's place, not an image's. */
const ELSEWHERE = ["chart", "branch", "commit", "revision"];

/** Where an image's address is text, it may have a scheme, and mean a picture. */
const IS_ADDRESS = /ur[il]$/i;

/**
 * The images among the keys of a map.
 * @param texts its keys that hold text
 * @param keys all of its keys
 * @param under the key that the map stands under
 */
export function imagesAmong(texts: ReadonlySet<string>, keys: ReadonlySet<string>, under: string | undefined): ModelField[] {
  const named = [...texts].filter(namesImage);
  const parts = partsOf(texts, keys, named, under);
  const whole = named.filter((key) => key !== parts?.repository).map((key) => wholeAt(key, parts?.tag !== undefined));
  return [
    ...(parts ? [{ path: "", shape: "object" as const, keys: parts }] : []),
    ...whole,
    // An image volume, and types in its manner.
    ...(isImage(under) && texts.has("reference") ? [{ path: ".reference", shape: "ref" as const }] : []),
  ];
}

const isImage = (key: string | undefined): boolean => key !== undefined && namesImage(key);

function wholeAt(key: string, besideTag: boolean): ModelField {
  // What is joined to a tag, a digest would break.
  if (besideTag) return { path: `.${key}`, shape: "ref", pin: "report", elsewhere: `the type has a tag beside ${key}; say under fields: in the policy how the two go together` };
  return IS_ADDRESS.test(key) ? { path: "", shape: "object", keys: { ref: key }, pin: "append" } : { path: `.${key}`, shape: "ref" };
}

/** An image in parts: a repository, and what says which of its images. */
function partsOf(texts: ReadonlySet<string>, keys: ReadonlySet<string>, named: readonly string[], under: string | undefined): Partial<Record<PartRole, string>> | undefined {
  // Without a repository it may be an image with its tag beside it: a digest behind the name alone would break that.
  const repository = ["repository", "image", ...named].find((key) => texts.has(key));
  if (repository === undefined || ELSEWHERE.some((key) => keys.has(key))) return undefined;
  // A version beside an image is as often the product's own, and a chart has a repository and a version too.
  const byVersion = repository === "repository" && isImage(under) && !texts.has("tag");
  const found = { registry: "registry", repository, tag: "tag", ...(byVersion ? { version: "version" } : {}), digest: "digest" };
  const parts = Object.fromEntries(Object.entries(found).filter(([, key]) => texts.has(key))) as Partial<Record<PartRole, string>>;
  return parts.tag ?? parts.version ?? parts.digest ? parts : undefined;
}
