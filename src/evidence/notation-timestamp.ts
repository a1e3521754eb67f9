/**
 * The countersignature of a timestamp authority: an RFC 3161 TimeStampToken over the signature.
 *
 * `@sigstore/core` reads such tokens as well, but wants the whole response, knows ECDSA alone and leaves
 * chain, certificate identifier and accuracy to others; here its ASN.1 reader is used and nothing else.
 */
import { createHash, verify } from "node:crypto";
import type { ASN1Obj } from "@sigstore/core";
import { type Certificate, issuedBy, parseDer, readCertificate, validAt } from "./notation-certificate.ts";
import { checkChain, MOST_CERTIFICATES } from "./notation-chain.ts";
import { NotationFault, reading } from "./notation-codes.ts";
import { nameOf } from "./notation-names.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const BASELINE_POLICY = "0.4.0.2023.1.1";
const HASHES: ReadonlyMap<string, string> = new Map([["2.16.840.1.101.3.4.2.1", "sha256"], ["2.16.840.1.101.3.4.2.2", "sha384"], ["2.16.840.1.101.3.4.2.3", "sha512"]]);
/** How a token says it was signed, and by which hash; plain RSA leaves the hash to the digest algorithm. */
const SIGNATURES: ReadonlyMap<string, string | undefined> = new Map([
  ["1.2.840.113549.1.1.1", undefined],
  ["1.2.840.113549.1.1.11", "sha256"], ["1.2.840.113549.1.1.12", "sha384"], ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"], ["1.2.840.10045.4.3.3", "sha384"], ["1.2.840.10045.4.3.4", "sha512"],
]);
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

export interface Timestamp {
  readonly time: Date;
  /** The time with the authority's own doubt about it on either side. */
  readonly from: Date;
  readonly to: Date;
}

interface Token {
  readonly content: Uint8Array;
  readonly info: ASN1Obj;
  readonly certificates: readonly Certificate[];
  readonly signer: readonly ASN1Obj[];
}

/** The time at which `signature` was there for certain. */
export function verifyTimestamp(bytes: Uint8Array, signature: Uint8Array, authorities: readonly Certificate[]): Timestamp {
  return reading("notation-timestamp-malformed", "the timestamp", () => {
    const token = readToken(bytes);
    const [, , imprint] = token.info.subs;
    if (!imprint!.subs[1]!.value.equals(hashed(imprint!.subs[0]!.subs[0]!, signature))) throw new NotationFault("notation-timestamp-mismatch", "the timestamp is over another signature");
    const leaf = checkSigner(token);
    const timestamp = readTime(token.info);
    const chain = chainOf(leaf, token.certificates, authorities);
    checkChain(chain, "timestamping");
    const outside = chain.find((certificate) => !validAt(certificate, timestamp.time));
    if (outside !== undefined) throw new NotationFault("notation-timestamp-untrusted", `${nameOf(outside)} was not valid when the timestamp was made`);
    return timestamp;
  });
}

function readToken(bytes: Uint8Array): Token {
  const [type, body] = parseDer(bytes).subs;
  if (type!.toOID() !== SIGNED_DATA) throw new Error("it is not signed data");
  const parts = body!.subs[0]!.subs;
  const [contentType, wrapped] = parts[2]!.subs;
  if (contentType!.toOID() !== TST_INFO) throw new Error("it is not about a time");
  const content = wrapped!.subs[0]!.value;
  const signers = parts.at(-1)!.subs;
  if (signers.length !== 1) throw new Error("it does not have exactly one signer");
  const certificates = parts.find((part) => part.tag.isContextSpecific(0))?.subs ?? [];
  if (certificates.length > MOST_CERTIFICATES) throw new Error("it has too many certificates");
  return { content, info: parseDer(content), certificates: certificates.map((one) => readCertificate(one.toDER())), signer: signers[0]!.subs };
}

