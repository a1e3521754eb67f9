/** One X.509 certificate: what Node tells about it, and from its DER what Node does not tell. */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { ASN1Obj } from "@sigstore/core";
import { messageOf } from "../model/errors.ts";
import { NotationFault, reading } from "./notation-codes.ts";

export interface Certificate {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  /** DER of the names. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Attributes of the subject in their order: OID and text. A name with two values in one part is `undefined`. */
  readonly attributes: readonly (readonly [oid: string, value: string])[] | undefined;
  readonly extensions: ReadonlyMap<string, Extension>;
}

interface Extension {
  readonly critical: boolean;
  readonly value: ASN1Obj;
}

export const BASIC_CONSTRAINTS = "2.5.29.19";
export const KEY_USAGE = "2.5.29.15";
export const EXTENDED_KEY_USAGE = "2.5.29.37";
/** Only these are looked at; the specification wants every other extension ignored. */
const HONOURED = [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE];

/** Signatures by hashes that nobody can make collide. SHA-1 is not among them, and what is unknown is not either. */
const STRONG_SIGNATURES = new Set([
  "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
  "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4",
]);
const RSASSA_PSS = "1.2.840.113549.1.1.10";
const STRONG_HASHES = new Set(["2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"]);

/** `Buffer.from` copies, so that no reader sees a view into a pool. */
export const parseDer = (bytes: Uint8Array): ASN1Obj => ASN1Obj.parseBuffer(Buffer.from(bytes));

export function readCertificate(bytes: Uint8Array): Certificate {
  return reading("notation-certificate-malformed", "a certificate", () => {
    const der = Buffer.from(bytes);
    const x509 = new X509Certificate(der);
    const root = parseDer(der);
    // OpenSSL would drop what follows the certificate, and a comparison of bytes would not.
    if (!x509.raw.equals(der)) throw new Error("it is not exactly one DER value");
    const body = root.subs[0]!.subs;
    if (!body[0]!.tag.isContextSpecific(0) || body[0]!.subs[0]!.toInteger() !== 2n) throw new Error("it is not of version 3");
    const [, serial, , issuer, validity, subject] = body as [ASN1Obj, ASN1Obj, ASN1Obj, ASN1Obj, ASN1Obj, ASN1Obj];
    return {
      der,
      x509,
      serial: serial.value,
      issuer: issuer.value,
      subject: subject.value,
      notBefore: validity.subs[0]!.toDate(),
      notAfter: validity.subs[1]!.toDate(),
      attributes: readName(subject),
      extensions: readExtensions(body.find((part) => part.tag.isContextSpecific(3))),
    };
  });
}

/** Every certificate of a PEM text of the policy. */
export function readPem(text: string): readonly Certificate[] {
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)];
  try {
    if (blocks.length === 0) throw new Error("there is no CERTIFICATE in it");
    return blocks.map(([, body]) => readCertificate(Buffer.from(body!, "base64")));
  } catch (error) {
    throw new NotationFault("notation-policy", `an authority of the policy cannot be read: ${messageOf(error)}`, "unknown");
  }
}

function readExtensions(list: ASN1Obj | undefined): Map<string, Extension> {
  const found = new Map<string, Extension>();
  for (const { subs } of list?.subs[0]?.subs ?? []) {
    const oid = subs[0]!.toOID();
    if (!HONOURED.includes(oid)) continue;
    if (found.has(oid)) throw new Error(`it has the extension ${oid} twice`);
    found.set(oid, { critical: subs.length === 3 && subs[1]!.toBoolean(), value: parseDer(subs.at(-1)!.value) });
  }
  return found;
}

const UTF8_STRING = 12;
const PRINTABLE_STRING = 19;
const IA5_STRING = 22;
const T61_STRING = 20;
const BMP_STRING = 30;

function readName(name: ASN1Obj): Certificate["attributes"] {
  if (name.subs.some((part) => part.subs.length !== 1)) return undefined;
  return name.subs.map((part) => {
    const [oid, value] = part.subs[0]!.subs;
    return [oid!.toOID(), readText(value!)] as const;
  });
}

function readText({ tag, value }: ASN1Obj): string {
  if (tag.number === UTF8_STRING) return new TextDecoder("utf-8", { fatal: true }).decode(value);
  if (tag.number === BMP_STRING) return Buffer.from(value).swap16().toString("utf16le");
  if ([PRINTABLE_STRING, IA5_STRING, T61_STRING].includes(tag.number)) return value.toString("latin1");
  throw new Error("its subject has a value that is not a text");
}

/** Whether the bits stand in the key usage; `undefined` where there is no key usage. */
export function keyUsage(certificate: Certificate): { readonly bits: readonly number[]; readonly critical: boolean } | undefined {
  const extension = certificate.extensions.get(KEY_USAGE);
  if (extension === undefined) return undefined;
  return { critical: extension.critical, bits: extension.value.toBitString().flatMap((bit, index) => (bit === 1 ? [index] : [])) };
}

export function basicConstraints(certificate: Certificate): { readonly authority: boolean; readonly critical: boolean; readonly below?: number } | undefined {
  const extension = certificate.extensions.get(BASIC_CONSTRAINTS);
  if (extension === undefined) return undefined;
  const flag = extension.value.subs.find((part) => part.tag.isBoolean());
  const below = extension.value.subs.find((part) => part.tag.isInteger());
  return { authority: flag?.toBoolean() ?? false, critical: extension.critical, ...(below === undefined ? {} : { below: Number(below.toInteger()) }) };
}

/** Name and signature: that `certificate` was issued by `issuer`. */
export function issuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return certificate.issuer.equals(issuer.subject) && certificate.x509.verify(issuer.x509.publicKey);
}

export const validAt = (certificate: Certificate, from: Date, to = from): boolean => certificate.notBefore <= from && to <= certificate.notAfter;

/** Whether its own signature is one that can still be believed. */
export function isStrong(certificate: Certificate): boolean {
  const [oid, parameters] = parseDer(certificate.der).subs[1]!.subs;
  if (oid!.toOID() !== RSASSA_PSS) return STRONG_SIGNATURES.has(oid!.toOID());
  const hash = parameters?.subs.find((part) => part.tag.isContextSpecific(0))?.subs[0]?.subs[0];
  return hash !== undefined && STRONG_HASHES.has(hash.toOID());
}
