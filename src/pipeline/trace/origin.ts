/** Where something that was rendered comes from. */
import type { Position, Span } from "../../model/site.ts";

/** A stretch of a file's text. */
export interface Place {
  readonly file: string;
  readonly span: Span;
  readonly position: Position;
  /** Exclusive. */
  readonly end: Position;
  /** The line at `position`, without its line break. */
  readonly excerpt: string;
}

/** What of a reference a place supplies. */
export type Part = "name" | "tag" | "digest";

/** One place that had a say in an image. */
export interface Step {
  readonly place: Place;
  /** What the place is to the program that read it, e.g. `manifest`, `images entry`, `values of the chart`. */
  readonly layer: string;
  /** The parts that it supplied at that time; a later step may have replaced them. */
  readonly sets: readonly Part[];
  /** The image as it read after this step; for Helm, what stands at the place. */
  readonly reads: string;
}

export interface Traced {
  readonly is: "traced";
  /** The place that supplied the digest, else the tag, else the name: where a pin belongs. */
  readonly source: Step;
  /** Every place that had a say, in the order in which they had it. The source is one of them. */
  readonly chain: readonly Step[];
  /**
   * How it is known: the program's own record was followed step by step and gives what was rendered; a mark set at
   * the place came out in the image; or the place is the only one with that text that the image can come from.
   */
  readonly by: "record" | "mark" | "text";
}

export interface Untraced {
  readonly is: "untraced";
  readonly why: string;
}

export type Origin = Traced | Untraced;
