/** The same answers for what Sigstore's own mock of its services makes: another hand's certificates, receipts, logs and timestamps. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import { verifyArtifact } from "../../src/evidence/index.ts";
import type { Artifact, StatementVerdict, TrustRoot } from "../../src/model/evidence.ts";
import { BODIES, bundleOf, by, certificateOf, envelopeOf, legacyAttestation, legacySignature, payloadOf, stampsOf, statementOf, SUBJECT, x509 } from "./make/artifacts.ts";
import { ecKey, FULCIO, pemOf, sha256, spki } from "./make/certificates.ts";
import type { Entry } from "./make/log.ts";
import { IDENTITY, ISSUER, keyless, NOW, type SigningCertificate } from "./make/sigstore.ts";

// The mock's roots are valid from the moment at which they are made.
const clock = new Date(Math.floor(Date.now() / 1000) * 1000 + 2000);
const [rootKeys, logKeys, certificateLogKeys, stampKeys] = [ecKey("secp384r1"), ecKey(), ecKey(), ecKey("secp384r1")];
const certificateLog = await initializeCTLog(certificateLogKeys, clock);
const authority = await initializeCA(rootKeys, certificateLog, clock);
const log = await initializeTLog("https://rekor.mock.example", logKeys, clock);
const stamps = await initializeTSA(stampKeys, clock);

const raw = (bytes: Uint8Array): { rawBytes: string } => ({ rawBytes: Buffer.from(bytes).toString("base64") });
const bytes = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
const start = new Date(clock.getTime() - 60_000).toISOString();
const logged = (key: Buffer, baseUrl: string): unknown => ({ baseUrl, hashAlgorithm: "SHA2_256", logId: { keyId: sha256(key).toString("base64") }, publicKey: { ...raw(key), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor: { start } } });
const root: TrustRoot = {
  name: "acme", file: "trusted_root.json", thresholds: { log: 1, certificateLog: 1, timestamp: 1 },
  json: JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    certificateAuthorities: [{ certChain: { certificates: [raw(bytes(authority.rootCertificate))] }, validFor: { start } }],
    tlogs: [logged(spki(logKeys.publicKey), "https://rekor.mock.example")], ctlogs: [logged(spki(certificateLogKeys.publicKey), "https://ct.mock.example")],
    timestampAuthorities: [{ certChain: { certificates: [raw(bytes(stamps.intCertificate)), raw(bytes(stamps.rootCertificate))] }, validFor: { start } }],
  }),
};

async function certificate(): Promise<SigningCertificate> {
  const keys = ecKey();
  const extensions = [{ oid: `${FULCIO}.1`, value: ISSUER, legacy: true }, { oid: `${FULCIO}.8`, value: ISSUER }];
  const der = bytes(await authority.issueCertificate({ publicKey: spki(keys.publicKey) as Buffer<ArrayBuffer>, subjectAltName: IDENTITY, extensions }));
  return { keys, der, pem: pemOf("CERTIFICATE", der) };
}

interface Answer {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: { readonly signedEntryTimestamp: string; readonly inclusionProof: { readonly rootHash: string; readonly checkpoint: string } };
}

async function enter(body: { kind: string; apiVersion: string; spec: unknown }): Promise<Entry> {
  const [answer] = Object.values(await log.log(body)) as [Answer];
  const { inclusionProof, signedEntryTimestamp } = answer.verification;
  return {
    logIndex: String(answer.logIndex), logId: { keyId: Buffer.from(answer.logID, "hex").toString("base64") }, kindVersion: { kind: body.kind, version: body.apiVersion }, integratedTime: String(answer.integratedTime),
    canonicalizedBody: answer.body, inclusionPromise: { signedEntryTimestamp: signedEntryTimestamp },
    inclusionProof: { logIndex: "0", treeSize: "1", rootHash: Buffer.from(inclusionProof.rootHash, "hex").toString("base64"), hashes: [], checkpoint: { envelope: inclusionProof.checkpoint } },
  };
}

const stamp = async (signed: Buffer): Promise<Buffer> => bytes(await stamps.timestamp({ artifactHash: sha256(signed), hashAlgorithmOID: "2.16.840.1.101.3.4.2.1", nonce: 1, policyOID: "1.3.6.1.4.1.57264.2" }));
const verdict = (artifact: Artifact): StatementVerdict => verifyArtifact(artifact, SUBJECT, { signers: [keyless()], roots: [root] }, new Date(Math.max(NOW.getTime(), clock.getTime())))[0]!.verdict;
const expected = (times: number): StatementVerdict => ({ is: "verified", signers: ["release"], identity: { is: "keyless", identity: IDENTITY, issuer: ISSUER }, times: Array.from({ length: times }, () => clock.toISOString()) });

describe("sigstore's mock", () => {
  test("an older signature with certificate, promise and timestamp", async () => {
    const mine = await certificate();
    const signature = by(mine.keys.privateKey)(payloadOf());
    const entry = await enter(BODIES.hashedrekord(payloadOf(), signature, mine.pem));
    assert.deepEqual(verdict(legacySignature(payloadOf(), signature, { certificate: mine, entry, timestamp: await stamp(signature) })), expected(2));
  });

  test("an older attestation with the whole envelope stamped", async () => {
    const mine = await certificate();
    const envelope = envelopeOf(statementOf(), by(mine.keys.privateKey));
    for (const body of [BODIES.intoto1(envelope, mine.pem), BODIES.intoto2(envelope, mine.pem), BODIES.dsse(envelope, mine.pem)]) {
      assert.deepEqual(verdict(legacyAttestation(envelope, { certificate: mine, entry: await enter(body), timestamp: await stamp(envelope.bytes) })), expected(2));
    }
  });

  test("a bundle with promise, proof and timestamp", async () => {
    const mine = await certificate();
    const envelope = envelopeOf(statementOf(), by(mine.keys.privateKey));
    const material = { ...certificateOf(mine), tlogEntries: [await enter(BODIES.dsse(envelope, mine.pem))], ...stampsOf(await stamp(envelope.signature)) };
    assert.deepEqual(verdict(bundleOf({ dsseEnvelope: envelope.json }, material)), expected(2));
  });

  test("a bundle of the second log", async () => {
    const mine = await certificate();
    const envelope = envelopeOf(statementOf(), by(mine.keys.privateKey));
    const { inclusionPromise: _none, ...entry } = await enter(BODIES.hashedrekord2(envelope.message, envelope.signature, x509(mine)));
    const material = { ...certificateOf(mine), tlogEntries: [entry], ...stampsOf(await stamp(envelope.signature)) };
    assert.deepEqual(verdict(bundleOf({ dsseEnvelope: envelope.json }, material)), expected(1));
  });
});
