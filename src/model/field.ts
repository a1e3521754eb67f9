/** Fields of custom resources that name images: the entries of data/image-fields.yaml, and of a policy's `fields`. */
import type { Role } from "./site.ts";

/** What stands in a field. The last five hold references of another format, which is read as such. */
export const FIELD_SHAPES = [
  "ref", "podSpec", "object", "docker-url", "oci-url", "repository", "tag", "version-only", "version-or-ref",
  "embedded-yaml", "helm-values", "helm-values-string", "helm-parameters", "kustomize-images",
] as const;
export type FieldShape = (typeof FIELD_SHAPES)[number];

/** Parts of a reference that have a key of their own. `version` stands in for an absent tag. */
export const PART_ROLES = ["registry", "path", "prefix", "repository", "suffix", "tag", "version", "digest", "digestHex", "ref"] as const;
export type PartRole = (typeof PART_ROLES)[number];

/** How a digest is written; `report`: not at all. */
export const PIN_WAYS = ["append", "set", "tag-suffix", "report"] as const;
export type PinWay = (typeof PIN_WAYS)[number];

export const FIELD_ROLES = ["prefetch", "managed", "tracked", "build-output", "pattern"] as const satisfies readonly Role[];

/** Who says that a field names an image: a checked source, the policy, a type of a package, or nobody by name. */
export type FieldOrigin = "catalogue" | "policy" | "model" | "recall";

export interface ImageField {
  /** API group; "" is the core group. */
  readonly group: string;
  readonly kind: string;
  /** `.key`, `[*]` every item, `{*}` every value, `[k=v]` the items, or the map, where k is v. */
  readonly path: string;
  readonly shape: FieldShape;
  /** The keys of an object, by what they spell. */
  readonly keys?: Readonly<Partial<Record<PartRole, string>>>;
  readonly pin: PinWay;
  readonly role?: Role;
  /** Keys of the same map that make this field say nothing. */
  readonly unless?: readonly string[];
  /** What to do where the field takes no digest. */
  readonly elsewhere?: string;
  /** The repository that a version stands for. */
  readonly implies?: string;
  /** Why a pin may change more than the image. */
  readonly unsafe?: string;
  /** The only API versions that have the field; absent: all. */
  readonly versions?: readonly string[];
  readonly origin: FieldOrigin;
}
