/** A Notation signature as COSE_Sign1_Tagged (signature-envelope-cose.md of the Notary Project, RFC 9052). */
import { decode, encode, Tag } from "cbor2";
import { Refusal } from "./codes.ts";
import { NotationFault } from "./notation-codes.ts";
import { type Envelope, readAttributes, SIGNED_NAMES } from "./notation-envelope.ts";

const SIGN1 = 18;
const EPOCH_TIME = 1;
const ALG = 1;
const CRIT = 2;
const CONTENT_TYPE = 3;
const X5CHAIN = 33;
const TIMESTAMP = "io.cncf.notary.timestampSignature";
const ALGORITHMS: ReadonlyMap<unknown, string> = new Map([[-37, "PS256"], [-38, "PS384"], [-39, "PS512"], [-7, "ES256"], [-35, "ES384"], [-36, "ES512"]]);
/** One encoding for each value, nothing that another reader could take otherwise; and no tags that become something else. */
const STRICT = { rejectDuplicateKeys: true, rejectStreaming: true, requirePreferred: true, preferMap: true, ignoreGlobalTags: true, maxDepth: 8 } as const;

const fault = (message: string): Refusal => new Refusal("malformed", message);
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length > 0;

/** A copy: cbor2 hands out other things for a `Buffer` than for a `Uint8Array`. */
const read = (bytes: Uint8Array): unknown => decode(Uint8Array.from(bytes), STRICT);

export function readCose(bytes: Uint8Array): Envelope {
  const tagged = read(bytes);
  if (!(tagged instanceof Tag) || Number(tagged.tag) !== SIGN1) throw fault("the envelope is not a tagged COSE_Sign1");
  const parts = tagged.contents;
  if (!Array.isArray(parts) || parts.length !== 4) throw fault("a COSE_Sign1 has four parts");
  const [head, unsigned, payload, signature] = parts as unknown[];
  if (!isBytes(head) || !(unsigned instanceof Map) || !isBytes(payload) || !isBytes(signature)) throw fault("a part of the COSE_Sign1 is empty, or not of its type");
  const named = read(head);
  if (!(named instanceof Map)) throw fault("the protected header is not a map");
  for (const key of unsigned.keys()) if (named.has(key) || [ALG, CRIT, CONTENT_TYPE].includes(key as number) || SIGNED_NAMES.includes(key as string)) throw fault(`${JSON.stringify(key)} may not stand in the unprotected header`);

  const algorithm = ALGORITHMS.get(named.get(ALG));
  if (algorithm === undefined) throw new NotationFault("notation-algorithm", `the algorithm ${String(named.get(ALG))} is not one of Notation`);
  const stamp: unknown = unsigned.get(TIMESTAMP);
  if (stamp !== undefined && !isBytes(stamp)) throw fault("the timestamp is not a byte string");
  return {
    format: "notation-cose",
    algorithm,
    attributes: readAttributes({ contentType: named.get(CONTENT_TYPE), critical: named.get(CRIT), named, time: readTime }),
    // The specification lets the chain stand in either header.
    chain: readChain(unsigned.get(X5CHAIN) ?? named.get(X5CHAIN)),
    payload,
    signed: encode(["Signature1", head, new Uint8Array(0), payload]),
    signature,
    ...(stamp === undefined ? {} : { timestamp: stamp }),
  };
}

function readChain(value: unknown): readonly Uint8Array[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isBytes)) throw fault("the envelope has no certificate chain");
  return value;
}

/** Tag 1 over whole seconds. */
function readTime(value: unknown): Date | undefined {
  if (!(value instanceof Tag) || Number(value.tag) !== EPOCH_TIME || !Number.isSafeInteger(value.contents)) return undefined;
  return new Date(Number(value.contents) * 1000);
}
