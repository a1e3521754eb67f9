/** Certificates, as Fulcio makes them, or not quite. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { bits, context, implicit, integer, octets, oid, sequence, set, tlv, utcTime, utf8, yes } from "./der.ts";

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const ecKey = (namedCurve = "prime256v1"): KeyPair => generateKeyPairSync("ec", { namedCurve });
export const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });
export const pemOf = (label: string, der: Buffer): string => `-----BEGIN ${label}-----\n${der.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END ${label}-----\n`;
export const sha256 = (...bytes: readonly (Buffer | string)[]): Buffer => bytes.reduce((hash, one) => hash.update(one), createHash("sha256")).digest();

export const name = (common: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(common))));
export const extension = (id: string, value: Buffer, critical = false): Buffer => sequence(oid(id), ...(critical ? [yes] : []), octets(value));

export const KEY_USAGE = { digitalSignature: bits(Buffer.from([0x80]), 7), keyCertSign: bits(Buffer.from([0x06]), 1) };
export const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
export const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
export const FULCIO = "1.3.6.1.4.1.57264.1";

export const keyUsage = (usage: Buffer): Buffer => extension("2.5.29.15", usage, true);
export const purposes = (ids: readonly string[], critical = false): Buffer => extension("2.5.29.37", sequence(...ids.map(oid)), critical);
export const authority = extension("2.5.29.19", sequence(yes), true);
export const names = (...generalNames: readonly Buffer[]): Buffer => extension("2.5.29.17", sequence(...generalNames), true);
export const uri = (text: string): Buffer => implicit(6, Buffer.from(text));
export const email = (text: string): Buffer => implicit(1, Buffer.from(text));
export const userName = (text: string): Buffer => context(0, oid(`${FULCIO}.7`), context(0, utf8(text)));

const SIGNATURES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ec: { sha1: "1.2.840.10045.4.1", sha224: "1.2.840.10045.4.3.1", sha256: "1.2.840.10045.4.3.2", sha384: "1.2.840.10045.4.3.3" },
  rsa: { sha1: "1.2.840.113549.1.1.5", sha256: "1.2.840.113549.1.1.11" },
};

export interface CertificateOptions {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signWith: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly from: Date;
  readonly to: Date;
  readonly serial?: number;
  readonly hash?: "sha1" | "sha224" | "sha256" | "sha384";
}

const algorithmOf = ({ signWith, hash = "sha256" }: CertificateOptions): Buffer => sequence(oid(SIGNATURES[signWith.asymmetricKeyType!]![hash]!), ...(signWith.asymmetricKeyType === "rsa" ? [tlv(0x05)] : []));

/** What a certificate's signature is over. */
export function toBeSigned(options: CertificateOptions): Buffer {
  const { subject, issuer, publicKey, extensions, from, to, serial = 7 } = options;
  return sequence(context(0, integer(2)), integer(serial), algorithmOf(options), name(issuer), sequence(utcTime(from), utcTime(to)), name(subject), spki(publicKey), context(3, sequence(...extensions)));
}

export function certificate(options: CertificateOptions): Buffer {
  const tbs = toBeSigned(options);
  return sequence(tbs, algorithmOf(options), bits(sign(options.hash ?? "sha256", tbs, options.signWith)));
}
