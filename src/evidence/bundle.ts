/** Sigstore bundles, as cosign 3 and GitHub attach them. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { HashAlgorithm } from "@sigstore/protobuf-specs";
import type { ArtifactLayer, StatementVerdict, Subject } from "../model/evidence.ts";
import { parseCertificate } from "./certificate.ts";
import { refuse } from "./codes.ts";
import { fromBase64 } from "./encodings.ts";
import { judge, type Signed } from "./judge.ts";
import { type Against, type Draft, readerOf } from "./reader.ts";
import { expectSubject, readEnvelope, readStatement, SIGNS } from "./statement.ts";
import { type Fields, fieldsOf, readJson } from "./strict-json.ts";

/** Each spelling of a media type that there is, and the version that it means. */
export const BUNDLES: Readonly<Record<string, string>> = {
  "application/vnd.dev.sigstore.bundle+json;version=0.1": "0.1",
  "application/vnd.dev.sigstore.bundle+json;version=0.2": "0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.3": "0.3",
  "application/vnd.dev.sigstore.bundle.v0.1+json": "0.1",
  "application/vnd.dev.sigstore.bundle.v0.2+json": "0.2",
  "application/vnd.dev.sigstore.bundle.v0.3+json": "0.3",
};

/** More than this is no signature but work. */
const MOST = 16;

export const bundle = readerOf("bundle", (draft, layer, _artifact, against) => {
  const json = fieldsOf(readJson(layer.bytes), "the bundle");
  expectVersion(json, layer);
  expectCanonical(json);
  return json["dsseEnvelope"] === undefined ? judgeMessage(draft, json, against) : judgeEnvelope(draft, json, against);
});

function judgeEnvelope(draft: Draft, json: Fields, { subject, trust, now }: Against): StatementVerdict {
  const { payload, signature, message } = readEnvelope(json["dsseEnvelope"]);
  const statement = readStatement(payload);
  Object.assign(draft, { kind: statement.predicateType === SIGNS ? "signature" : "attestation", predicateType: statement.predicateType, payload });
  const material = materialIn(parse(json));
  expectSubject(statement, subject);
  return judge({ message, signature, payload, stamped: [signature], ...material }, trust, now);
}

/** A signature over the manifest itself. It states nothing, so it can only mean to sign. */
function judgeMessage(draft: Draft, json: Fields, { subject, trust, now }: Against): StatementVerdict {
  draft.kind = "signature";
  const parsed = parse(json);
  const { content } = parsed;
  if (content.$case !== "messageSignature") refuse("malformed", "the bundle holds neither an envelope nor a signature");
  const { signature, messageDigest } = content.messageSignature;
  const message = manifestOf(subject);
  const hash = HASHES[messageDigest.algorithm] ?? refuse("malformed", "the digest is of an algorithm that is not known");
  if (!createHash(hash).update(message).digest().equals(messageDigest.digest)) refuse("subject-mismatch", `${hash}:${messageDigest.digest.toString("hex")} instead of ${subject.digest}`);
  return judge({ message, signature, stamped: [signature], ...materialIn(parsed) }, trust, now);
}

const HASHES: Readonly<Partial<Record<HashAlgorithm, string>>> = { [HashAlgorithm.SHA2_256]: "sha256", [HashAlgorithm.SHA2_384]: "sha384", [HashAlgorithm.SHA2_512]: "sha512" };

function manifestOf({ manifest, digest }: Subject): Buffer {
  if (!manifest) refuse("needs-manifest");
  const [algorithm, hex] = digest.split(":") as [string, string];
  if (createHash(algorithm).update(manifest).digest("hex") !== hex) refuse("needs-manifest", "the bytes that were read are not those of the digest");
  return Buffer.from(manifest);
}

/** The bundle must be of a version that is known, and be what the manifest calls it. */
function expectVersion(json: Fields, { mediaType }: ArtifactLayer): void {
  const version = BUNDLES[String(json["mediaType"])];
  if (version === undefined) refuse("media-type-unknown", String(json["mediaType"]).slice(0, 80));
  if (BUNDLES[mediaType] !== version) refuse("media-type-mismatch", `${mediaType} and ${String(json["mediaType"])}`);
  const material = fieldsOf(json["verificationMaterial"], "verificationMaterial");
  if (version === "0.3" && material["x509CertificateChain"] !== undefined) refuse("chain-not-allowed");
}

/** The library reads whatever looks like base64; of one value there shall be one spelling. */
const BYTES = ["rawBytes", "payload", "sig", "signature", "digest", "keyId", "signedEntryTimestamp", "rootHash", "canonicalizedBody", "signedTimestamp", "hashes"];

function expectCanonical(value: unknown, name = ""): void {
  if (typeof value === "string") {
    if (BYTES.includes(name)) fromBase64(value, name);
  } else if (Array.isArray(value)) for (const one of value) expectCanonical(one, name);
  else if (typeof value === "object" && value !== null) for (const [key, one] of Object.entries(value)) expectCanonical(one, key);
}

/** The library knows the rules of a version by one spelling of it. */
function parse(json: Fields): Bundle {
  try {
    return bundleFromJSON({ ...json, mediaType: `application/vnd.dev.sigstore.bundle+json;version=${BUNDLES[json["mediaType"] as string]}` });
  } catch (error) {
    return refuse("malformed", error instanceof Error ? error.message : undefined);
  }
}

function materialIn({ verificationMaterial: { content, tlogEntries, timestampVerificationData } }: Bundle): Pick<Signed, "certificate" | "hint" | "entries" | "timestamps" | "logIsOnline"> {
  const timestamps = (timestampVerificationData?.rfc3161Timestamps ?? []).map(({ signedTimestamp }) => signedTimestamp);
  if (tlogEntries.length > MOST || timestamps.length > MOST) refuse("too-many", `${tlogEntries.length} log entries and ${timestamps.length} timestamps`);
  return { ...signerIn(content), entries: tlogEntries, timestamps, logIsOnline: false };
}

function signerIn(content: Bundle["verificationMaterial"]["content"]): Pick<Signed, "certificate" | "hint"> {
  switch (content.$case) {
    case "publicKey":
      return { hint: content.publicKey.hint };
    case "certificate":
      return { certificate: content.certificate.rawBytes };
    case "x509CertificateChain":
      return { certificate: leafOf(content.x509CertificateChain.certificates.map(({ rawBytes }) => rawBytes)) };
  }
}

/** The first of a chain. The others prove nothing, and a root among them asks to be believed. */
function leafOf([leaf, ...issuers]: readonly Buffer[]): Buffer {
  for (const issuer of issuers) {
    const { subject, issuer: above } = parseCertificate(issuer);
    if (subject.equals(above)) refuse("chain-has-root");
  }
  return leaf!;
}
