/** Places in files that make a cluster run an image. */
import type { TakenArtifact } from "./artifact.ts";
import type { Kustomization } from "./kustomization.ts";
import type { ImageReference, ReferenceProblem } from "./reference.ts";

/** Half-open range of UTF-16 code units in a file's text, as `slice` takes. Not bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Line and column, 1-based; columns count code points. A byte order mark counts as nothing. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** How the bytes of a file become text, and back. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** A text file that was read. `text` keeps a byte order mark as its first code unit. */
export interface SourceFile {
  /** Relative to the folder that is checked, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly encoding: Encoding;
}

/** A hole in the source and what belongs in it. Filling all slots writes a reference back. */
export interface Slot {
  readonly span: Span;
  readonly spells: "reference" | "digest" | "digest-hex" | "tag@digest" | "tag" | "tag-and-digest" | "tag-and-hex" | "nothing";
  /** Text in front when the field does not exist yet, e.g. `"\n  digest: "`. All there is of a slot that spells nothing. */
  readonly before?: string;
  /** Text between the two fields that one slot spells. */
  readonly between?: string;
  /** Text behind, e.g. a closing quote in JSON. */
  readonly after?: string;
}

/** How sure a surface is that an image stands here: by schema, by structure, by its key or its text alone. */
export type Confidence = "certain" | "likely" | "guess";

/**
 * What a field is for, where it is not simply an image that a cluster runs: `prefetch` is pulled and not started,
 * `managed` is written by a controller and seldom stands in Git. The others are never pinned: what another tool
 * follows (`tracked`), what a build will push (`build-output`), what a policy matches (`pattern`).
 */
export type Role = "prefetch" | "managed" | "tracked" | "build-output" | "pattern";

/** Another tool writes this scalar; we leave it alone unless told to adopt it. */
export interface Owner {
  readonly tool: "flux" | "renovate" | "argocd-image-updater";
  /** The marker or setting that says so, as it stands in the file. */
  readonly marker: string;
}

/** What the text at a site amounts to. */
export type Reading =
  | { readonly is: "reference"; readonly reference: ImageReference }
  /** Filled in by another program before a cluster sees it: `{{ }}`, `${ }`, `$( )`, `<NAME>`. */
  | { readonly is: "templated" }
  /** Something that a build tool replaces, such as `ko://` or `auto`. */
  | { readonly is: "placeholder"; readonly tool: string }
  /** Only a part stands here; `missing` says which part lives elsewhere. */
  | { readonly is: "incomplete"; readonly missing: string }
  | { readonly is: "invalid"; readonly problem: ReferenceProblem };

/** The nearest Kubernetes object around a site; what baselines and reports name it by. */
export interface Resource {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

export type Path = readonly (string | number)[];

/** One place in one file that makes a cluster run an image. */
export interface ImageSite {
  readonly file: string;
  /** 0-based position of the document in its stream. */
  readonly document: number;
  readonly surface: string;
  readonly path: Path;
  readonly resource: Resource;
  /** The value at `span`, as its YAML scalar reads. */
  readonly raw: string;
  readonly reading: Reading;
  /** How the reference is spelled here, where rendering has shown that a cluster reads another: a registry of another value, a default. */
  readonly spelled?: ImageReference;
  /** What a finding underlines. */
  readonly span: Span;
  readonly position: Position;
  /** Exclusive end of `span`. */
  readonly end: Position;
  /** The text of the line at `position`, without its line break. */
  readonly excerpt: string;
  /** None: judged, never rewritten; then `unpinnable` says why. */
  readonly slots: readonly Slot[];
  /** Where each slot stands, for formats that carry fixes. */
  readonly slotPositions: readonly { readonly start: Position; readonly end: Position }[];
  readonly unpinnable?: string;
  /** Where a digest can be set instead, if not here. */
  readonly elsewhere?: string;
  /** Why filling the slots may change more than the image, if it may. */
  readonly unsafe?: string;
  readonly confidence: Confidence;
  /** What says that this is an image: an entry of the catalogue, a structure, a convention. */
  readonly because: string;
  /** Absent: a cluster runs it. */
  readonly role?: Role;
  readonly owner?: Owner;
  /** Suppression comments that cover this site, by index into the file's list. */
  readonly suppressions: readonly number[];
}

/** One place in one file that names what is taken from elsewhere and is no image; otherwise as an image's site is. */
export interface ArtifactSite extends Pick<ImageSite, "file" | "document" | "path" | "resource" | "raw" | "span" | "position" | "end" | "excerpt" | "suppressions"> {
  readonly artifact: TakenArtifact;
}

/** A `# lading: ignore[rule] reason until=YYYY-MM-DD` comment. */
export interface Suppression {
  readonly rules: readonly string[];
  readonly reason: string;
  /** ISO date; the last day on which it holds. */
  readonly until?: string;
  readonly span: Span;
  readonly position: Position;
  readonly excerpt: string;
  /** What is wrong with the comment itself, if anything. */
  readonly problem?: string;
}

/** A document or file that was not read, so that nothing in it was judged. */
export interface Unread {
  readonly file: string;
  readonly position?: Position;
  /** `template`: a Helm template, which only rendering can judge. `repository`: a Git repository inside this one. */
  readonly kind: "template" | "repository" | "link" | "syntax" | "encoding" | "io" | "size";
  readonly why: string;
}

/** All that was found in one file. */
export interface LocatedFile {
  readonly path: string;
  readonly documents: number;
  readonly sites: readonly ImageSite[];
  readonly suppressions: readonly Suppression[];
  readonly unread: readonly Unread[];
  /** Files that this one names as Helm values, relative to the checked folder. */
  readonly valuesFiles: readonly string[];
  /** What it takes from elsewhere that is no image; absent when it takes nothing. */
  readonly artifacts?: readonly ArtifactSite[];
  /** What it names, when kustomize reads it. */
  readonly kustomization?: Kustomization;
}
