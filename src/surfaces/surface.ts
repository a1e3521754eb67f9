/** What a surface is: one manifest format, and where image references stand in it. */
import type { Confidence, Owner, Path, Reading, Role, Slot } from "../model/site.ts";
import type { Kustomization } from "../model/kustomization.ts";
import type { Node } from "../syntax/tree.ts";
import type { OwnFields } from "./known-fields.ts";

/** What a file's place in the tree says about it (roles.ts). */
export interface FileRole {
  /** Helm reads it as values. */
  readonly values: boolean;
  /** A Helm template: not YAML until it is rendered. */
  readonly template: boolean;
  /** Its name alone says that kustomize reads it. */
  readonly kustomization: boolean;
  /** A TypeScript file, which may describe manifests (typescript/). */
  readonly typescript?: boolean;
  /** Its name alone says that Argo CD reads it as overrides of an Application's parameters. */
  readonly argocdSource?: boolean;
  /** A Chart.yaml, which names the charts that it depends on, or its Chart.lock, which is looked at when a dependency is judged. */
  readonly chart?: "definition" | "lock";
  /** A pipeline of a build server by its name or folder. */
  readonly ci?: true;
}

export interface SurfaceDocument {
  readonly file: string;
  readonly text: string;
  readonly root: Node;
  readonly role: FileRole;
  /** The policy's own fields of custom resources. */
  readonly fields: OwnFields;
}

/** A Kubernetes object in its document. */
export interface ManifestPlace {
  readonly document: SurfaceDocument;
  readonly manifest: Node;
  readonly path: Path;
  /** Nodes above the object. */
  readonly ancestors: readonly Node[];
}

/** A place as a surface sees it, before it has lines and columns. */
export interface Draft {
  /** Who found it, where that is not the surface that claims the document. */
  readonly surface?: string;
  /** The main scalar: what a finding underlines. */
  readonly node: Node;
  readonly path: Path;
  /** The Kubernetes object around it. */
  readonly resource: Node | undefined;
  readonly raw: string;
  readonly reading: Reading;
  readonly slots: readonly Slot[];
  /** Why there are no slots. */
  readonly unpinnable?: string;
  /** Where a digest can be set instead, if not here. */
  readonly elsewhere?: string;
  /** Why filling the slots may change more than the image. */
  readonly unsafe?: string;
  readonly confidence: Confidence;
  /** What says that this is an image, as `lading explain FILE:LINE` prints it. */
  readonly because: string;
  readonly role?: Role;
  /** Another tool that the object around names as the writer of this field. */
  readonly owner?: Owner;
  /** Every scalar that spells a part of the reference: another tool may own any of them. */
  readonly parts: readonly Node[];
  /** Nodes from the root to the main scalar, for comments that cover a whole node. */
  readonly ancestors: readonly Node[];
}

export interface Surface {
  readonly id: string;
  readonly summary: string;
  /** Whether the document is of this format. The first surface in the list that says so gets it. */
  claims(document: SurfaceDocument): boolean;
  locate(document: SurfaceDocument): Iterable<Draft>;
  /** Files that the document names as Helm values, relative to the checked folder. */
  valuesFiles?(document: SurfaceDocument): Iterable<string>;
  /** What the document names, for following it from file to file. */
  kustomization?(document: SurfaceDocument): Kustomization;
}
