/** The one algorithm that each key may sign with, and the signature made with it. */
import { constants, verify } from "node:crypto";
import type { Certificate } from "./notation-certificate.ts";
import { NotationFault } from "./notation-codes.ts";
import type { Algorithm } from "./notation-envelope.ts";
import { nameOf } from "./notation-names.ts";

const BY_RSA_BITS: ReadonlyMap<number | undefined, Algorithm> = new Map([[2048, "PS256"], [3072, "PS384"], [4096, "PS512"]]);
const BY_CURVE: ReadonlyMap<string | undefined, Algorithm> = new Map([["prime256v1", "ES256"], ["secp384r1", "ES384"], ["secp521r1", "ES512"]]);

/** The key is the source of truth: what an envelope says about itself only has to agree (algorithm substitution). */
export function algorithmOf(leaf: Certificate): Algorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = leaf.x509.publicKey;
  const algorithm = type === "rsa" ? BY_RSA_BITS.get(details?.modulusLength) : type === "ec" ? BY_CURVE.get(details?.namedCurve) : undefined;
  if (algorithm === undefined) throw new NotationFault("notation-key", `the key of ${nameOf(leaf)} is none that Notation signs with (RSA of 2048, 3072 or 4096 bits, P-256, P-384, P-521)`);
  return algorithm;
}

/** RSA always with PSS and a salt as long as the hash; ECDSA as `r` and `s` side by side. */
export function isSignature(leaf: Certificate, algorithm: Algorithm, signed: Uint8Array, signature: Uint8Array): boolean {
  const key = leaf.x509.publicKey;
  const hash = `sha${algorithm.slice(2)}`;
  return algorithm.startsWith("PS")
    ? verify(hash, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature)
    : verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
}
