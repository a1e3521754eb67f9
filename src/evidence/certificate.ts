/** The certificate of a signer: that it may sign at all, and whom it names. Whether it is genuine is for `chain.ts`. */
import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject } from "node:crypto";
import { X509Certificate } from "@sigstore/core";
import { refuse } from "./codes.ts";
import { isAccepted } from "./keys.ts";

export interface Leaf {
  readonly certificate: X509Certificate;
  readonly der: Buffer;
  readonly key: KeyObject;
  readonly spki: Buffer;
  readonly identity: string;
  readonly issuer: string;
}

const LARGEST = 64 * 1024;
const KEY_USAGE = "2.5.29.15";
const ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ANY_PURPOSE = "2.5.29.37.0";
/** What is understood here, so that it may be marked as critical. */
const UNDERSTOOD = [KEY_USAGE, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE];
/** SHA-2 with ECDSA and RSA, and Ed25519. SHA-1 and MD5 are not among them. */
const ALGORITHMS = [
  "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4",
  "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.3.101.112",
];

/** Fulcio's extensions stand under this one. */
export const FULCIO = "1.3.6.1.4.1.57264.1";

/** Reads a certificate whole: the bytes that are judged are the bytes that came. */
export function parseCertificate(der: Buffer): X509Certificate {
  if (der.length > LARGEST) refuse("certificate-malformed", `${der.length} bytes`);
  try {
    const certificate = X509Certificate.parse(Buffer.from(der));
    // Signatures are checked over the text that the library writes again from what it read.
    if (!certificate.root.toDER().equals(der)) throw new Error("it is not DER");
    const names = certificate.extensions.map((extension) => extension.subs[0]!.toOID());
    if (new Set(names).size !== names.length) throw new Error("it has an extension twice");
    if (certificate.notBefore > certificate.notAfter) throw new Error("it ends before it begins");
    return certificate;
  } catch (error) {
    return refuse("certificate-malformed", error instanceof Error ? error.message : undefined);
  }
}

/** The certificate of a signature, when such a certificate may make one. */
export function readLeaf(der: Buffer): Leaf {
  const certificate = parseCertificate(der);
  return guarded(() => {
    expectAlgorithm(certificate);
    expectSigner(certificate);
    const key = keyIn(certificate);
    return { certificate, der, key, spki: certificate.publicKey, identity: identityIn(certificate), issuer: issuerIn(certificate) };
  });
}

/** What the library throws for a field of the wrong type is said as what it is. */
export function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && error.name === "Refusal") throw error;
    return refuse("certificate-malformed", error instanceof Error ? error.message : undefined);
  }
}

/** The algorithm under a certificate must be one of ours, and the same inside and outside of what is signed. */
export function expectAlgorithm(certificate: X509Certificate): void {
  const outside = certificate.root.subs[1]!;
  if (!ALGORITHMS.includes(outside.subs[0]!.toOID())) refuse("certificate-algorithm", outside.subs[0]!.toOID());
  if (!certificate.tbsCertificate.subs[2]!.toDER().equals(outside.toDER())) refuse("certificate-algorithm", "it names two algorithms");
}

function expectSigner(certificate: X509Certificate): void {
  if (certificate.extBasicConstraints?.isCA || certificate.extKeyUsage?.keyCertSign) refuse("certificate-is-authority");
  if (!certificate.extKeyUsage?.digitalSignature) refuse("certificate-usage");
  if (!purposesOf(certificate)?.includes(CODE_SIGNING)) refuse("certificate-purpose", purposesOf(certificate)?.join(", ") ?? "it has none");
  for (const extension of certificate.extensions) {
    const name = extension.subs[0]!.toOID();
    if (certificate.extension(name)!.critical && !UNDERSTOOD.includes(name)) refuse("certificate-critical", name);
  }
}

/** The extended key usages, if there is such an extension. */
export function purposesOf(certificate: X509Certificate): readonly string[] | undefined {
  return certificate.extension(EXTENDED_KEY_USAGE)?.valueObj.subs[0]?.subs.map((one) => one.toOID());
}

/** Whether an authority may issue certificates for this purpose: it may when it names none, any, or this one. */
export function mayIssueFor(authority: X509Certificate): boolean {
  const purposes = purposesOf(authority);
  return purposes === undefined || purposes.includes(CODE_SIGNING) || purposes.includes(ANY_PURPOSE);
}

function keyIn(certificate: X509Certificate): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: certificate.publicKey, format: "der", type: "spki" });
  } catch (error) {
    return refuse("key-unsupported", error instanceof Error ? error.message : undefined);
  }
  if (!isAccepted(key)) refuse("key-unsupported", key.asymmetricKeyType);
  return key;
}

/** The one subject alternative name: a URI, an address, or Fulcio's user name. */
function identityIn(certificate: X509Certificate): string {
  const names = certificate.extension(ALTERNATIVE_NAME)?.valueObj.subs[0]?.subs ?? [];
  if (names.length === 0) refuse("identity-missing");
  if (names.length > 1) refuse("identity-ambiguous");
  const [name] = names;
  if (name!.tag.isContextSpecific(6) || name!.tag.isContextSpecific(1)) return printable(name!.value.toString("latin1"));
  if (name!.tag.isContextSpecific(0) && name!.subs[0]?.toOID() === `${FULCIO}.7`) return printable(name!.subs[1]!.subs[0]!.value.toString("utf8"));
  return refuse("identity-missing", "the name is neither a URI nor an address");
}

function issuerIn(certificate: X509Certificate): string {
  const now = extensionText(certificate, "8");
  const before = extensionText(certificate, "1");
  if (now !== undefined && before !== undefined && now !== before) refuse("issuer-ambiguous", `${now} and ${before}`);
  return printable(now ?? before ?? refuse("issuer-missing"));
}

/** The text of one of Fulcio's extensions. Up to number 6 they hold the bare text, from 8 on a DER UTF8String. */
export function extensionText(certificate: X509Certificate, number: string): string | undefined {
  const extension = certificate.extension(`${FULCIO}.${number}`);
  if (!extension) return undefined;
  if (Number(number) <= 6) return extension.value.toString("utf8");
  const [text] = extension.valueObj.subs;
  // 0x0c: UTF8String.
  return text && extension.valueObj.subs.length === 1 && text.tag.toDER() === 0x0c ? text.value.toString("utf8") : undefined;
}

/** A name with spaces or control characters could pass for another one on a screen. */
function printable(name: string): string {
  if (!/^[^\s\p{C}]+$/u.test(name)) refuse("identity-missing", "the name has characters that no name has");
  return name;
}
