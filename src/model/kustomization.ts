/** What a kustomization names, as it is written: enough to follow it from file to file. */

/** An item of `images:` that changes something. Empty fields are absent, as kustomize has it. */
export interface ImageEntry {
  /** Its place in the list. */
  readonly index: number;
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly digest?: string;
  readonly tagSuffix?: string;
}

/** Fields that a replacement writes. Selectors that are absent match everything. */
export interface ReplacementTarget {
  readonly kind?: string;
  readonly name?: string;
  readonly fields: readonly string[];
  /** What the value is cut at, when only a part of it is replaced. */
  readonly delimiter?: string;
}

export interface Replacement {
  /** The field that the value comes from. */
  readonly from?: string;
  readonly targets: readonly ReplacementTarget[];
}

/** A kind's field that holds an image, for kustomize: `configurations:` and transformers name them. */
export interface FieldSpec {
  readonly group?: string;
  readonly kind?: string;
  /** With `/` between keys, and `[]` behind a list. */
  readonly path: string;
}

export interface Kustomization {
  /** A `kind: Component`, whose entries act on what its users have. */
  readonly component: boolean;
  /** Manifests and folders, `bases` among them. */
  readonly resources: readonly string[];
  readonly components: readonly string[];
  readonly entries: readonly ImageEntry[];
  /** Files of patches of any form. */
  readonly patchFiles: readonly string[];
  /** Every word of the inline patches that speak of an image. */
  readonly patchWords: readonly string[];
  readonly replacements: readonly Replacement[];
  readonly replacementFiles: readonly string[];
  readonly configurations: readonly string[];
  readonly transformers: readonly string[];
  /** Keys under which resources come from somewhere else than a manifest. */
  readonly generated: readonly string[];
}

/** What an entry does, as far as files tell. */
export interface EntryReach {
  /** How many images it changes. */
  readonly matched: number;
  /** Why its name is no pattern, if so. */
  readonly badPattern?: string;
  /** An image of that name in a field where kustomize does not look. */
  readonly beyond?: string;
  /** An image that another spelling of the name would match. */
  readonly near?: string;
  /** A pinned image that loses its digest. */
  readonly unpins?: string;
  /** An image that keeps no tag next to the digest. */
  readonly untags?: string;
  /** Where a replacement writes over what the entry pins. */
  readonly overwritten?: string;
  /** A `tagSuffix` that does nothing, since the entry has a tag or a digest of its own. */
  readonly idleSuffix?: string;
}
