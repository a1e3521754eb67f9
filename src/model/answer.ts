/** What asking a registry comes to. */
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
