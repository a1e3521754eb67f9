/** Which signatures fit a public key: the key alone says the algorithms, nothing that comes with the signature does. */
import { Buffer } from "node:buffer";
import { constants, createHash, createPublicKey, type KeyObject, verify, type VerifyKeyObjectInput } from "node:crypto";
import type { Signer } from "../model/evidence.ts";
import { refuse } from "./codes.ts";
import { fromPem } from "./encodings.ts";

/** For each curve the hashes that signers use, the usual one first; cosign took SHA-256 for every curve for years. */
const CURVES: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ["sha256"],
  secp384r1: ["sha384", "sha256"],
  secp521r1: ["sha512", "sha256"],
};
const SMALLEST_RSA = 2048;

type Attempt = readonly [hash: string | null, options: Omit<VerifyKeyObjectInput, "key">];

const PKCS1: Attempt = ["sha256", { padding: constants.RSA_PKCS1_PADDING }];
const pss = (saltLength: number): Attempt => ["sha256", { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }];
const PSS = pss(constants.RSA_PSS_SALTLEN_AUTO);

/** The ways in which this key may have signed; none for a key that is not accepted. */
function attempts({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly Attempt[] {
  const strong = (details?.modulusLength ?? 0) >= SMALLEST_RSA;
  switch (type) {
    case "ec":
      return (CURVES[details?.namedCurve ?? ""] ?? []).map((hash) => [hash, { dsaEncoding: "der" }]);
    case "rsa":
      return strong ? [PKCS1, PSS] : [];
    case "rsa-pss":
      // OpenSSL guesses no salt for a key that prescribes one.
      return strong ? [PSS, pss(constants.RSA_PSS_SALTLEN_DIGEST)] : [];
    case "ed25519":
      return [[null, {}]];
    default:
      return [];
  }
}

export const isAccepted = (key: KeyObject): boolean => attempts(key).length > 0;

/** Whether the key signed these bytes. */
export function fits(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return attempts(key).some(([hash, options]) => {
    try {
      return verify(hash, message, { ...options, key }, signature);
    } catch {
      return false;
    }
  });
}

/** The key's SPKI, which is the same however the key was written. */
export const spkiOf = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** A key of the policy. */
export interface KnownKey {
  readonly key: KeyObject;
  readonly spki: Buffer;
  /** SHA-256 of the SPKI in hex, and in base64 as cosign's hint. */
  readonly id: string;
  readonly hint: string;
}

const read = new WeakMap<Signer, KnownKey>();

/** The key of a signer. A private key or a certificate is no public key, though OpenSSL would take either. */
export function keyOf(signer: Extract<Signer, { is: "key" }>): KnownKey {
  let known = read.get(signer);
  if (!known) {
    known = parse(signer);
    read.set(signer, known);
  }
  return known;
}

function parse({ pem, file, name }: Extract<Signer, { is: "key" }>): KnownKey {
  try {
    const { label, der } = fromPem(pem, file);
    if (label !== "PUBLIC KEY") throw new Error(`a PEM block PUBLIC KEY is expected, this is ${label}`);
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    if (!isAccepted(key)) throw new Error("its kind or size is not accepted");
    const spki = spkiOf(key);
    const hash = createHash("sha256").update(spki).digest();
    return { key, spki, id: hash.toString("hex"), hint: hash.toString("base64") };
  } catch (error) {
    return refuse("key-unreadable", `${file} of the signer ${name}: ${error instanceof Error ? error.message : error}`);
  }
}
