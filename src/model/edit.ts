import type { ImageReference } from "./reference.ts";
import type { Span } from "./site.ts";

/** Replace the text of a span. An empty span inserts. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** A wish, not a text change: which parts of the reference should read otherwise. */
export interface Fix {
  readonly set: Partial<ImageReference>;
  readonly safe: boolean;
}
