/** A Notation signature as flattened JWS JSON (signature-envelope-jws.md of the Notary Project, RFC 7515). */
import { Buffer } from "node:buffer";
import { refuse } from "./codes.ts";
import { fromBase64 } from "./encodings.ts";
import { NotationFault } from "./notation-codes.ts";
import { type Envelope, readAttributes, SIGNED_NAMES } from "./notation-envelope.ts";
import { fieldsOf, listOf, readJson, textOf } from "./strict-json.ts";

const FIELDS = ["payload", "protected", "header", "signature"];
const REGISTERED = ["alg", "cty", "crit"];
const CHAIN = "x5c";
const TIMESTAMP = "io.cncf.notary.timestampSignature";
/** RFC 3339. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Go's reader takes `X5C` for `x5c`: down to the headers' own fields, names that differ in case are the same name. */
const FOLDED_TO = 2;

export function readJws(bytes: Uint8Array): Envelope {
  const envelope = fieldsOf(readJson(bytes, FOLDED_TO), "the envelope");
  const strange = Object.keys(envelope).find((key) => !FIELDS.includes(key));
  if (strange !== undefined) refuse("malformed", `the envelope has the field "${strange}", which Notation does not allow`);

  const signedPart = fieldsOf(readJson(bytesOf(envelope["protected"], "the protected header"), FOLDED_TO), "the protected header");
  const header = fieldsOf(envelope["header"], "the unprotected header");
  // RFC 7515, section 4: no name may stand in both; and what decides may stand in the signed one only.
  const misplaced = Object.keys(header).find((key) => Object.hasOwn(signedPart, key) || REGISTERED.includes(key) || SIGNED_NAMES.includes(key));
  if (misplaced !== undefined) refuse("malformed", `"${misplaced}" may not stand in the unprotected header`);

  const algorithm = signedPart["alg"];
  if (typeof algorithm !== "string") throw new NotationFault("notation-algorithm", "the protected header names no algorithm");
  const stamp = header[TIMESTAMP];
  return {
    format: "notation-jws",
    algorithm,
    attributes: readAttributes({
      contentType: signedPart["cty"],
      critical: signedPart["crit"],
      named: new Map(Object.entries(signedPart)),
      time: (value) => (typeof value === "string" && TIME.test(value) ? new Date(value) : undefined),
    }),
    chain: listOf(header[CHAIN], "the certificate chain").map((one) => fromBase64(textOf(one, "a certificate"), "a certificate")),
    payload: bytesOf(envelope["payload"], "the payload"),
    signed: Buffer.from(`${String(envelope["protected"])}.${String(envelope["payload"])}`, "ascii"),
    signature: bytesOf(envelope["signature"], "the signature"),
    ...(stamp === undefined ? {} : { timestamp: fromBase64(textOf(stamp, "the timestamp"), "the timestamp") }),
  };
}

/** Base64 for addresses, in its one spelling. */
function bytesOf(value: unknown, what: string): Buffer {
  const text = textOf(value, what);
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length === 0 || bytes.toString("base64url") !== text) refuse("base64", what);
  return bytes;
}
