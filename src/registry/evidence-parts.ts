/** What a registry holds about a digest goes by these names, types and sizes. */
import type { Artifact, Gap } from "../model/evidence.ts";
import type { Failure } from "../model/facts.ts";
import type { Digest } from "../model/reference.ts";
import type { RegistryFault } from "./fault.ts";

export type Way = Artifact["found"][number];

/** A manifest as it came, hashed against its digest. */
export interface ManifestBytes {
  readonly bytes: Buffer;
  /** The header that came with it. */
  readonly type: string | undefined;
}

/** Something attached to a digest, as it was found. */
export interface Attached {
  readonly digest: Digest;
  readonly found: Set<Way>;
  /** `registry/repository` of each that lists it. */
  readonly places: string[];
  /** What the lists that name it say; one of them has to be right. */
  readonly sizes: Set<number>;
  /** The manifest itself, where the way to it was to read it. */
  manifest?: ManifestBytes;
}

/** How much is read about one digest. A cap that is reached is a gap, never silence. */
export interface Caps {
  readonly referrers: number;
  readonly pages: number;
  readonly layers: number;
  /** Manifests and layers together. */
  readonly bytes: number;
}

/** cosign reads 1000 layers and 128 MiB, Kyverno 50 referrers and 10 MB; real evidence is far below either. */
export const DEFAULT_CAPS: Caps = { referrers: 200, pages: 50, layers: 1000, bytes: 32 * 1024 * 1024 };

/** The tags that speak of a digest. */
export interface EvidenceTags {
  /** All of them begin with this. */
  readonly base: string;
  readonly tags: readonly { readonly way: Exclude<Way, "referrers" | "archive">; readonly tag: string }[];
}

/**
 * The fallback tag is cut to 64 hex digits (distribution-spec, "Referrers Tag Schema"). cosign's tags are not, and
 * with more digits they are no tags at all, so there are none of a longer digest.
 */
export function tagsAbout(digest: Digest): EvidenceTags {
  const [algorithm = "", hex = ""] = digest.split(":");
  const base = `${algorithm}-${hex.slice(0, 64)}`;
  const fallback = { way: "fallback-tag", tag: base } as const;
  if (hex.length > 64) return { base, tags: [fallback] };
  return { base, tags: [fallback, { way: "sig-tag", tag: `${base}.sig` }, { way: "att-tag", tag: `${base}.att` }, { way: "sbom-tag", tag: `${base}.sbom` }] };
}

const EVIDENCE_LAYER = /^application\/(?:vnd\.dev\.(?:cosign|sigstore)\.|vnd\.dsse\.|vnd\.in-toto|vnd\.cncf\.notary\.|jose(?:\+json)?$|cose$)/;

/** Whether a layer of this type can hold a signature or an attestation. A pusher who writes another type only hides his own. */
export const mayHoldEvidence = (mediaType: string): boolean => EVIDENCE_LAYER.test(mediaType);

/** A fault as told to people: with the name of who made it in front. */
export const said = ({ name }: { readonly name: string }, fault: RegistryFault): Pick<Failure, "code" | "message"> => ({ code: fault.code, message: `${name}: ${fault.message}` });

/** A registry's failure as a gap: a size over the cap means that something was left out. */
export function gapOf({ code, message }: Pick<Failure, "code" | "message">, artifact?: Digest): Gap {
  return { code: code === "too-large" ? "truncated" : code, message, ...(artifact === undefined ? {} : { artifact }) };
}
