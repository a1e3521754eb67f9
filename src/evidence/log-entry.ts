/**
 * That an entry of a transparency log is about this signature: the entry's signature, contents and signer must
 * all be ours. An entry about something else proves nothing, however well the log has signed it.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import { refuse } from "./codes.ts";
import { fromBase64, fromPem } from "./encodings.ts";
import { type Fields, fieldsOf, listOf, readJson, textOf } from "./strict-json.ts";

/** What an entry has to be about. */
export interface Logged {
  readonly message: Buffer;
  readonly signature: Buffer;
  /** Of a DSSE envelope: its payload, and the envelope as it stands, where that was kept. */
  readonly payload?: Buffer;
  readonly envelope?: Buffer;
  /** The certificate, or the public key where there is none. */
  readonly signer: { readonly certificate: Buffer } | { readonly spki: Buffer };
}

/** Refuses unless the entry is about what is given. */
export function expectEntry(entry: TransparencyLogEntry, logged: Logged): void {
  const body = fieldsOf(readBody(entry.canonicalizedBody), "the log entry");
  const kind = `${String(body["kind"])}/${String(body["apiVersion"])}`;
  const { kind: named, version } = entry.kindVersion;
  if (kind !== `${named}/${version}`) refuse("entry-kind", `${kind} instead of ${named}/${version}`);
  const compare = Object.hasOwn(KINDS, kind) ? KINDS[kind]! : refuse("entry-kind", kind.slice(0, 80));
  compare(fieldsOf(body["spec"], "spec"), logged);
}

function readBody(body: Buffer): unknown {
  try {
    return readJson(body);
  } catch (error) {
    return refuse("entry-malformed", error instanceof Error ? error.message : undefined);
  }
}

const KINDS: Readonly<Record<string, (spec: Fields, logged: Logged) => void>> = {
  "hashedrekord/0.0.1"(spec, logged) {
    const signature = fieldsOf(spec["signature"], "signature");
    expectSame("entry-signature", base64(signature, "content"), logged.signature);
    expectHash(fieldsOf(fieldsOf(spec["data"], "data")["hash"], "hash"), logged.message);
    expectPem(base64(fieldsOf(signature["publicKey"], "publicKey"), "content"), logged);
  },
  "hashedrekord/0.0.2"(spec, logged) {
    const record = fieldsOf(spec["hashedRekordV002"], "hashedRekordV002");
    const signature = fieldsOf(record["signature"], "signature");
    expectSame("entry-signature", base64(signature, "content"), logged.signature);
    expectDigest(fieldsOf(record["data"], "data"), logged.message);
    expectVerifier(fieldsOf(signature["verifier"], "verifier"), logged);
  },
  "dsse/0.0.1"(spec, logged) {
    const signature = onlySignature(spec["signatures"]);
    expectSame("entry-signature", base64(signature, "signature"), logged.signature);
    expectHash(fieldsOf(spec["payloadHash"], "payloadHash"), payloadOf(logged));
    expectPem(base64(signature, "verifier"), logged);
  },
  "dsse/0.0.2"(spec, logged) {
    const record = fieldsOf(spec["dsseV002"], "dsseV002");
    const signature = onlySignature(record["signatures"]);
    expectSame("entry-signature", base64(signature, "content"), logged.signature);
    expectDigest(fieldsOf(record["payloadHash"], "payloadHash"), payloadOf(logged));
    expectVerifier(fieldsOf(signature["verifier"], "verifier"), logged);
  },
  // The oldest kind keeps no signature, but the hash of the envelope with the signature in it.
  "intoto/0.0.1"(spec, logged) {
    const content = fieldsOf(spec["content"], "content");
    expectHash(fieldsOf(content["payloadHash"], "payloadHash"), payloadOf(logged));
    expectHash(fieldsOf(content["hash"], "hash"), logged.envelope ?? refuse("entry-signature", "the envelope it names is not kept"));
    expectPem(base64(spec, "publicKey"), logged);
  },
  // The signature is base64 of base64, and so is the key.
  "intoto/0.0.2"(spec, logged) {
    const content = fieldsOf(spec["content"], "content");
    const signature = onlySignature(fieldsOf(content["envelope"], "envelope")["signatures"]);
    expectSame("entry-signature", fromBase64(base64(signature, "sig").toString("latin1"), "sig"), logged.signature);
    expectHash(fieldsOf(content["payloadHash"], "payloadHash"), payloadOf(logged));
    expectPem(base64(signature, "publicKey"), logged);
  },
};

const base64 = (fields: Fields, name: string): Buffer => fromBase64(textOf(fields[name], name), name);
const payloadOf = ({ payload }: Logged): Buffer => payload ?? refuse("entry-kind", "an entry about an envelope, and there is none");

function onlySignature(value: unknown): Fields {
  const signatures = listOf(value, "signatures");
  if (signatures.length !== 1) refuse("entry-signature", `it has ${signatures.length} signatures`);
  return fieldsOf(signatures[0], "the signature");
}

function expectSame(code: "entry-signature" | "entry-digest" | "entry-signer", theirs: Buffer, ours: Buffer): void {
  if (!theirs.equals(ours)) refuse(code);
}

const HASHES: Readonly<Record<string, string>> = { sha256: "sha256", sha384: "sha384", sha512: "sha512", SHA2_256: "sha256", SHA2_384: "sha384", SHA2_512: "sha512" };

function expectContents(algorithm: unknown, digest: Buffer, contents: Buffer): void {
  const hash = HASHES[String(algorithm)] ?? refuse("entry-digest", `its algorithm is ${String(algorithm).slice(0, 40)}`);
  expectSame("entry-digest", digest, createHash(hash).update(contents).digest());
}

/** The form of the first log: `{algorithm: "sha256", value: hex}`. */
function expectHash(hash: Fields, contents: Buffer): void {
  expectContents(hash["algorithm"], Buffer.from(textOf(hash["value"], "value"), "hex"), contents);
}

/** The form of the second log: `{algorithm: "SHA2_256", digest: base64}`. */
function expectDigest(digest: Fields, contents: Buffer): void {
  expectContents(digest["algorithm"], base64(digest, "digest"), contents);
}

function expectPem(pem: Buffer, { signer }: Logged): void {
  const { label, der } = fromPem(pem.toString("latin1"), "the signer in the log entry");
  expectSigner(label === "CERTIFICATE" ? { certificate: der } : { spki: der }, signer);
}

function expectVerifier(verifier: Fields, { signer }: Logged): void {
  const of = (name: string): Buffer => base64(fieldsOf(verifier[name], name), "rawBytes");
  expectSigner(verifier["x509Certificate"] === undefined ? { spki: of("publicKey") } : { certificate: of("x509Certificate") }, signer);
}

function expectSigner(theirs: Logged["signer"], ours: Logged["signer"]): void {
  if ("certificate" in ours) expectSame("entry-signer", "certificate" in theirs ? theirs.certificate : Buffer.alloc(0), ours.certificate);
  else expectSame("entry-signer", "spki" in theirs ? theirs.spki : Buffer.alloc(0), ours.spki);
}
