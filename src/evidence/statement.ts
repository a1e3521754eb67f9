/** What a signed payload says, and whether it says it about our digest. */
import { Buffer } from "node:buffer";
import { dsse } from "@sigstore/core";
import type { Subject } from "../model/evidence.ts";
import { refuse } from "./codes.ts";
import { fromBase64 } from "./encodings.ts";
import { type Fields, fieldsOf, listOf, readJson, textOf } from "./strict-json.ts";

/** The predicate of cosign 3 that signs an image; every other predicate states something about it. */
export const SIGNS = "https://sigstore.dev/cosign/sign/v1";

const IN_TOTO = "application/vnd.in-toto+json";
const STATEMENTS = ["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"];
const SIMPLESIGNING = "cosign container image signature";

/** A DSSE envelope with its one signature. */
export interface Envelope {
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What the signature is over. */
  readonly message: Buffer;
}

export function readEnvelope(value: unknown): Envelope {
  const envelope = fieldsOf(value, "the envelope");
  const payloadType = textOf(envelope["payloadType"], "payloadType");
  if (payloadType !== IN_TOTO) refuse("payload-type", payloadType.slice(0, 80));
  const signatures = listOf(envelope["signatures"], "signatures");
  if (signatures.length !== 1) refuse("signature-count", `it has ${signatures.length}`);
  const payload = fromBase64(textOf(envelope["payload"], "payload"), "payload");
  const signature = readSignature(textOf(fieldsOf(signatures[0], "the signature")["sig"], "sig"));
  return { payload, signature, message: dsse.preAuthEncoding(payloadType, payload) };
}

export function readSignature(text: string): Buffer {
  const signature = fromBase64(text, "the signature");
  if (signature.length === 0) refuse("signature-empty");
  return signature;
}

/** An in-toto statement, read but not yet proved. */
export interface InToto {
  readonly predicateType: string;
  readonly subjects: readonly Fields[];
}

export function readStatement(payload: Uint8Array): InToto {
  const statement = fieldsOf(readJson(payload, 1), "the statement");
  if (!STATEMENTS.includes(statement["_type"] as string)) refuse("statement-type", String(statement["_type"]).slice(0, 80));
  const predicateType = statement["predicateType"];
  if (typeof predicateType !== "string" || predicateType === "") refuse("predicate-type");
  const subjects = listOf(statement["subject"], "subject").map((one) => fieldsOf(fieldsOf(one, "a subject")["digest"], "a subject's digest"));
  return { predicateType, subjects };
}

/** At least one subject must be ours, by the algorithm that our digest is written in. */
export function expectSubject({ subjects }: InToto, { digest }: Subject): void {
  const [algorithm, hex] = digest.split(":") as [string, string];
  if (subjects.some((digests) => Object.hasOwn(digests, algorithm) && digests[algorithm] === hex)) return;
  const named = subjects.flatMap((digests) => Object.entries(digests).map(([name, value]) => `${name}:${String(value)}`));
  refuse("subject-mismatch", `${named.slice(0, 3).join(", ") || "none"} instead of ${digest}`);
}

/** cosign's older payload: which digest, and that it is a signature of an image at all. */
export function expectSimpleSigning(payload: Uint8Array, { digest }: Subject): void {
  const critical = fieldsOf(fieldsOf(readJson(payload, 3), "the payload")["critical"], "critical");
  if (critical["type"] !== SIMPLESIGNING) refuse("simplesigning-type", String(critical["type"]).slice(0, 80));
  const signed = fieldsOf(critical["image"], "critical.image")["docker-manifest-digest"];
  if (signed !== digest) refuse("subject-mismatch", `${String(signed).slice(0, 140)} instead of ${digest}`);
}
