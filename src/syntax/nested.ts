/** A stream of documents, and the documents that stand in their strings. */
import type { InnerText } from "./inner.ts";
import type { Stream } from "./read.ts";
import type { Node } from "./tree.ts";

/** A stream with what stands in its scalars. `Field`: what its reader knows about such a scalar. */
export interface Nested<Field> extends Stream {
  readonly inside: ReadonlyMap<Node, Inside<Field>>;
}

/** The text of a scalar and the documents in it. */
export interface Inside<Field> {
  readonly field: Field;
  /** The document that the scalar belongs to, by its place in the stream. */
  readonly document: number;
  readonly inner: InnerText;
  readonly stream: Nested<Field>;
}
