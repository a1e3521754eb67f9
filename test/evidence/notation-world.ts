/** Chains, envelopes and artifacts as Notation makes them, each part open to be made wrong. */
import { constants, createHash, sign } from "node:crypto";
import { encode, Tag } from "cbor2";
import type { Artifact, Signer, Statement, StatementVerdict, Subject, Trust } from "../../src/model/evidence.ts";
import { verifyNotation } from "../../src/evidence/notation.ts";
import { basicConstraints, certificate, type CertificateOptions, ec, extendedKeyUsage, type Issued, keyUsage, type KeyPair, name, OIDS, pem } from "./der.ts";

export type NotationSigner = Extract<Signer, { is: "notation" }>;

export const NOW = new Date();
export const DAY = 24 * 60 * 60 * 1000;
export const later = (days: number): Date => new Date(NOW.getTime() + days * DAY);

export const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const digestOf = (text: string): `sha256:${string}` => `sha256:${createHash("sha256").update(text).digest("hex")}`;
/** The least that a registry takes for an image. */
export const IMAGE = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("{}"), size: 2 }, layers: [] });
export const SUBJECT: Subject = { registry: "registry.example", repository: "acme/app", digest: digestOf(IMAGE), mediaType: MANIFEST, size: IMAGE.length };

export const LEAF_NAME = [["C", "US"], ["ST", "WA"], ["L", "Seattle"], ["O", "acme, inc"], ["CN", "release"]] as const;
const AUTHORITY = (below?: number): Buffer[] => [basicConstraints(true, below), keyUsage([5, 6])];
export const LEAF_EXTENSIONS = [keyUsage([0]), extendedKeyUsage([OIDS.codeSigning])];

export interface Chain {
  readonly leaf: Issued;
  readonly issuers: readonly Issued[];
}

export interface ChainOptions {
  readonly keys?: KeyPair;
  readonly root?: Partial<CertificateOptions>;
  readonly intermediate?: Partial<CertificateOptions>;
  readonly leaf?: Partial<CertificateOptions>;
}

/** Leaf, intermediate, root. */
export function makeChain(options: ChainOptions = {}): Chain {
  const root = certificate({ name: name([["C", "US"], ["O", "acme"], ["CN", "root"]]), keys: ec("P-256"), extensions: AUTHORITY(1), ...options.root });
  const intermediate = certificate({ name: name([["C", "US"], ["O", "acme"], ["CN", "intermediate"]]), keys: ec("P-256"), issuer: root, extensions: AUTHORITY(0), ...options.intermediate });
  const leaf = certificate({ name: name(LEAF_NAME), keys: options.keys ?? ec("P-256"), issuer: intermediate, extensions: LEAF_EXTENSIONS, ...options.leaf });
  return { leaf, issuers: [intermediate, root] };
}

export const certificates = ({ leaf, issuers }: Chain): Issued[] => [leaf, ...issuers];
export const rootOf = (chain: Chain): Issued => certificates(chain).at(-1)!;

export const payloadOf = (target: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ targetArtifact: { mediaType: SUBJECT.mediaType, digest: SUBJECT.digest, size: SUBJECT.size, ...target } });

const SCHEME = "io.cncf.notary.signingScheme";
export const signingTime = (at = NOW): Record<string, unknown> => ({ [SCHEME]: "notary.x509", "io.cncf.notary.signingTime": at });

export interface EnvelopeOptions {
  readonly chain: Chain;
  readonly payload?: string;
  readonly algorithm?: string | null;
  readonly contentType?: unknown;
  readonly critical?: unknown;
  /** Signed attributes by name; a `Date` is written as the format writes times. */
  readonly signed?: Readonly<Record<string, unknown>>;
  /** Certificates that are sent, when not the chain's. */
  readonly sent?: readonly Buffer[];
  readonly unsigned?: Readonly<Record<string, unknown>>;
  readonly timestamp?: (signature: Buffer) => Buffer;
  /** Signs with PKCS #1 v1.5 or DER instead. */
  readonly wrongPadding?: boolean;
}

export function algorithmOf({ leaf }: Chain): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = leaf.keys.publicKey;
  if (type === "rsa") return { 2048: "PS256", 3072: "PS384", 4096: "PS512" }[details!.modulusLength!] ?? "PS256";
  return { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" }[details!.namedCurve!] ?? "ES256";
}

