/** Enough DER (X.690) to make certificates (RFC 5280) and timestamps (RFC 3161), the right ones and the wrong ones. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const hex = body.length.toString(16);
  const long = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x80 | long.length, ...long]), body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
export const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
export const flag = (value: boolean): Buffer => der(0x01, Buffer.of(value ? 0xff : 0));
export const integer = (value: number | Uint8Array): Buffer => der(0x02, typeof value === "number" ? Buffer.of(value) : Buffer.concat([Buffer.of(1), value]));
export const time = (date: Date, fraction = ""): Buffer => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+Z$/g, "") + `${fraction}Z`));

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  const arc = (value: number): number[] => {
    const bytes = [value & 127];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift(128 | (left & 127));
    return bytes;
  };
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(arc)]));
}

const ATTRIBUTES: Readonly<Record<string, string>> = { C: "2.5.4.6", ST: "2.5.4.8", L: "2.5.4.7", O: "2.5.4.10", OU: "2.5.4.11", CN: "2.5.4.3" };

/** `[["C", "US"], ["O", "acme"]]`, one attribute in each part of the name. */
export const name = (attributes: readonly (readonly [string, string])[]): Buffer =>
  sequence(...attributes.map(([type, value]) => set(sequence(oid(ATTRIBUTES[type]!), der(0x0c, Buffer.from(value))))));

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const ec = (namedCurve: string): KeyPair => generateKeyPairSync("ec", { namedCurve });
export const rsa = (modulusLength: number): KeyPair => generateKeyPairSync("rsa", { modulusLength });

export const OIDS = {
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
} as const;

export const extension = (id: string, critical: boolean, value: Uint8Array): Buffer => sequence(oid(id), ...(critical ? [flag(true)] : []), octets(value));

/** Key usage with the bits that are numbered in RFC 5280, section 4.2.1.3. */
export function keyUsage(bits: readonly number[], critical = true): Buffer {
  const most = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(most / 8) + 1);
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return extension(OIDS.keyUsage, critical, der(0x03, Buffer.concat([Buffer.of(7 - (most % 8)), bytes])));
}

export const basicConstraints = (authority: boolean, below?: number, critical = true): Buffer =>
  extension(OIDS.basicConstraints, critical, sequence(...(authority ? [flag(true)] : []), ...(below === undefined ? [] : [integer(below)])));

export const extendedKeyUsage = (purposes: readonly string[], critical = false): Buffer =>
  extension(OIDS.extendedKeyUsage, critical, sequence(...purposes.map(oid)));

export interface Issued {
  readonly der: Buffer;
  readonly name: Buffer;
  readonly serial: Buffer;
  readonly keys: KeyPair;
}

export interface CertificateOptions {
  readonly name: Buffer;
  readonly keys: KeyPair;
  /** Absent: self-signed. */
  readonly issuer?: Pick<Issued, "name" | "keys">;
  readonly extensions: readonly Buffer[];
  readonly from?: Date;
  readonly to?: Date;
  readonly hash?: "sha1" | "sha256";
}

const DAY = 24 * 60 * 60 * 1000;

export function certificate(options: CertificateOptions): Issued {
  const issuer = options.issuer ?? options;
  const hash = options.hash ?? "sha256";
  const isRsa = issuer.keys.privateKey.asymmetricKeyType === "rsa";
  const algorithm = isRsa
    ? sequence(oid(hash === "sha1" ? "1.2.840.113549.1.1.5" : "1.2.840.113549.1.1.11"), der(0x05))
    : sequence(oid(hash === "sha1" ? "1.2.840.10045.4.1" : "1.2.840.10045.4.3.2"));
  const serial = integer(randomBytes(8));
  const body = sequence(
    der(0xa0, integer(2)),
    serial,
    algorithm,
    issuer.name,
    sequence(time(options.from ?? new Date(Date.now() - DAY)), time(options.to ?? new Date(Date.now() + DAY))),
    options.name,
    options.keys.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...options.extensions)),
  );
  const signature = sign(hash, body, issuer.keys.privateKey);
  return { der: sequence(body, algorithm, der(0x03, Buffer.of(0), signature)), name: options.name, serial, keys: options.keys };
}

export const pem = ({ der: bytes }: Pick<Issued, "der">): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

export interface TokenOptions {
  readonly signer: Issued;
  readonly certificates: readonly Issued[];
  /** What is stamped. */
  readonly over: Uint8Array;
  readonly at: Date;
  readonly accuracySeconds?: number;
  readonly imprintHash?: "sha1" | "sha256";
  /** The certificate that the identifier names, when it is not the signer's. */
  readonly identifies?: Issued;
  readonly identifier?: boolean;
  /** Another content than the one whose digest is signed. */
  readonly swapContent?: boolean;
}

/** A TimeStampToken: CMS signed data over a TSTInfo. */
export function timestampToken(options: TokenOptions): Buffer {
  const { signer, certificates, over, at } = options;
  const sha256 = sequence(oid(OIDS.sha256));
  const hash = options.imprintHash ?? "sha256";
  const info = (moment: Date): Buffer =>
    sequence(
      integer(1),
      oid("1.3.6.1.4.1.99999.1"),
      sequence(sequence(oid(OIDS[hash])), octets(createHash(hash).update(over).digest())),
      integer(randomBytes(8)),
      time(moment, ".25"),
      ...(options.accuracySeconds === undefined ? [] : [sequence(integer(options.accuracySeconds))]),
    );
  const signedContent = info(at);
  const shown = options.swapContent ? info(new Date(at.getTime() - 3_600_000)) : signedContent;
  const digest = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
  const attributes = [
    sequence(oid("1.2.840.113549.1.9.3"), set(oid("1.2.840.113549.1.9.16.1.4"))),
    sequence(oid("1.2.840.113549.1.9.4"), set(octets(digest(signedContent)))),
    ...(options.identifier === false ? [] : [sequence(oid("1.2.840.113549.1.9.16.2.47"), set(sequence(sequence(sequence(octets(digest((options.identifies ?? signer).der)))))))]),
  ];
  const isRsa = signer.keys.privateKey.asymmetricKeyType === "rsa";
  const signerInfo = sequence(
    integer(1),
    sequence(issuerOf(signer.der), signer.serial),
    sha256,
    der(0xa0, ...attributes),
    sequence(oid(isRsa ? "1.2.840.113549.1.1.1" : "1.2.840.10045.4.3.2")),
    octets(sign("sha256", set(...attributes), signer.keys.privateKey)),
  );
  const content = sequence(oid("1.2.840.113549.1.9.16.1.4"), der(0xa0, octets(shown)));
  return sequence(
    oid("1.2.840.113549.1.7.2"),
    der(0xa0, sequence(integer(3), set(sha256), content, der(0xa0, ...certificates.map((one) => one.der)), set(signerInfo))),
  );
}

/** The issuer's name as it stands in a certificate of ours: after version, serial number and algorithm. */
function issuerOf(bytes: Buffer): Buffer {
  const element = (at: number): { readonly start: number; readonly body: number; readonly end: number } => {
    const short = bytes[at + 1]!;
    const count = short < 128 ? 0 : short & 127;
    const length = count === 0 ? short : bytes.readUIntBE(at + 2, count);
    return { start: at, body: at + 2 + count, end: at + 2 + count + length };
  };
  let part = element(element(element(0).body).body);
  for (let skip = 0; skip < 3; skip += 1) part = element(part.end);
  return bytes.subarray(part.start, part.end);
}
