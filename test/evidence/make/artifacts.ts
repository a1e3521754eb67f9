/** What signers attach to an image, with any part of it exchanged. */
import { constants, createHash, type KeyObject, sign } from "node:crypto";
import { dsse } from "@sigstore/core";
import type { Artifact, Subject } from "../../../src/model/evidence.ts";
import type { Digest } from "../../../src/model/reference.ts";
import { pemOf, sha256, spki } from "./certificates.ts";
import type { Entry, Log } from "./log.ts";
import { after, type SigningCertificate, type Sigstore } from "./sigstore.ts";

export const MANIFEST = Buffer.from('{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}');
export const DIGEST: Digest = `sha256:${sha256(MANIFEST).toString("hex")}`;
export const SUBJECT: Subject = { registry: "ghcr.io", repository: "acme/app", digest: DIGEST, manifest: MANIFEST };
export const OTHER: Digest = `sha256:${"0b".repeat(32)}`;

export const SIMPLESIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
export const DSSE = "application/vnd.dsse.envelope.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const IN_TOTO = "application/vnd.in-toto+json";
export const SIGN = "https://sigstore.dev/cosign/sign/v1";

const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export function artifact(layer: { readonly mediaType: string; readonly bytes: Uint8Array; readonly annotations?: Readonly<Record<string, string>> }): Artifact {
  const { mediaType, bytes, annotations = {} } = layer;
  return {
    digest: digestOf(Buffer.concat([bytes, Buffer.from(JSON.stringify(annotations))])), mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: mediaType, annotations: {}, subject: DIGEST,
    layers: [{ mediaType, digest: digestOf(bytes), size: bytes.length, annotations, bytes }], found: ["referrers"], repository: "acme/app",
  };
}

export type SignWith = (message: Buffer) => Buffer;

/** Signs as the tools do for this kind of key; another hash on demand. */
export const by = (key: KeyObject, hash?: string): SignWith => (message) => {
  const fitting = { prime256v1: "sha256", secp384r1: "sha384", secp521r1: "sha512" }[key.asymmetricKeyDetails?.namedCurve ?? ""] ?? "sha256";
  return key.asymmetricKeyType === "ed25519" ? sign(null, message, key) : sign(hash ?? fitting, message, key);
};
export const byPss = (key: KeyObject): SignWith => (message) => sign("sha256", message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });

export const payloadOf = (digest: string = DIGEST, change: Readonly<Record<string, unknown>> = {}): Buffer =>
  Buffer.from(JSON.stringify({ critical: { identity: { "docker-reference": "ghcr.io/acme/app" }, image: { "docker-manifest-digest": digest }, type: "cosign container image signature", ...change }, optional: null }));

export const statementOf = (change: Readonly<Record<string, unknown>> = {}): Buffer =>
  Buffer.from(JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject: [{ digest: { sha256: DIGEST.slice(7) } }], predicateType: SIGN, predicate: {}, ...change }));

export interface Proof {
  readonly certificate?: SigningCertificate;
  readonly entry?: Entry;
  readonly timestamp?: Buffer;
}

/** Rekor's answer, as cosign keeps it in an annotation. */
export const annotationOf = ({ canonicalizedBody: body, integratedTime, logIndex, logId, inclusionPromise }: Entry): string =>
  JSON.stringify({ SignedEntryTimestamp: inclusionPromise!.signedEntryTimestamp, Payload: { body, integratedTime: Number(integratedTime), logIndex: Number(logIndex), logID: Buffer.from(logId.keyId, "base64").toString("hex") } });

const annotations = ({ certificate, entry, timestamp }: Proof): Record<string, string> => ({
  ...(certificate ? { "dev.sigstore.cosign/certificate": certificate.pem } : {}),
  ...(entry ? { "dev.sigstore.cosign/bundle": annotationOf(entry) } : {}),
  ...(timestamp ? { "dev.sigstore.cosign/rfc3161timestamp": JSON.stringify({ SignedRFC3161Timestamp: timestamp.toString("base64") }) } : {}),
});

export const legacySignature = (payload: Buffer, signature: Buffer | string, proof: Proof = {}, more: Readonly<Record<string, string>> = {}): Artifact =>
  artifact({ mediaType: SIMPLESIGNING, bytes: payload, annotations: { "dev.cosignproject.cosign/signature": typeof signature === "string" ? signature : signature.toString("base64"), ...annotations(proof), ...more } });

export interface Envelope {
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly message: Buffer;
  readonly json: Record<string, unknown>;
  readonly bytes: Buffer;
}

export function envelopeOf(payload: Buffer, signWith: SignWith, change: Readonly<Record<string, unknown>> = {}, payloadType = IN_TOTO): Envelope {
  const message = dsse.preAuthEncoding(payloadType, payload);
  const signature = signWith(message);
  const json = { payloadType, payload: payload.toString("base64"), signatures: [{ keyid: "", sig: signature.toString("base64") }], ...change };
  return { payload, signature, message, json, bytes: Buffer.from(JSON.stringify(json)) };
}

export const legacyAttestation = ({ bytes }: Envelope, proof: Proof = {}): Artifact => artifact({ mediaType: DSSE, bytes, annotations: { predicateType: "ours", "dev.cosignproject.cosign/signature": "", ...annotations(proof) } });

