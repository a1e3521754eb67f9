/** What is right is verified: every key, every format, every kind of log entry. What is wrong is in attacks.ts. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { verifyAll, verifyArtifact } from "../../src/evidence/index.ts";
import { materialOf } from "../../src/evidence/trust-root.ts";
import { ask } from "../../src/evidence/witnesses.ts";
import type { Artifact, Signer, Statement, Subject, Trust, TrustRoot } from "../../src/model/evidence.ts";
import {
  artifact, BODIES, bundleOf, by, byPss, certificateOf, DIGEST, envelopeOf, keylessBundle, keyPem, legacyAttestation, legacySignature, MANIFEST, messageSignature, payloadOf, publicKey, SIGN, stampsOf,
  statementOf, SUBJECT, type SignWith, x509,
} from "./make/artifacts.ts";
import { ecKey, email, extension, FULCIO, type KeyPair, sha256, spki, userName } from "./make/certificates.ts";
import { utf8 } from "./make/der.ts";
import { after, IDENTITY, ISSUER, issuerBefore, issuerNow, keyless, keySigner, NOW, Sigstore } from "./make/sigstore.ts";

const one = (artifact: Artifact, trust: Trust, subject: Subject = SUBJECT): Statement => {
  const statements = verifyArtifact(artifact, subject, trust, NOW);
  assert.equal(statements.length, 1);
  return statements[0]!;
};
const verified = (statement: Statement): Extract<Statement["verdict"], { is: "verified" }> => {
  assert.equal(statement.verdict.is, "verified", JSON.stringify(statement.verdict));
  return statement.verdict as Extract<Statement["verdict"], { is: "verified" }>;
};

const sigstore = new Sigstore();
const root = sigstore.trust();
const release: Trust = { signers: [keyless()], roots: [root] };
const hinted = { publicKey: { hint: "" } };

describe("keys", () => {
  const rsa = (modulusLength: number): KeyPair => generateKeyPairSync("rsa", { modulusLength });
  const ed = generateKeyPairSync("ed25519");
  const [p256, p384, p521, rsa2048] = [ecKey(), ecKey("secp384r1"), ecKey("secp521r1"), rsa(2048)];
  const pss = (generateKeyPairSync as (type: string, options: object) => KeyPair)("rsa-pss", { modulusLength: 2048, hashAlgorithm: "sha256", mgf1HashAlgorithm: "sha256", saltLength: 32 });
  const cases: Readonly<Record<string, readonly [keys: KeyPair, signWith: SignWith]>> = {
    "P-256": [p256, by(p256.privateKey)],
    "P-384 with SHA-384": [p384, by(p384.privateKey)],
    "P-384 with SHA-256, as cosign signed for years": [p384, by(p384.privateKey, "sha256")],
    "P-521 with SHA-512": [p521, by(p521.privateKey)],
    "P-521 with SHA-256": [p521, by(p521.privateKey, "sha256")],
    "RSA PKCS#1": [rsa2048, by(rsa2048.privateKey)],
    "RSA PSS": [rsa2048, byPss(rsa2048.privateKey)],
    "a key that is for PSS alone": [pss, byPss(pss.privateKey)],
    Ed25519: [ed, by(ed.privateKey)],
  };
  for (const [what, [keys, signWith]] of Object.entries(cases)) {
    const trust: Trust = { signers: [keySigner(ecKey(), { name: "another" }), keySigner(keys)], roots: [] };
    const key = { is: "key", key: sha256(spki(keys.publicKey)).toString("hex") };
    const payload = payloadOf();
    const envelope = envelopeOf(statementOf(), signWith);
    const forms: Readonly<Record<string, Artifact>> = {
      simplesigning: legacySignature(payload, signWith(payload)),
      dsse: legacyAttestation(envelope),
      "bundle with an envelope": bundleOf({ dsseEnvelope: envelope.json }, hinted),
      "bundle with a message signature": bundleOf(messageSignature(MANIFEST, signWith(MANIFEST)), hinted),
    };
    for (const [form, attached] of Object.entries(forms)) {
      test(`${what}: ${form}`, () => {
        const statement = one(attached, trust);
        assert.deepEqual(verified(statement), { is: "verified", signers: ["ours"], identity: key, times: [] });
        assert.equal(statement.kind, "signature");
      });
    }
  }

  test("one key under two names is said under both", () => {
    const payload = payloadOf();
    const statement = one(legacySignature(payload, by(p256.privateKey)(payload)), { signers: [keySigner(p256, { name: "a" }), keySigner(p256, { name: "b" })], roots: [] });
    assert.deepEqual(verified(statement).signers, ["a", "b"]);
  });

  test("a log and a timestamp authority that are trusted tell the time", () => {
    const payload = payloadOf();
    const signature = by(p256.privateKey)(payload);
    const entry = sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, keyPem(p256.publicKey)), after(1));
    const attached = legacySignature(payload, signature, { entry, timestamp: sigstore.stamp(signature, { time: after(2) }) });
    assert.deepEqual(verified(one(attached, { signers: [keySigner(p256, { requireLog: true })], roots: [root] })).times, [after(1).toISOString(), after(2).toISOString()]);
  });

  test("the second log does as well, for envelopes and messages", () => {
    const trust: Trust = { signers: [keySigner(p384, { requireLog: true })], roots: [root] };
    const envelope = envelopeOf(statementOf(), by(p384.privateKey));
    const entry = sigstore.rekor2.enter(BODIES.hashedrekord2(envelope.message, envelope.signature, publicKey(p384.publicKey), "sha384"), undefined);
    verified(one(bundleOf({ dsseEnvelope: envelope.json }, { ...hinted, tlogEntries: [entry] }), trust));
    const signature = by(p384.privateKey)(MANIFEST);
    const other = sigstore.rekor2.enter(BODIES.hashedrekord2(MANIFEST, signature, publicKey(p384.publicKey), "sha384"), undefined);
    verified(one(bundleOf(messageSignature(MANIFEST, signature, "SHA2_384"), { ...hinted, tlogEntries: [other] }), trust));
  });

  test("a log that nobody here knows is no reason against a key that needs none", () => {
    const payload = payloadOf();
    const signature = by(p256.privateKey)(payload);
    const entry = sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, keyPem(p256.publicKey)), after(1));
    assert.deepEqual(verified(one(legacySignature(payload, signature, { entry }), { signers: [keySigner(p256)], roots: [] })).times, []);
  });
});

describe("keyless", () => {
  const identity = { is: "keyless", identity: IDENTITY, issuer: ISSUER };

  test("a bundle of the first log", () => {
    const statement = one(keylessBundle(sigstore), release);
    assert.deepEqual(verified(statement), { is: "verified", signers: ["release"], identity, times: [after(1).toISOString()] });
    assert.deepEqual([statement.kind, statement.format, statement.predicateType, statement.payload], ["signature", "bundle", SIGN, undefined]);
  });

  test("a bundle of the second log, with a timestamp", () => {
    assert.deepEqual(verified(one(keylessBundle(sigstore, { time: null }), release)), { is: "verified", signers: ["release"], identity, times: [after(1).toISOString()] });
  });

  test("every kind of log entry about an envelope", () => {
    const certificate = sigstore.certificate();
    const envelope = envelopeOf(statementOf(), by(certificate.keys.privateKey));
    for (const body of [BODIES.dsse(envelope, certificate.pem), BODIES.intoto1(envelope, certificate.pem), BODIES.intoto2(envelope, certificate.pem), BODIES.hashedrekord(envelope.message, envelope.signature, certificate.pem)]) {
      verified(one(legacyAttestation(envelope, { certificate, entry: sigstore.rekor.enter(body, after(1)) }), release));
    }
    for (const body of [BODIES.dsse2(envelope, x509(certificate)), BODIES.hashedrekord2(envelope.message, envelope.signature, x509(certificate), "sha512")]) {
      const entry = sigstore.rekor2.enter(body, undefined);
      verified(one(bundleOf({ dsseEnvelope: envelope.json }, { ...certificateOf(certificate), tlogEntries: [entry], ...stampsOf(sigstore.stamp(envelope.signature)) }), release));
    }
  });

  test("cosign's older signature, with its certificate and the log's promise", () => {
    const certificate = sigstore.certificate();
    const payload = payloadOf();
    const signature = by(certificate.keys.privateKey)(payload);
    const entry = sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, certificate.pem), after(1));
    const statement = one(legacySignature(payload, signature, { certificate, entry, timestamp: sigstore.stamp(signature, { time: after(2) }) }), release);
    assert.deepEqual(verified(statement).times, [after(1).toISOString(), after(2).toISOString()]);
  });

  test("cosign's older attestation, with the whole envelope stamped", () => {
    const certificate = sigstore.certificate();
    const envelope = envelopeOf(statementOf({ _type: "https://in-toto.io/Statement/v0.1", predicateType: "https://cosign.sigstore.dev/attestation/v1", predicate: "just a text" }), by(certificate.keys.privateKey));
    const entry = sigstore.rekor.enter(BODIES.dsse(envelope, certificate.pem), after(1));
    const statement = one(legacyAttestation(envelope, { certificate, entry, timestamp: sigstore.stamp(envelope.bytes, { time: after(3) }) }), release);
    assert.equal(verified(statement).times.length, 2);
    assert.deepEqual([statement.kind, statement.predicateType, Buffer.from(statement.payload!)], ["attestation", "https://cosign.sigstore.dev/attestation/v1", envelope.payload]);
  });

  test("all spellings of the bundle's media type, with what each version carries", () => {
    for (const [type, chain, alsoProof] of [
      ["application/vnd.dev.sigstore.bundle+json;version=0.1", true, false], ["application/vnd.dev.sigstore.bundle+json;version=0.2", true, true],
      ["application/vnd.dev.sigstore.bundle.v0.1+json", true, false], ["application/vnd.dev.sigstore.bundle.v0.2+json", true, true],
      ["application/vnd.dev.sigstore.bundle+json;version=0.3", false, true], ["application/vnd.dev.sigstore.bundle.v0.3+json", false, true],
    ] as const) {
      const certificate = sigstore.certificate();
      const envelope = envelopeOf(statementOf(), by(certificate.keys.privateKey));
      const entry = sigstore.rekor.enter(BODIES.dsse(envelope, certificate.pem), after(1), alsoProof);
      const material = chain ? { x509CertificateChain: { certificates: [{ rawBytes: certificate.der.toString("base64") }, { rawBytes: sigstore.middle.toString("base64") }] } } : certificateOf(certificate);
      verified(one(bundleOf({ dsseEnvelope: envelope.json }, { ...material, tlogEntries: [entry] }, type, type.replace(/\+json;version=(.*)/, ".v$1+json")), release));
    }
  });

  test("a root without logs, as GitHub's for private repositories", () => {
    const certificate = sigstore.certificate({ logs: [] });
    const envelope = envelopeOf(statementOf({ predicateType: "https://slsa.dev/provenance/v1" }), by(certificate.keys.privateKey));
    const attached = bundleOf({ dsseEnvelope: envelope.json }, { ...certificateOf(certificate), ...stampsOf(sigstore.stamp(envelope.signature)) });
    const trust: Trust = { signers: [keyless()], roots: [sigstore.trust({ tlogs: [], ctlogs: [] }, { log: 0, certificateLog: 0 })] };
    const statement = one(attached, trust);
    verified(statement);
    assert.equal(statement.kind, "attestation");
  });

  test("identities of every shape, and patterns over the whole of them", () => {
    const shapes: readonly (readonly [certificate: ReturnType<Sigstore["certificate"]>, signer: Signer])[] = [
      [sigstore.certificate({ names: [email("jo@acme.example")] }), keyless({ identity: "jo@acme.example" })],
      [sigstore.certificate({ names: [userName("jo!acme")] }), keyless({ identity: "jo!acme" })],
      [sigstore.certificate({ issuer: [issuerBefore(ISSUER)] }), keyless()],
      [sigstore.certificate({ issuer: [issuerNow(ISSUER)] }), keyless()],
      [sigstore.certificate(), keyless({ match: "glob", identity: "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*" })],
      [sigstore.certificate(), keyless({ match: "glob", identity: "https://github.com/acme/**" })],
      [sigstore.certificate({ more: [extension(`${FULCIO}.12`, utf8("https://github.com/acme/app")), extension(`${FULCIO}.2`, Buffer.from("push"))] }), keyless({ extensions: { 12: "https://github.com/acme/app", 2: "push" } })],
    ];
    for (const [certificate, signer] of shapes) verified(one(keylessBundle(sigstore, { certificate }), { signers: [signer], roots: [root] }));
  });

  test("the root that issued it, among several; a signer belongs to one", () => {
    const other: TrustRoot = { ...new Sigstore().trust(), name: "other" };
    verified(one(keylessBundle(sigstore), { signers: [keyless()], roots: [other, root] }));
    assert.equal(one(keylessBundle(sigstore), { signers: [keyless({ root: "other" })], roots: [other, root] }).verdict.is, "untrusted");
  });

  test("times at the very ends of a certificate are within", () => {
    for (const time of [after(0), after(10)]) verified(one(keylessBundle(sigstore, { time }), release));
  });

  test("somebody else is named, not hidden", () => {
    const { verdict } = one(keylessBundle(sigstore), { signers: [keyless({ identity: "https://github.com/acme/other" })], roots: [root] });
    assert.deepEqual(verdict.is === "untrusted" && verdict.identity, identity);
    assert.equal(one(keylessBundle(sigstore), { signers: [], roots: [root] }).verdict.is, "untrusted");
  });
});

describe("what is attached", () => {
  test("is all read, whatever the format: one never hides another", () => {
    const payload = payloadOf();
    const keys = ecKey();
    const sbom = artifact({ mediaType: "application/spdx+json", bytes: Buffer.from("{}") });
    const collected = { artifacts: [keylessBundle(sigstore), sbom, legacySignature(payload, by(keys.privateKey)(payload))], gaps: [] };
    const statements = verifyAll(collected, SUBJECT, { signers: [keyless(), keySigner(keys)], roots: [root] }, NOW);
    assert.deepEqual(statements.map(({ format, kind, verdict }) => [format, kind, verdict.is]), [["bundle", "signature", "verified"], ["unsigned", "other", "unknown"], ["simplesigning", "signature", "verified"]]);
  });

  test("in more layers than can be read is read in part, and that is said", () => {
    const { layers: [layer], ...rest } = artifact({ mediaType: "application/spdx+json", bytes: Buffer.from("{}") });
    const statements = verifyArtifact({ ...rest, layers: Array.from({ length: 1001 }, () => layer!) }, SUBJECT, release, NOW);
    assert.equal(statements.length, 1001);
    const { verdict } = statements.at(-1)!;
    assert.equal(verdict.is === "unknown" && verdict.code, "truncated");
  });

  test("as a log entry without promise and proof proves nothing", () => {
    const entry = { logIndex: "0", logId: { keyId: sigstore.rekor.id }, kindVersion: { kind: "dsse", version: "0.0.1" }, integratedTime: "1", inclusionPromise: undefined, inclusionProof: undefined, canonicalizedBody: Buffer.from("{}") };
    const about = { entries: [entry], timestamps: [], stamped: [], message: MANIFEST, signature: MANIFEST, signer: { spki: MANIFEST } };
    assert.throws(() => ask(materialOf(root), about, NOW), { name: "Refusal", code: "log-unproved" });
  });

  test("of a digest by another algorithm is about that digest", () => {
    const keys = ecKey();
    const digest = `sha512:${"ab".repeat(64)}` as const;
    const envelope = envelopeOf(statementOf({ subject: [{ digest: { sha256: "00" } }, { digest: { sha512: "ab".repeat(64), sha256: DIGEST.slice(7) } }] }), by(keys.privateKey));
    verified(one(legacyAttestation(envelope), { signers: [keySigner(keys)], roots: [] }, { ...SUBJECT, digest }));
  });
});