/** The certificate that signed the token, after the token's digest, its certificate identifier and its signature were checked. */
function checkSigner({ content, certificates, signer }: Token): Certificate {
  const fault = (message: string): NotationFault => new NotationFault("notation-timestamp-signature", message);
  const [, sid, digestAlgorithm, signedAttributes, signatureAlgorithm, signature] = signer as [ASN1Obj, ASN1Obj, ASN1Obj, ASN1Obj, ASN1Obj, ASN1Obj];
  const leaf = certificates.find(({ issuer, serial }) => sid.subs[0]?.value.equals(issuer) && sid.subs[1]?.value.equals(serial));
  if (leaf === undefined) throw fault("the timestamp does not carry the certificate that it names");

  if (!signedAttributes.tag.isContextSpecific(0)) throw fault("the timestamp has no signed attributes");
  const attribute = (oid: string): ASN1Obj => {
    const found = signedAttributes.subs.filter(({ subs }) => subs[0]!.toOID() === oid);
    if (found.length !== 1 || found[0]!.subs[1]!.subs.length !== 1) throw fault(`the timestamp does not have the attribute ${oid} once`);
    return found[0]!.subs[1]!.subs[0]!;
  };
  if (attribute(CONTENT_TYPE).toOID() !== TST_INFO) throw fault("the timestamp is signed as something else");
  if (!attribute(MESSAGE_DIGEST).value.equals(hashed(digestAlgorithm.subs[0]!, content))) throw fault("the timestamp is not what its signer signed");
  checkIdentifier(attribute(SIGNING_CERTIFICATE_V2), leaf);

  const oid = signatureAlgorithm.subs[0]!.toOID();
  if (!SIGNATURES.has(oid)) throw fault(`the timestamp is signed with ${oid}, which is not known`);
  const hash = SIGNATURES.get(oid) ?? hashName(digestAlgorithm.subs[0]!);
  const signed = signedAttributes.toDER();
  // RFC 5652, section 5.4: signed as a SET, although it stands there with a tag of its own.
  signed[0] = 0x31;
  if (!verify(hash, signed, leaf.x509.publicKey, signature.value)) throw fault("the signature of the timestamp is wrong");
  return leaf;
}

/** RFC 5035: the first identifier is that of the signing certificate; SHA-256 unless it says otherwise. */
function checkIdentifier(value: ASN1Obj, leaf: Certificate): void {
  const [first, second] = value.subs[0]!.subs[0]!.subs;
  const named = first!.tag.isOctetString() ? undefined : first!.subs[0]!;
  const hash = named === undefined ? createHash("sha256").update(leaf.der).digest() : hashed(named, leaf.der);
  if (!(named === undefined ? first! : second!).value.equals(hash)) throw new NotationFault("notation-timestamp-signature", "the timestamp names another certificate than the one that signed it");
}

/** From the signer over what the token carries to a root, by way of an authority of the policy. */
function chainOf(leaf: Certificate, carried: readonly Certificate[], authorities: readonly Certificate[]): readonly Certificate[] {
  const chain = [leaf];
  for (let last = leaf; !issuedBy(last, last) && chain.length < MOST_CERTIFICATES; last = chain.at(-1)!) {
    const issuer = [...authorities, ...carried].find((one) => issuedBy(last, one));
    if (issuer === undefined) break;
    chain.push(issuer);
  }
  if (chain.some(({ der }) => authorities.some((authority) => authority.der.equals(der)))) return chain;
  throw new NotationFault("notation-timestamp-untrusted", `the timestamp is by ${nameOf(leaf)}, which no timestamp authority of the policy vouches for`);
}

function readTime(info: ASN1Obj): Timestamp {
  const [version, policy, , , moment, accuracy] = info.subs;
  if (version!.toInteger() !== 1n) throw new Error("its version is not known");
  const [, year, month, day, hour, minute, second, fraction = "0"] = GENERALIZED_TIME.exec(moment!.value.toString("latin1")) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  if (Number.isNaN(time.getTime())) throw new Error("it has no time");
  const doubt = accuracy !== undefined && accuracy.tag.isUniversal() && accuracy.tag.constructed ? milliseconds(accuracy) : policy!.toOID() === BASELINE_POLICY ? 1000 : 0;
  return { time, from: new Date(time.getTime() - doubt), to: new Date(time.getTime() + doubt) };
}

/** Accuracy: seconds, and under tags of their own milliseconds and microseconds. */
function milliseconds({ subs }: ASN1Obj): number {
  return Math.ceil(subs.reduce((sum, part) => {
    const value = Number(BigInt(`0x${part.value.toString("hex") || "0"}`));
    return sum + (part.tag.isInteger() ? value * 1000 : part.tag.isContextSpecific(0) ? value : value / 1000);
  }, 0));
}

function hashName(oid: ASN1Obj): string {
  const name = HASHES.get(oid.toOID());
  if (name === undefined) throw new NotationFault("notation-timestamp-signature", `the timestamp uses the hash ${oid.toOID()}, which is not believed`);
  return name;
}

const hashed = (oid: ASN1Obj, bytes: Uint8Array): Uint8Array => createHash(hashName(oid)).update(bytes).digest();