function signatureOf({ chain, wrongPadding }: EnvelopeOptions, bytes: Uint8Array): Buffer {
  const hash = `sha${algorithmOf(chain).slice(2)}`;
  const key = chain.leaf.keys.privateKey;
  if (wrongPadding) return sign(hash, bytes, key);
  return key.asymmetricKeyType === "rsa"
    ? sign(hash, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
    : sign(hash, bytes, { key, dsaEncoding: "ieee-p1363" });
}

const jwsTime = (value: unknown): unknown => (value instanceof Date ? value.toISOString().replace(/\.\d+/, "") : value);
const coseTime = (value: unknown): unknown => (value instanceof Date ? new Tag(1, Math.floor(value.getTime() / 1000)) : value);

export interface Jws {
  payload: string;
  protected: string;
  header: Record<string, unknown>;
  signature: string;
}

/** `protectedText` and `payload` are signed as they are, whatever they say. */
export function makeJws(options: EnvelopeOptions, protectedText?: string): Jws {
  const { chain, payload = payloadOf(), contentType = PAYLOAD_TYPE, critical = [SCHEME], signed = signingTime() } = options;
  const named = Object.fromEntries(Object.entries(signed).map(([key, value]) => [key, jwsTime(value)]));
  const head = protectedText ?? JSON.stringify({ alg: options.algorithm ?? algorithmOf(chain), cty: contentType, crit: critical, ...named });
  const parts = { payload: Buffer.from(payload).toString("base64url"), protected: Buffer.from(head).toString("base64url") };
  const signature = signatureOf(options, Buffer.from(`${parts.protected}.${parts.payload}`));
  const x5c = (options.sent ?? certificates(chain).map((one) => one.der)).map((one) => one.toString("base64"));
  const stamp = options.timestamp === undefined ? {} : { "io.cncf.notary.timestampSignature": options.timestamp(signature).toString("base64") };
  return { ...parts, header: { x5c, ...stamp, "io.cncf.notary.signingAgent": "notation/1.3.2", ...options.unsigned }, signature: signature.toString("base64url") };
}

const COSE_ALGORITHMS: Readonly<Record<string, number>> = { PS256: -37, PS384: -38, PS512: -39, ES256: -7, ES384: -35, ES512: -36 };
const plain = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

export function makeCose(options: EnvelopeOptions & { readonly tag?: number | null; readonly head?: Uint8Array; readonly unsignedMore?: ReadonlyMap<unknown, unknown> }): Buffer {
  const { chain, payload = payloadOf(), contentType = PAYLOAD_TYPE, critical = [SCHEME], signed = signingTime() } = options;
  const named = Object.entries(signed).map(([key, value]) => [key, coseTime(value)] as const);
  const algorithm = COSE_ALGORITHMS[options.algorithm ?? algorithmOf(chain)] ?? Number(options.algorithm);
  const head = options.head ?? encode(new Map<unknown, unknown>([[1, algorithm], [2, critical], [3, contentType], ...named]));
  const body = plain(Buffer.from(payload));
  const signature = signatureOf(options, encode(["Signature1", head, new Uint8Array(0), body]));
  const x5chain = (options.sent ?? certificates(chain).map((one) => one.der)).map(plain);
  const stamp = options.timestamp === undefined ? [] : ([["io.cncf.notary.timestampSignature", plain(options.timestamp(signature))]] as const);
  const unsigned = new Map<unknown, unknown>([[33, x5chain], ["io.cncf.notary.signingAgent", "notation/1.3.2"], ...stamp, ...Object.entries(options.unsigned ?? {}), ...(options.unsignedMore ?? [])]);
  const parts = [head, unsigned, body, plain(signature)];
  return Buffer.from(encode(options.tag === null ? parts : new Tag(options.tag ?? 18, parts)));
}

export const JWS = "application/jose+json";
export const COSE = "application/cose";

export function artifactOf(mediaType: string, bytes: Uint8Array): Artifact {
  const layer = { mediaType, digest: digestOf(Buffer.from(bytes).toString("hex")), size: bytes.length, annotations: {}, bytes };
  return { digest: digestOf("artifact"), mediaType: MANIFEST, artifactType: "application/vnd.cncf.notary.signature", annotations: {}, subject: SUBJECT.digest, layers: [layer], found: ["referrers"], repository: SUBJECT.repository };
}

export const jwsArtifact = (envelope: Jws): Artifact => artifactOf(JWS, Buffer.from(JSON.stringify(envelope)));

export const signerOf = (chain: Chain, more: Partial<NotationSigner> = {}): NotationSigner => ({ is: "notation", name: "release", authorities: [pem(rootOf(chain))], timestampAuthorities: [], identities: [], ...more });
export const trusting = (...signers: readonly Signer[]): Trust => ({ signers, roots: [] });

export function statementOf(artifact: Artifact, trust: Trust, subject = SUBJECT, now = NOW): Statement {
  const statements = verifyNotation(artifact, subject, trust, now);
  if (statements.length !== 1) throw new Error(`${statements.length} statements`);
  return statements[0]!;
}

/** `verified release`, `untrusted`, or the code: one word to compare. */
export function gist(verdict: StatementVerdict): string {
  if (verdict.is === "verified") return `verified ${verdict.signers.join(" ")}`;
  return verdict.is === "untrusted" ? verdict.is : `${verdict.is} ${verdict.code}`;
}
