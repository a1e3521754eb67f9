/** When and where: log entries, promises, proofs, checkpoints and timestamps that are about something else, or by somebody else. */
import { sign } from "node:crypto";
import { BODIES, bundleOf, by, certificateOf, envelopeOf, keylessBundle, type KeylessOptions, keyPem, legacyAttestation, legacySignature, payloadOf, publicKey, stampsOf, statementOf, x509 } from "../make/artifacts.ts";
import { CODE_SIGNING, ecKey, KEY_USAGE, keyUsage, purposes, sha256, TIME_STAMPING } from "../make/certificates.ts";
import type { Entry } from "../make/log.ts";
import { after, keyless, keySigner, NOW, type StampOptions } from "../make/sigstore.ts";
import { type Attack, changed, elsewhere, keys, release, roots, sigstore } from "./attack.ts";

const bundled = (options: KeylessOptions): Attack["make"] => () => ({ artifact: keylessBundle(sigstore, options), trust: release });
const entered = (change: (entry: Entry) => Entry): Attack["make"] => bundled({ entry: change });
const second = (change: (entry: Entry) => Entry): Attack["make"] => bundled({ time: null, entry: change });
/** Logged by the second log, with a timestamp of this kind. */
const stamped = (options: StampOptions, trust = release): Attack["make"] => () => {
  const parts = signedParts();
  const material = { ...certificateOf(parts.certificate), tlogEntries: [enterSecond(parts)], ...stampsOf(sigstore.stamp(parts.envelope.signature, options)) };
  return { artifact: bundleOf({ dsseEnvelope: parts.envelope.json }, material), trust };
};
/** A bundle whose log entry is made from another certificate, signature or statement. */
const swapped = (make: (mine: Parts, other: Parts) => { kind: string; apiVersion: string; spec: unknown }, time: Date | null = after(1)): Attack["make"] => () => {
  const mine = signedParts();
  const body = make(mine, signedParts(statementOf({ predicate: { other: true } })));
  const entry = time ? sigstore.rekor.enter(body, time) : sigstore.rekor2.enter(body, undefined);
  return { artifact: bundleOf({ dsseEnvelope: mine.envelope.json }, { ...certificateOf(mine.certificate), tlogEntries: [entry], ...(time ? {} : stampsOf(sigstore.stamp(mine.envelope.signature))) }), trust: release };
};
type Parts = ReturnType<typeof signedParts>;

/** A bundle of ours with material that is made from its parts, and as many witnesses wanted as is said. */
const mine = (material: (parts: Parts) => Record<string, unknown>, thresholds = {}, mediaType?: string): Attack["make"] => () => {
  const parts = signedParts();
  return { artifact: bundleOf({ dsseEnvelope: parts.envelope.json }, { ...certificateOf(parts.certificate), ...material(parts) }, mediaType), trust: { signers: [keyless()], roots: roots({}, thresholds) } };
};
const enter = ({ envelope, certificate }: Parts, minutes = 1): Entry => sigstore.rekor.enter(BODIES.dsse(envelope, certificate.pem), after(minutes));
const enterSecond = ({ envelope, certificate }: Parts): Entry => sigstore.rekor2.enter(BODIES.hashedrekord2(envelope.message, envelope.signature, x509(certificate)), undefined);

function signedParts(payload = statementOf()): { certificate: ReturnType<typeof sigstore.certificate>; envelope: ReturnType<typeof envelopeOf> } {
  const certificate = sigstore.certificate();
  return { certificate, envelope: envelopeOf(payload, by(certificate.keys.privateKey)) };
}
const proofOf = (entry: Entry): NonNullable<Entry["inclusionProof"]> => entry.inclusionProof!;
const withProof = (entry: Entry, change: Partial<NonNullable<Entry["inclusionProof"]>>): Entry => ({ ...entry, inclusionProof: { ...proofOf(entry), ...change } });
const authorityOf = (leaf: Buffer): ReturnType<typeof changed> => changed((root) => {
  root["timestampAuthorities"]![0]!["certChain"] = { certificates: [leaf, sigstore.stampRoot].map((der) => ({ rawBytes: der.toString("base64") })) };
});
/** A bundle of the first log, whose key is trusted in this period. */
const logTrusted = (validFor: Readonly<Record<string, string>>): Attack["make"] => () =>
  ({ artifact: keylessBundle(sigstore), trust: { signers: [keyless()], roots: changed((root) => { (root["tlogs"]![0]!["publicKey"] as Record<string, unknown>)["validFor"] = validFor; }) } });