/** A bundle, of whose JSON every part can be exchanged. */
export function bundleOf(content: Readonly<Record<string, unknown>>, material: Readonly<Record<string, unknown>>, mediaType = BUNDLE, layerType = mediaType): Artifact {
  return artifact({ mediaType: layerType, bytes: Buffer.from(JSON.stringify({ mediaType, verificationMaterial: { tlogEntries: [], ...material }, ...content })) });
}

export const messageSignature = (message: Buffer, signature: Buffer, algorithm = "SHA2_256"): Record<string, unknown> =>
  ({ messageSignature: { messageDigest: { algorithm, digest: createHash(algorithm.replace("SHA2_", "sha")).update(message).digest("base64") }, signature: signature.toString("base64") } });

export const certificateOf = ({ der }: SigningCertificate): Record<string, unknown> => ({ certificate: { rawBytes: der.toString("base64") } });
export const stampsOf = (...stamps: readonly Buffer[]): Record<string, unknown> => ({ timestampVerificationData: { rfc3161Timestamps: stamps.map((one) => ({ signedTimestamp: one.toString("base64") })) } });

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString("base64");
const hashOf = (bytes: Buffer): { algorithm: string; value: string } => ({ algorithm: "sha256", value: sha256(bytes).toString("hex") });
export const keyPem = (key: KeyObject): string => pemOf("PUBLIC KEY", spki(key));

/** What is entered in a log for a signature: each kind of entry there is. `signer` is a PEM. */
export const BODIES = {
  hashedrekord: (message: Buffer, signature: Buffer, signer: string) =>
    ({ kind: "hashedrekord", apiVersion: "0.0.1", spec: { data: { hash: hashOf(message) }, signature: { content: base64(signature), publicKey: { content: base64(signer) } } } }),
  dsse: ({ bytes, payload, signature }: Envelope, signer: string) =>
    ({ kind: "dsse", apiVersion: "0.0.1", spec: { envelopeHash: hashOf(bytes), payloadHash: hashOf(payload), signatures: [{ signature: base64(signature), verifier: base64(signer) }] } }),
  intoto1: ({ bytes, payload }: Envelope, signer: string) =>
    ({ kind: "intoto", apiVersion: "0.0.1", spec: { content: { hash: hashOf(bytes), payloadHash: hashOf(payload) }, publicKey: base64(signer) } }),
  intoto2: ({ bytes, payload, signature }: Envelope, signer: string) =>
    ({ kind: "intoto", apiVersion: "0.0.2", spec: { content: { envelope: { payloadType: IN_TOTO, signatures: [{ publicKey: base64(signer), sig: base64(base64(signature)) }] }, hash: hashOf(bytes), payloadHash: hashOf(payload) } } }),
  hashedrekord2: (message: Buffer, signature: Buffer, verifier: Readonly<Record<string, unknown>>, hash = "sha256") => ({
    kind: "hashedrekord", apiVersion: "0.0.2",
    spec: { hashedRekordV002: { data: { algorithm: hash.replace("sha", "SHA2_"), digest: createHash(hash).update(message).digest("base64") }, signature: { content: base64(signature), verifier: { keyDetails: "PKIX_ECDSA_P256_SHA_256", ...verifier } } } },
  }),
  dsse2: ({ payload, signature }: Envelope, verifier: Readonly<Record<string, unknown>>) => ({
    kind: "dsse", apiVersion: "0.0.2",
    spec: { dsseV002: { payloadHash: { algorithm: "SHA2_256", digest: sha256(payload).toString("base64") }, signatures: [{ content: base64(signature), verifier: { keyDetails: "PKIX_ECDSA_P256_SHA_256", ...verifier } }] } },
  }),
};

export const x509 = ({ der }: SigningCertificate): Record<string, unknown> => ({ x509Certificate: { rawBytes: der.toString("base64") } });
export const publicKey = (key: KeyObject): Record<string, unknown> => ({ publicKey: { rawBytes: spki(key).toString("base64") } });

export interface KeylessOptions {
  readonly payload?: Buffer;
  readonly certificate?: SigningCertificate;
  readonly log?: Log;
  /** When it was logged; `null`: as Rekor 2, with a timestamp instead. */
  readonly time?: Date | null;
  readonly timestamps?: readonly Buffer[];
  readonly body?: { kind: string; apiVersion: string; spec: unknown };
  readonly entry?: (entry: Entry) => Entry | undefined;
  readonly material?: Readonly<Record<string, unknown>>;
}

/** A bundle as cosign 3 writes it, or not quite. */
export function keylessBundle(sigstore: Sigstore, options: KeylessOptions = {}): Artifact {
  const certificate = options.certificate ?? sigstore.certificate();
  const envelope = envelopeOf(options.payload ?? statementOf(), by(certificate.keys.privateKey));
  const second = options.time === null;
  const body = options.body ?? (second ? BODIES.hashedrekord2(envelope.message, envelope.signature, x509(certificate)) : BODIES.dsse(envelope, certificate.pem));
  const entered = (options.log ?? (second ? sigstore.rekor2 : sigstore.rekor)).enter(body, second ? undefined : (options.time ?? after(1)));
  const entry = options.entry ? options.entry(entered) : entered;
  const stamps = options.timestamps ?? (second ? [sigstore.stamp(envelope.signature)] : []);
  return bundleOf({ dsseEnvelope: envelope.json }, { ...certificateOf(certificate), tlogEntries: entry ? [entry] : [], ...stampsOf(...stamps), ...options.material });
}
