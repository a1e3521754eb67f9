/** What a registry says about a reference. */
import type { Answer, Manifest } from "./answer.ts";
import type { SignatureVerdict } from "./evidence.ts";
import type { EntryReach } from "./kustomization.ts";
import type { Digest } from "./reference.ts";

export type { Answer, Failure, Manifest } from "./answer.ts";

/** One question to a registry. Questions are equal when their keys are. */
export interface Question {
  readonly registry: string;
  readonly repository: string;
  /** A tag or a digest. */
  readonly selector: string;
  /** Read the manifest's body (GET), for an index's children; else HEAD is enough. */
  readonly body: boolean;
}

export function questionKey(question: Question): string {
  const separator = question.selector.includes(":") ? "@" : ":";
  return `${question.body ? "GET" : "HEAD"} ${question.registry}/${question.repository}${separator}${question.selector}`;
}

/**
 * Asks all questions, each unique one once; the answers are by {@link questionKey}. Never throws for a registry's
 * fault. A gatherer may tell each answer as it arrives.
 */
export type Gather = (questions: readonly Question[], heard?: (key: string, answer: Answer<Manifest>) => void) => Promise<ReadonlyMap<string, Answer<Manifest>>>;

/** What rules may read about one site. A rule declares which of these it needs. */
export interface Facts {
  /** What the tag names now. */
  readonly tagged: Answer<Manifest>;
  /** The manifest that the pinned digest names. */
  readonly pinned: Answer<Manifest>;
  /** The index that the tag names, with its children. */
  readonly index: Answer<Manifest>;
  /** What an entry of `images:` does; absent for every other site. Read from files, so it is there offline as well. */
  readonly reach: Answer<EntryReach, string>;
  /** What the signatures of the image amount to; absent where the policy asks for none. */
  readonly signed: Answer<SignatureVerdict>;
  /** How the pinned image compares with the one that was pinned here in an earlier commit; absent where that is the same. */
  readonly before: Answer<Comparison, string>;
}

/** Which of two images of one repository is older, by what is said in the images themselves. */
export interface Comparison {
  /** The digest that was pinned here. */
  readonly was: Digest;
  readonly is: "older" | "newer" | "same-age";
  /** What tells it, e.g. `version 1.4.0, was 1.5.0`. */
  readonly by: string;
}