const stampedBy = (leaf: () => Buffer): Attack["make"] => () => stamped({}, { signers: [keyless()], roots: authorityOf(leaf()) })();
/** A signature of our key that a log entered for a key, which has to be in one of the root's logs. */
const keyEntered = (log: typeof sigstore.rekor, named = keys): Attack["make"] => () => {
  const signature = by(keys.privateKey)(payloadOf());
  const entry = log.enter(BODIES.hashedrekord(payloadOf(), signature, keyPem(named.publicKey)), after(1));
  return { artifact: legacySignature(payloadOf(), signature, { entry }), trust: { signers: [keySigner(keys, { requireLog: true })], roots: roots() } };
};
const legacy = (proof: (certificate: ReturnType<typeof sigstore.certificate>, payload: Buffer, signature: Buffer) => { entry?: Entry; timestamp?: Buffer }): Attack["make"] => () => {
  const certificate = sigstore.certificate();
  const payload = payloadOf();
  const signature = by(certificate.keys.privateKey)(payload);
  return { artifact: legacySignature(payload, signature, { certificate, ...proof(certificate, payload, signature) }), trust: release };
};

export const WITNESSES: readonly Attack[] = [
  // Entries about something else, which a verifier that only asks whether they are in the log believes.
  { name: "a log entry that names another certificate", refused: "entry-signer", make: swapped(({ envelope }, other) => BODIES.dsse(envelope, other.certificate.pem)) },
  { name: "a log entry that names a bare key instead of the certificate", refused: "entry-signer", make: swapped(({ envelope, certificate }) => BODIES.dsse(envelope, keyPem(certificate.keys.publicKey))) },
  { name: "an entry of the second log that names another certificate", refused: "entry-signer", make: swapped(({ envelope }, other) => BODIES.hashedrekord2(envelope.message, envelope.signature, x509(other.certificate)), null) },
  { name: "an entry of the second log that names a bare key", refused: "entry-signer", make: swapped(({ envelope, certificate }) => BODIES.hashedrekord2(envelope.message, envelope.signature, publicKey(certificate.keys.publicKey)), null) },
  { name: "an entry with the whole envelope that names another certificate", refused: "entry-signer", make: swapped(({ envelope }) => BODIES.intoto2(envelope, sigstore.certificate().pem)) },
  { name: "the log entry of another signature", refused: "entry-signature", make: swapped((_mine, other) => BODIES.dsse(other.envelope, other.certificate.pem)) },
  { name: "the entry of another signature in the second log", refused: "entry-signature", make: swapped((_mine, other) => BODIES.hashedrekord2(other.envelope.message, other.envelope.signature, x509(other.certificate)), null) },
  { name: "a log entry about other contents", refused: "entry-digest", make: swapped(({ envelope, certificate }, other) => BODIES.dsse({ ...envelope, payload: other.envelope.payload }, certificate.pem)) },
  { name: "an entry about other contents in the second log", refused: "entry-digest", make: swapped(({ envelope, certificate }, other) => BODIES.hashedrekord2(other.envelope.message, envelope.signature, x509(certificate)), null) },
  { name: "the digest of the payload where that of the message belongs", refused: "entry-digest", make: swapped(({ envelope, certificate }) => BODIES.hashedrekord(envelope.payload, envelope.signature, certificate.pem)) },
  { name: "an entry of the oldest kind about an envelope with another signature", refused: "entry-digest", make: () => {
    const { certificate, envelope } = signedParts();
    const entry = sigstore.rekor.enter(BODIES.intoto1({ ...envelope, bytes: Buffer.from("another") }, certificate.pem), after(1));
    return { artifact: legacyAttestation(envelope, { certificate, entry }), trust: release };
  } },
  { name: "an entry of the oldest kind that names another certificate, and no signature", refused: "entry-signer", make: () => {
    const { certificate, envelope } = signedParts();
    const entry = sigstore.rekor.enter(BODIES.intoto1(envelope, sigstore.certificate().pem), after(1));
    return { artifact: legacyAttestation(envelope, { certificate, entry }), trust: release };
  } },
  { name: "an envelope's entry in the second log about other contents", refused: "entry-digest", make: swapped(({ envelope, certificate }, other) => BODIES.dsse2({ ...envelope, payload: other.envelope.payload }, x509(certificate)), null) },
  { name: "an envelope's entry in the second log about another signature", refused: "entry-signature", make: swapped((_mine, other) => BODIES.dsse2(other.envelope, x509(other.certificate)), null) },
  { name: "an envelope's entry in the second log that names another certificate", refused: "entry-signer", make: swapped(({ envelope }, other) => BODIES.dsse2(envelope, x509(other.certificate)), null) },
  { name: "an entry of the oldest kind about an envelope that is not kept", refused: "entry-signature", make: swapped(({ envelope, certificate }) => BODIES.intoto1(envelope, certificate.pem)) },
  { name: "a log entry of a kind that says nothing about signatures", refused: "entry-kind", make: swapped(() => ({ kind: "helm", apiVersion: "0.0.1", spec: {} })) },
  { name: "a log entry of a kind named like a method of objects", refused: "entry-kind", make: swapped(() => ({ kind: "constructor", apiVersion: "", spec: {} })) },
  { name: "a log entry that is called another kind than it is", refused: "entry-kind", make: entered((entry) => ({ ...entry, kindVersion: { kind: "hashedrekord", version: "0.0.1" } })) },
  { name: "a log entry with a hash by SHA-1", refused: "entry-digest", make: swapped(({ envelope, certificate }) => { const body = BODIES.dsse(envelope, certificate.pem); return { ...body, spec: { ...body.spec, payloadHash: { algorithm: "sha1", value: "00" } } }; }) },
  { name: "a log entry with two signatures", refused: "entry-signature", make: swapped(({ envelope, certificate }) => { const body = BODIES.dsse(envelope, certificate.pem); return { ...body, spec: { ...body.spec, signatures: [...body.spec.signatures, ...body.spec.signatures] } }; }) },
  { name: "an envelope's entry for a signature that has none", refused: "entry-kind", make: legacy((certificate, payload, signature) => ({ entry: sigstore.rekor.enter(BODIES.dsse({ payload, signature, message: payload, bytes: payload, json: {} }, certificate.pem), after(1)) })) },
  { name: "a log entry that is not JSON", refused: "entry-malformed", make: entered(() => {
    const entry = { logIndex: String(sigstore.rekor.leaves.push(Buffer.from("{")) - 1), logId: { keyId: sigstore.rekor.id.toString("base64") }, kindVersion: { kind: "dsse", version: "0.0.1" }, integratedTime: String(after(1).getTime() / 1000), canonicalizedBody: Buffer.from("{").toString("base64") };
    return { ...entry, inclusionPromise: { signedEntryTimestamp: sigstore.rekor.promise(entry) }, inclusionProof: sigstore.rekor.proof(Number(entry.logIndex)) };
  }) },

  // Promises.
  { name: "a promise with one bit changed", refused: "log-promise", make: entered((entry) => { const promise = Buffer.from(entry.inclusionPromise!.signedEntryTimestamp, "base64"); promise[promise.length - 1]! ^= 1; return { ...entry, inclusionPromise: { signedEntryTimestamp: promise.toString("base64") } }; }) },
  { name: "a promise by another log", refused: "log-promise", make: entered((entry) => ({ ...entry, inclusionPromise: { signedEntryTimestamp: elsewhere.rekor.promise(entry) } })) },
  { name: "a time that the promise is not about", refused: "log-promise", make: entered((entry) => ({ ...entry, integratedTime: String(after(2).getTime() / 1000) })) },
  { name: "an index that the promise is not about", refused: "log-promise", make: entered((entry) => ({ ...entry, logIndex: "9" })) },
  { name: "the promise of another entry", refused: "log-promise", make: bundled({ entry: (entry) => ({ ...entry, inclusionPromise: { signedEntryTimestamp: sigstore.rekor.promise(sigstore.rekor.enter({ kind: "dsse", apiVersion: "0.0.1", spec: 1 }, after(1))) } }) }) },
  { name: "a time without a promise", refused: "no-trusted-time", make: entered(({ inclusionPromise: _promise, ...entry }) => entry) },
  { name: "a promise that gives no time", refused: "log-promise", make: entered((entry) => { const timeless = { ...entry, integratedTime: "0" }; return { ...timeless, inclusionPromise: { signedEntryTimestamp: sigstore.rekor.promise(timeless) } }; }) },
  { name: "a time when the log's key was not trusted", refused: "log-time", make: logTrusted({ start: after(5).toISOString() }) },
  { name: "a trust root that does not say since when a log's key is trusted", refused: "trust-root-unreadable", make: logTrusted({}) },
  { name: "a signature from after the certificate's end", refused: "certificate-time", make: bundled({ time: after(11) }) },
  { name: "a signature from before the certificate's beginning", refused: "certificate-time", make: bundled({ time: after(-1) }) },
  { name: "a good time beside one outside of the certificate", refused: "certificate-time", make: mine((parts) => ({ tlogEntries: [enter(parts)], ...stampsOf(sigstore.stamp(parts.envelope.signature, { time: after(30) })) })) },
  { name: "a time that has not come", refused: "time-in-future", make: () => ({ artifact: keylessBundle(sigstore, { certificate: sigstore.certificate({ from: after(0), to: after(5000) }), time: after(4000) }), trust: release, now: NOW }) },

  // Proofs and checkpoints.
  { name: "an entry with neither promise nor proof", refused: "malformed", make: second(({ inclusionProof: _proof, ...entry }) => entry) },
  { name: "an entry of the oldest bundles with a proof alone", refused: "malformed", make: mine((parts) => {
    const { inclusionPromise: _promise, ...entry } = enter(parts);
    return { certificate: undefined, x509CertificateChain: { certificates: [{ rawBytes: parts.certificate.der.toString("base64") }] }, tlogEntries: [entry] };
  }, {}, "application/vnd.dev.sigstore.bundle+json;version=0.1") },
  { name: "the proof of another leaf", refused: "log-proof", make: second((entry) => withProof(entry, sigstore.rekor2.proof(1))) },
  { name: "a proof of our leaf at another place", refused: "log-proof", make: second((entry) => withProof(entry, { logIndex: "0" })) },
  { name: "a proof with a hash exchanged", refused: "log-proof", make: second((entry) => withProof(entry, { hashes: proofOf(entry).hashes.map(() => sha256("x").toString("base64")) })) },
  { name: "a proof with a hash left out", refused: "log-proof", make: second((entry) => withProof(entry, { hashes: proofOf(entry).hashes.slice(1) })) },
  { name: "a proof with an index that is no number", refused: "log-proof", make: second((entry) => withProof(entry, { logIndex: "one" })) },
  { name: "a checkpoint of another tree by the same log", refused: "log-proof", make: second((entry) => withProof(entry, { checkpoint: { envelope: sigstore.rekor2.checkpoint(sha256("other tree"), Number(proofOf(entry).treeSize)) } })) },
  { name: "a checkpoint that another log has signed", refused: "log-checkpoint", make: second((entry) => withProof(entry, { checkpoint: { envelope: sigstore.rekor2.checkpoint(Buffer.from(proofOf(entry).rootHash, "base64"), Number(proofOf(entry).treeSize), elsewhere.rekor.keys) } })) },
  { name: "a checkpoint of another log that is trusted", refused: "log-checkpoint", make: second((entry) => withProof(entry, { checkpoint: { envelope: sigstore.rekor.checkpoint(Buffer.from(proofOf(entry).rootHash, "base64"), Number(proofOf(entry).treeSize)) } })) },
  { name: "a checkpoint without a signature", refused: "log-checkpoint", make: second((entry) => withProof(entry, { checkpoint: { envelope: proofOf(entry).checkpoint!.envelope.split("\n\n")[0]! } })) },
  { name: "a checkpoint with a root written into it", refused: "log-checkpoint", make: second((entry) => withProof(entry, { checkpoint: { envelope: proofOf(entry).checkpoint!.envelope.replace(proofOf(entry).rootHash, sha256("x").toString("base64")) } })) },
  { name: "a good promise with a wrong proof", refused: "log-proof", make: entered((entry) => withProof(entry, sigstore.rekor.proof(0))) },
  { name: "an entry without a time in a log whose key was no longer trusted when it was stamped", refused: "log-time", make: () => stamped({}, { signers: [keyless()], roots: changed((root) => {
    (root["tlogs"]![1]!["publicKey"] as Record<string, unknown>)["validFor"] = { start: after(-1000).toISOString(), end: after(0).toISOString() };
  }) })() },
  { name: "the entry of a log that is not ours", refused: "log-unknown", make: bundled({ log: elsewhere.rekor }) },
  { name: "an entry under the name of a log that did not make it", refused: "log-promise", make: bundled({ log: elsewhere.rekor, entry: (entry) => ({ ...entry, logId: { keyId: sigstore.rekor.id.toString("base64") } }) }) },
  { name: "no entry where one is wanted", refused: "log-missing", make: mine(({ envelope }) => stampsOf(sigstore.stamp(envelope.signature))) },
  // One witness counted twice.
  { name: "one entry twice where two logs are wanted", refused: "log-missing", make: mine((parts) => ({ tlogEntries: Array.from({ length: 2 }).fill(enter(parts)) }), { log: 2 }) },
  { name: "one entry at two indexes of one log where two logs are wanted", refused: "log-missing", make: mine((parts) => ({ tlogEntries: [enter(parts), enter(parts, 2)] }), { log: 2 }) },
  { name: "one witness of the time twice where two are wanted", refused: "no-trusted-time", make: mine((parts) => ({ tlogEntries: Array.from({ length: 2 }).fill(enter(parts)) }), { timestamp: 2 }) },
  { name: "two timestamps of one authority where two are wanted", refused: "no-trusted-time", make: mine((parts) => ({ tlogEntries: [enterSecond(parts)], ...stampsOf(sigstore.stamp(parts.envelope.signature), sigstore.stamp(parts.envelope.signature, { time: after(2) })) }), { timestamp: 2 }) },
  { name: "a thousand log entries", refused: "too-many", make: mine((parts) => ({ tlogEntries: Array.from({ length: 1000 }).fill(enter(parts)) })) },

  // Older signatures, whose entry stands beside them or nowhere.
  { name: "an older signature whose entry is only in the log", refused: "needs-online-log", make: legacy(() => ({})) },
  { name: "an older signature with a timestamp whose entry is only in the log", refused: "needs-online-log", make: legacy((_certificate, _payload, signature) => ({ timestamp: sigstore.stamp(signature) })) },
  { name: "an older signature with the entry of another payload", refused: "entry-signature", make: legacy((certificate) => ({ entry: sigstore.rekor.enter(BODIES.hashedrekord(payloadOf("sha256:00"), by(certificate.keys.privateKey)(payloadOf("sha256:00")), certificate.pem), after(1)) })) },
  { name: "an older signature with a promise of another log", refused: "log-promise", make: legacy((certificate, payload, signature) => { const entry = sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, certificate.pem), after(1)); return { entry: { ...entry, inclusionPromise: { signedEntryTimestamp: elsewhere.rekor.promise(entry) } } }; }) },
  { name: "a key that must be logged, and is not", refused: "needs-online-log", make: () => ({ artifact: legacySignature(payloadOf(), by(keys.privateKey)(payloadOf())), trust: { signers: [keySigner(keys, { requireLog: true })], roots: roots() } }) },
  { name: "a key that must be logged, by a log that is not ours", refused: "log-unknown", make: keyEntered(elsewhere.rekor) },
  { name: "a key whose log entry names another key", refused: "entry-signer", make: keyEntered(sigstore.rekor, ecKey()) },

  // Timestamps.
  { name: "no timestamp with an entry of the second log", refused: "no-trusted-time", make: bundled({ time: null, timestamps: [] }) },
  { name: "a timestamp of another signature", refused: "timestamp-imprint", make: stamped({ imprint: { algorithm: "2.16.840.1.101.3.4.2.1", digest: sha256("another") } }) },
  { name: "a timestamp with an imprint by SHA-1", refused: "timestamp-imprint", make: stamped({ imprint: { algorithm: "1.3.14.3.2.26", digest: Buffer.alloc(20) } }) },
  { name: "a timestamp that another key has signed", refused: "timestamp-signature", make: stamped({ signWith: ecKey() }) },
  { name: "a timestamp that was refused", refused: "timestamp-status", make: stamped({ status: 2 }) },
  { name: "a timestamp by an authority that nobody named", refused: "timestamp-authority-unknown", make: stamped({ serial: 7 }) },
  { name: "a timestamp from outside of the certificate", refused: "certificate-time", make: stamped({ time: after(30) }) },
  { name: "a timestamp from before the authority's certificate", refused: "timestamp-authority-time", make: stamped({ time: after(-600 * 24 * 60) }) },
  { name: "a timestamp by an authority whose certificate had expired", refused: "timestamp-authority-time", make: stampedBy(() => sigstore.stampLeaf(undefined, after(0))) },
  { name: "a timestamp by an authority that was no longer trusted", refused: "timestamp-authority-time", make: () => stamped({}, { signers: [keyless()], roots: changed((root) => { root["timestampAuthorities"]![0]!["validFor"] = { start: after(-1000).toISOString(), end: after(0).toISOString() }; }) })() },
  { name: "a timestamp by a certificate for code", refused: "timestamp-authority-purpose", make: stampedBy(() => sigstore.stampLeaf([keyUsage(KEY_USAGE.digitalSignature), purposes([CODE_SIGNING], true)])) },
  { name: "a timestamp by a certificate for timestamps and code", refused: "timestamp-authority-purpose", make: stampedBy(() => sigstore.stampLeaf([keyUsage(KEY_USAGE.digitalSignature), purposes([TIME_STAMPING, CODE_SIGNING], true)])) },
  { name: "a timestamp by a certificate that does not insist on its purpose", refused: "timestamp-authority-purpose", make: stampedBy(() => sigstore.stampLeaf([keyUsage(KEY_USAGE.digitalSignature), purposes([TIME_STAMPING])])) },
  { name: "a timestamp that is not one", refused: "timestamp-malformed", make: bundled({ time: null, timestamps: [Buffer.from("3003020100", "hex")] }) },
  { name: "a timestamp that is nested a hundred thousand times", refused: "timestamp-malformed", make: bundled({ time: null, timestamps: [Buffer.from("3080".repeat(30_000), "hex")] }) },
  { name: "a wrong timestamp beside a good promise", refused: "timestamp-imprint", make: bundled({ timestamps: [sigstore.stamp(Buffer.from("another"))] }) },
  { name: "a timestamp over the certificate's log entry instead of the signature", refused: "timestamp-imprint", make: legacy((certificate, payload, signature) => ({ entry: sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, certificate.pem), after(1)), timestamp: sigstore.stamp(payload) })) },
  { name: "a timestamp over a promise instead of the signature", refused: "timestamp-imprint", make: legacy((certificate, payload, signature) => { const entry = sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, certificate.pem), after(1)); return { entry, timestamp: sigstore.stamp(sign("sha256", payload, ecKey().privateKey)) }; }) },
];
