/** What is signed: another digest, another type, a text that two readers read differently. */
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import {
  artifact, BUNDLE, bundleOf, by, byPss, DIGEST, DSSE, envelopeOf, legacyAttestation, legacySignature, MANIFEST, messageSignature, OTHER, payloadOf, SIMPLESIGNING, statementOf, SUBJECT,
} from "../make/artifacts.ts";
import { ecKey, pemOf, sha256, spki } from "../make/certificates.ts";
import { keySigner } from "../make/sigstore.ts";
import { type Attack, keys, ours, strangers } from "./attack.ts";

const signWith = by(keys.privateKey);
const hint = { publicKey: { hint: sha256(spki(keys.publicKey)).toString("base64") } };
const signed = (payload: Buffer): Attack["make"] => () => ({ artifact: legacySignature(payload, signWith(payload)), trust: ours });
const stated = (payload: Buffer, type?: string): Attack["make"] => () => ({ artifact: legacyAttestation(envelopeOf(payload, signWith, {}, type)), trust: ours });
const bundled = (payload: Buffer): Attack["make"] => () => ({ artifact: bundleOf({ dsseEnvelope: envelopeOf(payload, signWith).json }, hint), trust: ours });
const enveloped = (change: (json: Record<string, unknown>) => Record<string, unknown>): Attack["make"] => () => {
  const { json, bytes: _bytes, ...rest } = envelopeOf(statementOf(), signWith);
  return { artifact: legacyAttestation({ ...rest, json, bytes: Buffer.from(JSON.stringify(change(json))) }), trust: ours };
};
const text = (json: string): Buffer => Buffer.from(json);
const noted = (signature: string): Attack["make"] => () => ({ artifact: legacySignature(payloadOf(), signature), trust: ours });
const genuine = (): Buffer => signWith(payloadOf());

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
const wide = ecKey("secp384r1");
const koblitz = ecKey("secp256k1");
const edwards = generateKeyPairSync("ed25519");
const trusting = (pair: typeof keys): typeof ours => ({ signers: [keySigner(pair)], roots: [] });

