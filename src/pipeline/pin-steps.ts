/** A pin on its way from a wish to the disk, and what proving it by rendering needs and tells. */
import type { Edit } from "../model/edit.ts";
import type { ImageReference } from "../model/reference.ts";
import type { Render, RenderFailure, Root } from "../model/render.ts";
import type { LocatedFile, SourceFile } from "../model/site.ts";
import type { ProbeCache } from "./probe/cache.ts";
import type { FoundRoots } from "./roots/found.ts";
import type { CheckedFiles } from "./roots/tree.ts";

/** A file's change, proved and not yet written. */
export interface Rewrite {
  readonly source: SourceFile;
  readonly after: string;
  readonly edits: readonly Edit[];
}

export type Prepared = (Rewrite & { located: LocatedFile }) | { file: string; why: string };

/** A file's change on its way to the disk. */
export interface Step {
  readonly file: LocatedFile;
  /** By the site's place in the list. */
  readonly wanted: ReadonlyMap<number, ImageReference>;
  readonly prepared: Prepared | undefined;
}

/** What proofs by rendering need. */
export interface Proving {
  readonly render: Render;
  readonly found: FoundRoots;
  /** Finds the roots again, in texts that were changed. */
  readonly find: (checked: CheckedFiles) => Promise<FoundRoots>;
  readonly cache?: ProbeCache;
}

/** What was rendered for proofs. */
export interface Rendering {
  readonly renders: number;
  /** Places in Helm values whose pin was proved. */
  readonly proved: number;
  /** What does not render as it is, so that nothing is proved about it. */
  readonly failures: readonly { readonly root: Root; readonly why: RenderFailure }[];
}
