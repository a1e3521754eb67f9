/**
 * Verifies Notation signatures (Notary Project, signing-and-verification-workflow.md), offline.
 *
 * What the specification wants from the network, the revocation of certificates, is not asked, and every
 * verdict that rests on a certificate says so.
 */
import type { Artifact, ArtifactLayer, SignerIdentity, Statement, StatementVerdict, Subject, Trust } from "../model/evidence.ts";
import { refuse, verdictOf as verdictOfAny } from "./codes.ts";
import { type Certificate, readCertificate } from "./notation-certificate.ts";
import { checkChain, MOST_CERTIFICATES } from "./notation-chain.ts";
import { NotationFault, reading } from "./notation-codes.ts";
import { readCose } from "./notation-cose.ts";
import type { Envelope } from "./notation-envelope.ts";
import { readJws } from "./notation-jws.ts";
import { algorithmOf, isSignature } from "./notation-keys.ts";
import { nameOf } from "./notation-names.ts";
import { type NotationSigner, trustOf } from "./notation-trust.ts";
import { fieldsOf, readJson } from "./strict-json.ts";

export const NOTATION_ARTIFACT = "application/vnd.cncf.notary.signature";

type NotationFormat = Envelope["format"];
const READERS: ReadonlyMap<string, { readonly format: NotationFormat; readonly read: (bytes: Uint8Array) => Envelope }> = new Map([
  ["application/jose+json", { format: "notation-jws", read: readJws }],
  ["application/cose", { format: "notation-cose", read: readCose }],
]);
/** An envelope holds a few certificates and a descriptor: 20 kB with a timestamp. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Go's reader takes `Digest` for `digest`: in the payload and its descriptor, names that differ in case are the same name. */
const FOLDED_TO = 2;
const REVOCATION = "whether a certificate was revoked is not checked";

/** Whether an artifact is Notation's to judge. */
export const isNotation = (artifact: Artifact): boolean =>
  artifact.artifactType === NOTATION_ARTIFACT || artifact.layers.some(({ mediaType }) => READERS.has(mediaType));

export function verifyNotation(artifact: Artifact, subject: Subject, trust: Trust, now: Date): readonly Statement[] {
  const [layer] = artifact.layers;
  const format = (layer && READERS.get(layer.mediaType)?.format) ?? "notation-jws";
  return [{ kind: "signature", format, artifact: artifact.digest, verdict: verdictOf(artifact, subject, trust, now) }];
}

function verdictOf(artifact: Artifact, subject: Subject, trust: Trust, now: Date): StatementVerdict {
  try {
    const envelope = readEnvelope(onlyLayer(artifact));
    const chain = reading("notation-certificate-malformed", "the certificate chain", () => verifyEnvelope(envelope));
    checkTarget(envelope, subject);
    checkUse(envelope, now);
    return judge(envelope, chain, trust, now);
  } catch (error) {
    if (error instanceof NotationFault) return { is: error.is, code: error.code, message: error.message };
    return verdictOfAny(error);
  }
}

function onlyLayer({ layers }: Artifact): ArtifactLayer {
  if (layers.length !== 1) throw new NotationFault("notation-layers", `a Notation signature has one layer, this one has ${layers.length}`);
  return layers[0]!;
}

function readEnvelope({ mediaType, bytes }: ArtifactLayer): Envelope {
  const reader = READERS.get(mediaType);
  if (reader === undefined) throw new NotationFault("notation-layers", `a Notation signature is application/jose+json or application/cose, not ${mediaType}`);
  if (bytes.length > MOST_BYTES) refuse("too-large", `${bytes.length} bytes`);
  return reader.read(bytes);
}