export const PAYLOADS: readonly Attack[] = [
  // A good signature over another digest.
  { name: "a simplesigning payload of another digest", refused: "subject-mismatch", make: signed(payloadOf(OTHER)) },
  { name: "an envelope about another digest", refused: "subject-mismatch", make: stated(statementOf({ subject: [{ digest: { sha256: OTHER.slice(7) } }] })) },
  { name: "a replayed bundle of another digest", refused: "subject-mismatch", make: bundled(statementOf({ subject: [{ digest: { sha256: OTHER.slice(7) } }] })) },
  { name: "a message signature over another manifest", refused: "subject-mismatch", make: () => ({ artifact: bundleOf(messageSignature(text("other"), signWith(text("other"))), hint), trust: ours }) },
  { name: "a message signature that says our digest and signs other bytes", refused: "signature-mismatch", make: () => ({ artifact: bundleOf(messageSignature(MANIFEST, signWith(text("other"))), hint), trust: ours }) },
  { name: "a message signature where the manifest was not read", refused: "needs-manifest", make: () => ({ artifact: bundleOf(messageSignature(MANIFEST, signWith(MANIFEST)), hint), trust: ours, subject: { registry: "r", repository: "r", digest: DIGEST } }) },
  { name: "a message signature with a manifest of another digest", refused: "needs-manifest", make: () => ({ artifact: bundleOf(messageSignature(MANIFEST, signWith(MANIFEST)), hint), trust: ours, subject: { ...SUBJECT, manifest: text("other") } }) },
  { name: "a statement without subjects", refused: "subject-mismatch", make: stated(statementOf({ subject: [] })) },
  { name: "a subject by a weaker algorithm alone", refused: "subject-mismatch", make: stated(statementOf({ subject: [{ digest: { sha1: DIGEST.slice(7) } }] })) },
  { name: "a subject in capital letters", refused: "subject-mismatch", make: stated(statementOf({ subject: [{ digest: { sha256: DIGEST.slice(7).toUpperCase() } }] })) },
  { name: "a subject of sha512 that is another one", refused: "subject-mismatch", make: () => ({ ...stated(statementOf({ subject: [{ digest: { sha512: "cd".repeat(64) } }] }))(), subject: { ...SUBJECT, digest: `sha512:${"ab".repeat(64)}` } }) },
  { name: "a subject whose digest stands in its prototype", refused: "subject-mismatch", make: stated(text(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[{"digest":{"__proto__":{"sha256":"${DIGEST.slice(7)}"}}}]}`)) },
  { name: "a digest as a name of a subject", refused: "subject-mismatch", make: stated(statementOf({ subject: [{ name: DIGEST, digest: {} }] })) },
  { name: "a payload cut out of an envelope of another image", refused: "no-key-fits", make: enveloped((json) => ({ ...json, payload: statementOf({ predicate: { more: 1 } }).toString("base64") })) },

  // Types.
  { name: "a simplesigning payload of another type", refused: "simplesigning-type", make: signed(payloadOf(DIGEST, { type: "atomic container signature" })) },
  { name: "a simplesigning payload without a type", refused: "simplesigning-type", make: signed(payloadOf(DIGEST, { type: undefined })) },
  { name: "an envelope of another payload type", refused: "payload-type", make: stated(statementOf(), "application/json") },
  { name: "a payload type with a parameter", refused: "payload-type", make: stated(statementOf(), "application/vnd.in-toto+json; charset=utf-8") },
  { name: "a payload type that is exchanged after signing", refused: "no-key-fits", make: () => ({ artifact: legacyAttestation(envelopeOf(statementOf(), signWith, { payloadType: "application/vnd.in-toto+json" }, "application/json")), trust: ours }) },
  { name: "a statement of another type", refused: "statement-type", make: stated(statementOf({ _type: "https://in-toto.io/Statement/v2" })) },
  { name: "a statement without a predicate type", refused: "predicate-type", make: stated(statementOf({ predicateType: undefined })) },
  { name: "a simplesigning payload in an envelope", refused: "statement-type", make: stated(payloadOf()) },
  { name: "a statement as a simplesigning payload", refused: "malformed", make: signed(statementOf()) },

  // Texts that two readers read differently.
  { name: "a digest twice in a simplesigning payload", refused: "duplicate-key", make: signed(text(`{"critical":{"image":{"docker-manifest-digest":"${OTHER}","docker-manifest-digest":"${DIGEST}"},"type":"cosign container image signature"}}`)) },
  { name: "a digest twice, once with an escape in its name", refused: "duplicate-key", make: signed(text(`{"critical":{"image":{"docker-manifest-digest":"${OTHER}","docker-manifest\\u002ddigest":"${DIGEST}"},"type":"cosign container image signature"}}`)) },
  { name: "a key twice but for its case, which Go takes for one", refused: "duplicate-key", make: signed(text(`{"critical":{"image":{"docker-manifest-digest":"${DIGEST}"},"type":"cosign container image signature"},"Critical":{}}`)) },
  { name: "two subjects in a statement", refused: "duplicate-key", make: stated(text(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[],"subject":[{"digest":{"sha256":"${DIGEST.slice(7)}"}}]}`)) },
  { name: "two predicates deep in a statement", refused: "duplicate-key", make: stated(text(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[{"digest":{"sha256":"${DIGEST.slice(7)}"}}],"predicate":{"a":[{"b":1,"b":2}]}}`)) },
  { name: "two envelopes in a bundle", refused: "duplicate-key", make: () => ({ artifact: artifact({ mediaType: BUNDLE, bytes: text(`{"mediaType":"${BUNDLE}","dsseEnvelope":{},"dsseEnvelope":{}}`) }), trust: ours }) },
  { name: "a payload that is not UTF-8", refused: "malformed", make: signed(Buffer.concat([payloadOf(), Buffer.from([0xff])])) },
  { name: "a payload with a byte order mark", refused: "malformed", make: signed(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), payloadOf()])) },
  { name: "a payload of two JSON texts", refused: "malformed", make: signed(Buffer.concat([payloadOf(), payloadOf(OTHER)])) },
  { name: "several signatures in an envelope", refused: "signature-count", make: enveloped((json) => ({ ...json, signatures: [json["signatures"], json["signatures"]].flat() })) },
  { name: "no signature in an envelope", refused: "signature-count", make: enveloped((json) => ({ ...json, signatures: [] })) },
  { name: "several signatures in a bundle's envelope", refused: "signature-count", make: () => { const { json } = envelopeOf(statementOf(), signWith); return { artifact: bundleOf({ dsseEnvelope: { ...json, signatures: [json["signatures"], json["signatures"]].flat() } }, hint), trust: ours }; } },
  { name: "an envelope with URL-safe base64", refused: "base64", make: enveloped((json) => ({ ...json, payload: `${String(json["payload"])}_-` })) },
  { name: "a signature without its padding", refused: "base64", make: () => noted(genuine().toString("base64").replace(/=*$/, "\n"))() },
  { name: "a signature with bits behind its end", refused: "base64", make: () => noted(`${Buffer.concat([genuine(), Buffer.alloc((4 - (genuine().length % 3)) % 3)]).toString("base64").slice(0, -2)}B=`)() },
  { name: "an empty signature", refused: "signature-empty", make: noted("") },
  { name: "an empty signature in an envelope", refused: "signature-empty", make: enveloped((json) => ({ ...json, signatures: [{ sig: "" }] })) },

  // Sizes and depths.
  { name: "a payload larger than any", refused: "too-large", make: () => ({ artifact: artifact({ mediaType: SIMPLESIGNING, bytes: Buffer.alloc(32 * 1024 * 1024 + 1) }), trust: ours }) },
  { name: "JSON that is nested a million times", refused: "too-deep", make: signed(text(`${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`)) },
  { name: "a bundle that is nested a hundred thousand times", refused: "too-deep", make: () => ({ artifact: artifact({ mediaType: BUNDLE, bytes: text(`{"a":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`) }), trust: ours }) },
  { name: "nested JSON that never ends", refused: "malformed", make: () => ({ artifact: artifact({ mediaType: DSSE, bytes: text("[".repeat(1_000_000)) }), trust: ours }) },

  // Keys.
  { name: "a signature by another key", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), by(strangers.privateKey)(payloadOf())), trust: ours }) },
  { name: "another key under the name of ours", refused: "signature-mismatch", make: () => ({ artifact: bundleOf({ dsseEnvelope: envelopeOf(statementOf(), by(strangers.privateKey)).json }, hint), trust: ours }) },
  { name: "one bit of a signature", refused: "no-key-fits", make: () => { const signature = genuine(); signature[signature.length - 1]! ^= 1; return noted(signature.toString("base64"))(); } },
  { name: "a signature over the payload's hash by SHA-1", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), sign("sha1", payloadOf(), keys.privateKey)), trust: ours }) },
  { name: "RSA with SHA-1", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), sign("sha1", payloadOf(), rsa.privateKey)), trust: trusting(rsa) }) },
  { name: "RSA-PSS with SHA-1", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), sign("sha1", payloadOf(), { key: rsa.privateKey, padding: 6 })), trust: trusting(rsa) }) },
  { name: "an ECDSA signature for an RSA key", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), genuine()), trust: trusting(rsa) }) },
  { name: "an RSA signature for an ECDSA key", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), byPss(rsa.privateKey)(payloadOf())), trust: ours }) },
  { name: "an Ed25519 signature for an ECDSA key", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), by(edwards.privateKey)(payloadOf())), trust: ours }) },
  { name: "Ed25519 over a hash instead of the message", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), by(edwards.privateKey)(sha256(payloadOf()))), trust: trusting(edwards) }) },
  { name: "an HMAC with the public key as its secret", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), createHmac("sha256", pemOf("PUBLIC KEY", spki(keys.publicKey))).update(payloadOf()).digest()), trust: ours }) },
  { name: "a raw r‖s signature where DER is written", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), sign("sha256", payloadOf(), { key: keys.privateKey, dsaEncoding: "ieee-p1363" })), trust: ours }) },
  { name: "a signature of zeros", refused: "no-key-fits", make: noted(Buffer.from("3006020100020100", "hex").toString("base64")) },
  { name: "P-384 with a hash that no signer uses", refused: "no-key-fits", make: () => ({ artifact: legacySignature(payloadOf(), by(wide.privateKey, "sha512")(payloadOf())), trust: trusting(wide) }) },
  { name: "an RSA key of 1024 bits", refused: "key-unreadable", make: () => ({ artifact: legacySignature(payloadOf(), by(small.privateKey)(payloadOf())), trust: trusting(small) }) },
  { name: "a curve that is not accepted", refused: "key-unreadable", make: () => ({ artifact: legacySignature(payloadOf(), by(koblitz.privateKey)(payloadOf())), trust: trusting(koblitz) }) },
  { name: "a private key as the key of the policy", refused: "key-unreadable", make: () => ({ artifact: legacySignature(payloadOf(), genuine()), trust: { signers: [keySigner(keys, { pem: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString() })], roots: [] } }) },

  // What it is packed in.
  { name: "a bundle under the media type of another version", refused: "media-type-mismatch", make: () => ({ artifact: bundleOf({ dsseEnvelope: envelopeOf(statementOf(), signWith).json }, hint, "application/vnd.dev.sigstore.bundle+json;version=0.1", BUNDLE), trust: ours }) },
  { name: "a bundle of a version to come", refused: "media-type-unknown", make: () => ({ artifact: bundleOf({ dsseEnvelope: envelopeOf(statementOf(), signWith).json }, hint, "application/vnd.dev.sigstore.bundle.v0.4+json"), trust: ours }) },
  { name: "a bundle without contents", refused: "malformed", make: () => ({ artifact: bundleOf({}, hint), trust: ours }) },
  { name: "a bundle that names nobody", refused: "malformed", make: () => ({ artifact: bundleOf({ dsseEnvelope: envelopeOf(statementOf(), signWith).json }, {}), trust: ours }) },
  { name: "an unsigned statement", refused: "unsigned", make: () => ({ artifact: artifact({ mediaType: "application/vnd.in-toto+json", bytes: statementOf() }), trust: ours }) },
];
