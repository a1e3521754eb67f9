/** A place that names an artifact, before it has lines and columns. */
import type { TakenArtifact } from "../model/artifact.ts";
import type { Path } from "../model/site.ts";
import { isNull, type Node, own, SCALAR, scalarText } from "../syntax/tree.ts";
import type { SurfaceDocument } from "./surface.ts";

export interface ArtifactDraft {
  /** What a finding underlines. */
  readonly node: Node;
  readonly path: Path;
  readonly resource: Node | undefined;
  readonly raw: string;
  readonly artifact: TakenArtifact;
  /** Nodes from the root to `node`, for comments that cover a whole node. */
  readonly ancestors: readonly Node[];
}

/** An object in its document, as far as artifacts are looked for in it. */
export interface ArtifactPlace {
  readonly document: SurfaceDocument;
  readonly node: Node;
  readonly path: Path;
  readonly ancestors: readonly Node[];
  readonly resource: Node | undefined;
}

/** What a field says; undefined when it says nothing. */
export function textIn(text: string, node: Node | undefined): string | undefined {
  if (node?.kind !== SCALAR || isNull(text, node)) return undefined;
  return own(scalarText(text, node)) || undefined;
}
