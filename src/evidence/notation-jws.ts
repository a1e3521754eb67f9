/** A Notation signature as flattened JWS JSON (signature-envelope-jws.md of the Notary Project, RFC 7515). */
import { Buffer } from "node:buffer";
import { NotationFault } from "./notation-codes.ts";
import { type Envelope, readAttributes, SIGNED_NAMES } from "./notation-envelope.ts";
import { asObject, bytesOf, readObject } from "./notation-json.ts";

const FIELDS = ["payload", "protected", "header", "signature"];
const REGISTERED = ["alg", "cty", "crit"];
const CHAIN = "x5c";
const TIMESTAMP = "io.cncf.notary.timestampSignature";
/** RFC 3339. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

export function readJws(bytes: Uint8Array): Envelope {
  const envelope = readObject(bytes, "the JWS envelope", FIELDS);
  const strange = Object.keys(envelope).find((key) => !FIELDS.includes(key));
  if (strange !== undefined) throw new NotationFault("notation-malformed", `the JWS envelope has the field "${strange}", which Notation does not allow`);

  const signedPart = readObject(bytesOf(envelope["protected"], "base64url", "the protected header"), "the protected header", [...REGISTERED, ...SIGNED_NAMES, CHAIN, TIMESTAMP]);
  const header = asObject(envelope["header"], "the unprotected header", [...REGISTERED, ...SIGNED_NAMES, CHAIN, TIMESTAMP]);
  // RFC 7515, section 4: no name may stand in both; and what decides may stand in the signed one only.
  const misplaced = Object.keys(header).find((key) => Object.hasOwn(signedPart, key) || REGISTERED.includes(key) || SIGNED_NAMES.includes(key));
  if (misplaced !== undefined) throw new NotationFault("notation-malformed", `"${misplaced}" may not stand in the unprotected header`);

  if (typeof signedPart["alg"] !== "string") throw new NotationFault("notation-algorithm", "the protected header names no algorithm");
  const chain = header[CHAIN];
  if (!Array.isArray(chain) || chain.length === 0) throw new NotationFault("notation-malformed", "the envelope has no certificate chain");
  const stamp = header[TIMESTAMP];
  return {
    format: "notation-jws",
    algorithm: signedPart["alg"],
    attributes: readAttributes({
      contentType: signedPart["cty"],
      critical: signedPart["crit"],
      named: new Map(Object.entries(signedPart)),
      time: (value) => (typeof value === "string" && TIME.test(value) ? new Date(value) : undefined),
    }),
    chain: chain.map((one: unknown) => bytesOf(one, "base64", "a certificate")),
    payload: bytesOf(envelope["payload"], "base64url", "the payload"),
    signed: Buffer.from(`${String(envelope["protected"])}.${String(envelope["payload"])}`, "ascii"),
    signature: bytesOf(envelope["signature"], "base64url", "the signature"),
    ...(stamp === undefined ? {} : { timestamp: bytesOf(stamp, "base64", "the timestamp") }),
  };
}
