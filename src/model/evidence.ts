/** What a registry holds about a digest, and what has been proved about it. */
import type { Answer, Failure } from "./answer.ts";
import type { KeylessSigner, SignatureNeed, Thresholds } from "./policy.ts";
import type { Digest } from "./reference.ts";

/** The manifest that evidence is about. */
export interface Subject {
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  /** Media type and size in bytes, where the manifest itself was read; Notation signs both. */
  readonly mediaType?: string;
  readonly size?: number;
  /** The manifest's own bytes, where they were read; a bundle with a message signature signs these. */
  readonly manifest?: Uint8Array;
}

export interface ArtifactLayer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** Hashed against `digest` by the collector. */
  readonly bytes: Uint8Array;
}

/** A manifest that is attached to a subject, with its layers. Its bytes were hashed; nothing in it is proved yet. */
export interface Artifact {
  readonly digest: Digest;
  readonly mediaType: string;
  /** `artifactType`, else the media type of the config. */
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly subject?: Digest;
  /** Those that can hold a signature or an attestation; no other is read, and one that could not be read is a gap. */
  readonly layers: readonly ArtifactLayer[];
  /** Where it was found, each way once: the API, the tags `sha256-<hex>`, `….sig`, `….att` and `….sbom`, or an archive. */
  readonly found: readonly ("referrers" | "fallback-tag" | "sig-tag" | "att-tag" | "sbom-tag" | "archive")[];
  /** With its registry: `ghcr.io/acme/web`. */
  readonly repository: string;
  /** The manifest itself, for who passes it on. */
  readonly manifest?: Uint8Array;
  /** Its config, which proves nothing: read only for who passes the artifact on. */
  readonly config?: ArtifactLayer;
}

/** Why something about one artifact could not be told, or all of them. */
export interface Gap {
  /** `truncated`: a cap was reached. `malformed`: this item alone could not be read. */
  readonly code: Failure["code"] | "truncated" | "unsupported";
  readonly message: string;
  readonly artifact?: Digest;
}

/** Everything attached to a digest. An empty list without gaps is a proven "none". */
export interface Collected {
  readonly artifacts: readonly Artifact[];
  /** What could not be asked or read. While there is one, "absent" may not be said. */
  readonly gaps: readonly Gap[];
}

/** Collects what is attached to a subject. Never throws for a registry's fault. */
export type Collect = (subject: Subject) => Promise<Collected>;

/** A manifest that evidence is asked about, read and hashed. */
export interface SubjectManifest {
  readonly subject: Required<Subject>;
  readonly kind: "index" | "image" | "other";
  readonly annotations: Readonly<Record<string, string>>;
  /** Of an index: its entries, in its order. */
  readonly children: readonly SubjectChild[];
  /** Digest of an image's config, which scanners call the image's id. */
  readonly config?: Digest;
  readonly bytes: Uint8Array;
}

export interface SubjectChild {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** `os/architecture[/variant]`. */
  readonly platform?: string;
}

/** Reads the manifest of a digest. Never throws for a registry's fault. */
export type ReadSubject = (subject: Subject) => Promise<Answer<SubjectManifest>>;

/** Who signed, as far as the signature itself proves it. */
export type SignerIdentity =
  /** `key` is the SHA-256 of the SPKI, in hex. */
  | { readonly is: "key"; readonly key: string }
  | { readonly is: "keyless"; readonly identity: string; readonly issuer: string }
  | { readonly is: "certificate"; readonly subject: string; readonly thumbprint: string };

/** A signer that the policy names. Keys and roots are texts: whoever reads the policy has read the files. */
export type Signer =
  | { readonly is: "key"; readonly name: string; readonly pem: string; /** The file, for messages. */ readonly file: string; readonly requireLog: boolean }
  | KeylessSigner
  | {
      readonly is: "notation";
      readonly name: string;
      /** PEM of the certificate authorities. */
      readonly authorities: readonly string[];
      /** PEM of authorities whose word about the time of signing is believed (scheme `notary.x509.signingAuthority`); absent: none. */
      readonly signingAuthorities?: readonly string[];
      /** PEM of the timestamp authorities; empty: certificates must be valid now. */
      readonly timestampAuthorities: readonly string[];
      /** `x509.subject: C=US, …` attributes that the leaf must have, each list one identity; empty: any leaf of the authorities. */
      readonly identities: readonly string[];
    };

/** A `trusted_root.json` that the policy names. */
export interface TrustRoot {
  readonly name: string;
  readonly json: string;
  readonly file: string;
  readonly thresholds: Thresholds;
}

export interface Trust {
  readonly signers: readonly Signer[];
  readonly roots: readonly TrustRoot[];
}

/** What one signature or attestation amounts to. */
export type StatementVerdict =
  /** `signers`: names in the policy. `times`: trusted ISO times, from a log or a timestamp authority; may be empty for keys. */
  | {
      readonly is: "verified";
      readonly signers: readonly string[];
      readonly identity: SignerIdentity;
      readonly times: readonly string[];
      /** ISO time from which it may be another verdict: where certificates must be valid now, or the signature expires. */
      readonly until?: string;
      /** What the verdict leaves open, e.g. revocation. */
      readonly message?: string;
    }
  /** Proved, but nobody that the policy names. */
  | { readonly is: "untrusted"; readonly identity: SignerIdentity; readonly message: string }
  /** Wrong: a test may rely on the code, never on the message. */
  | { readonly is: "invalid"; readonly code: string; readonly message: string }
  /** Could be right, and what is needed to tell is not here, e.g. a log entry that is only online, or no signer's key fits. */
  | { readonly is: "unknown"; readonly code: string; readonly message: string };

/** One signature or attestation found in an artifact. */
export interface Statement {
  /** Only a `signature` signs: simplesigning, a `cosign/sign` predicate, or Notation. */
  readonly kind: "signature" | "attestation" | "other";
  readonly format: "simplesigning" | "bundle" | "dsse" | "notation-jws" | "notation-cose" | "unsigned";
  readonly artifact: Digest;
  readonly verdict: StatementVerdict;
  readonly predicateType?: string;
  /** Of a verified attestation: the statement's bytes. */
  readonly payload?: Uint8Array;
}

/** The answer of a policy about the signatures of one digest. */
export type SignatureVerdict =
  | {
      readonly is: "verified";
      readonly signers: readonly string[];
      readonly statements: readonly Statement[];
      /** The index whose signature covers this child. */
      readonly through?: Digest;
      /** An earlier run came to it. */
      readonly from?: "cache";
    }
  | { readonly is: "absent"; readonly statements: readonly Statement[] }
  | { readonly is: "invalid"; readonly why: string; readonly statements: readonly Statement[] }
  /** Signed, by others: they are named. */
  | { readonly is: "untrusted"; readonly why: string; readonly statements: readonly Statement[] }
  | { readonly is: "unknown"; readonly why: string; readonly statements: readonly Statement[] };

/** Collects what there is about a subject, verifies it, and says what the policy makes of it. Never throws for a registry's fault. */
export type Prove = (subject: Subject, need: SignatureNeed) => Promise<SignatureVerdict>;
