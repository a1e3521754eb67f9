/** What a registry says about a reference. */
import type { EntryReach } from "./kustomization.ts";
import type { Digest } from "./reference.ts";

/** Three answers, never two: "there is none" and "could not ask" must not look alike. */
export type Answer<T, Why = Failure> =
  | { readonly is: "known"; readonly value: T }
  | { readonly is: "absent" }
  | { readonly is: "unknown"; readonly why: Why };

/** Why a registry could not be asked, or not be believed. Each code is told apart to the user. */
export interface Failure {
  readonly code:
    | "unauthorized" // 401 after credentials, or none to offer
    | "forbidden" // 403
    | "rate-limited" // 429, retries spent
    | "server-error" // 5xx, retries spent
    | "timeout"
    | "unreachable" // DNS, connection refused or reset, TLS
    | "wrong-bytes" // the body does not hash to the digest, or is cut short
    | "malformed" // not an answer that the distribution spec allows
    | "too-large" // over the size cap
    | "redirect" // loop, too many, or to a place we do not follow
    | "insecure" // plain HTTP where the policy does not allow it
    | "not-asked"; // offline and not in the cache
  /** A sentence for people. Never holds credentials. */
  readonly message: string;
  readonly registry: string;
}

/** A manifest that a registry has. */
export interface Manifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly kind: "index" | "image" | "other";
  /** Digests of the children of an index; only where the index itself was read. */
  readonly children?: readonly Digest[];
  /** ISO time at which the registry said so. */
  readonly learned: string;
  readonly from: "registry" | "cache";
}

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
}