/** The envelope is right by itself: chain, algorithm, signature. Who trusts it comes later. */
function verifyEnvelope(envelope: Envelope): readonly Certificate[] {
  if (envelope.chain.length === 0) refuse("malformed", "the envelope has no certificates");
  if (envelope.chain.length > MOST_CERTIFICATES) refuse("too-many", `${envelope.chain.length} certificates`);
  const chain = envelope.chain.map(readCertificate);
  checkChain(chain, "code signing");
  const leaf = chain[0]!;
  const algorithm = algorithmOf(leaf);
  if (envelope.algorithm !== algorithm) throw new NotationFault("notation-algorithm", `the envelope says ${envelope.algorithm}, and the key of ${nameOf(leaf)} signs with ${algorithm}`);
  if (!isSignature(leaf, algorithm, envelope.signed, envelope.signature)) throw new NotationFault("notation-signature", "the signature is wrong: it was not made over this payload with the key of its certificate");
  return chain;
}

/** Digest, size and media type that were signed are those of the subject. */
function checkTarget({ payload }: Envelope, subject: Subject): void {
  const body = fieldsOf(readJson(payload, FOLDED_TO), "the payload");
  const { mediaType, digest, size } = fieldsOf(body["targetArtifact"], "the payload's targetArtifact");
  if (typeof mediaType !== "string" || typeof digest !== "string" || !Number.isSafeInteger(size)) throw new NotationFault("notation-payload", "the payload does not name a media type, a digest and a size");
  if (digest !== subject.digest) refuse("subject-mismatch", digest);
  if (subject.mediaType === undefined || subject.size === undefined) throw new NotationFault("notation-subject-unread", "the manifest was not read, so that its size and media type cannot be compared with those that were signed", "unknown");
  if (mediaType !== subject.mediaType || size !== subject.size) refuse("subject-mismatch", `${String(size)} bytes of ${mediaType}, and the manifest has ${subject.size} bytes of ${subject.mediaType}`);
}

function checkUse({ attributes }: Envelope, now: Date): void {
  if (attributes.expiry !== undefined && attributes.expiry <= now) throw new NotationFault("notation-expired", `its signer let the signature expire at ${attributes.expiry.toISOString()}`);
  if (attributes.plugin !== undefined) throw new NotationFault("notation-plugin", `the signature can only be verified with the Notation plugin ${attributes.plugin}`, "unknown");
}

function judge(envelope: Envelope, chain: readonly Certificate[], trust: Trust, now: Date): StatementVerdict {
  const leaf = chain[0]!;
  const identity: SignerIdentity = { is: "certificate", subject: nameOf(leaf), thumbprint: leaf.x509.fingerprint256.replaceAll(":", "").toLowerCase() };
  const signers = trust.signers.filter((signer): signer is NotationSigner => signer.is === "notation");
  const answers = signers.map((signer) => ({ signer: signer.name, answer: trustOf(signer, envelope, chain, now) }));

  const trusting = answers.flatMap(({ signer, answer }) => (answer.is === "trusted" ? [{ signer, ...answer }] : []));
  if (trusting.length > 0) {
    const ends = trusting.flatMap(({ until }) => until ?? []).concat(envelope.attributes.expiry ?? []).sort((a, b) => a.getTime() - b.getTime());
    return {
      is: "verified",
      signers: trusting.map(({ signer }) => signer),
      identity,
      times: [...new Set(trusting.flatMap(({ time }) => time?.toISOString() ?? []))],
      ...(ends[0] === undefined ? {} : { until: ends[0].toISOString() }),
      message: REVOCATION,
    };
  }
  // What is wrong with an expected signature says more than that others did not expect it.
  const fault = answers.flatMap(({ answer }) => (answer.is === "fault" ? [answer.fault] : [])).sort((a, b) => Number(a.is === "unknown") - Number(b.is === "unknown"))[0];
  if (fault !== undefined) return { is: fault.is, code: fault.code, message: fault.message };
  const whys = answers.flatMap(({ answer }) => (answer.is === "stranger" ? [answer.why] : []));
  return { is: "untrusted", identity, message: whys.join("; ") || "the policy names no Notation signer" };
}
