/** One piece of good evidence of each kind, for timing. */
import { generateKeyPairSync } from "node:crypto";
import type { Artifact, Trust } from "../../src/model/evidence.ts";
import { BODIES, bundleOf, by, certificateOf, envelopeOf, keylessBundle, legacyAttestation, legacySignature, payloadOf, stampsOf, statementOf, x509 } from "../../test/evidence/make/artifacts.ts";
import { ecKey, type KeyPair } from "../../test/evidence/make/certificates.ts";
import { after, keyless, keySigner, Sigstore } from "../../test/evidence/make/sigstore.ts";

export interface Kind {
  readonly name: string;
  readonly artifact: Artifact;
  readonly trust: Trust;
}

const VULNERABILITIES = "https://cosign.sigstore.dev/attestation/vuln/v1";

export function kinds(): Kind[] {
  const sigstore = new Sigstore();
  const trust: Trust = { signers: [keyless()], roots: [sigstore.trust()] };
  return [...keyKinds(), ...keylessKinds(sigstore, trust)];
}

function keyKinds(): Kind[] {
  const pairs: Readonly<Record<string, KeyPair>> = {
    "P-256": ecKey(), "P-384": ecKey("secp384r1"), "P-521": ecKey("secp521r1"), Ed25519: generateKeyPairSync("ed25519"),
    "RSA 2048": generateKeyPairSync("rsa", { modulusLength: 2048 }), "RSA 4096": generateKeyPairSync("rsa", { modulusLength: 4096 }),
  };
  return Object.entries(pairs).flatMap(([name, keys]) => {
    const signWith = by(keys.privateKey);
    const trust: Trust = { signers: [keySigner(keys)], roots: [] };
    return [
      { name: `key ${name}, simplesigning`, artifact: legacySignature(payloadOf(), signWith(payloadOf())), trust },
      { name: `key ${name}, bundle`, artifact: bundleOf({ dsseEnvelope: envelopeOf(statementOf(), signWith).json }, { publicKey: { hint: "" } }), trust },
    ];
  });
}

function keylessKinds(sigstore: Sigstore, trust: Trust): Kind[] {
  const certificate = sigstore.certificate();
  const signWith = by(certificate.keys.privateKey);
  const envelope = envelopeOf(statementOf(), signWith);
  const scan = statementOf({ predicateType: VULNERABILITIES, predicate: { scanner: { result: Array.from({ length: 20_000 }, (_, at) => ({ VulnerabilityID: `CVE-2026-${at}`, Severity: "LOW", PkgName: "openssl", InstalledVersion: "3.0.15-1" })) } } });
  const signature = signWith(payloadOf());
  const proof = { certificate, entry: sigstore.rekor.enter(BODIES.hashedrekord(payloadOf(), signature, certificate.pem), after(1)) };
  const scanned = envelopeOf(scan, signWith);
  const both = { ...certificateOf(certificate), tlogEntries: [sigstore.rekor.enter(BODIES.dsse(envelope, certificate.pem), after(1))], ...stampsOf(sigstore.stamp(envelope.signature)) };
  const second = sigstore.rekor2.enter(BODIES.hashedrekord2(envelope.message, envelope.signature, x509(certificate)), undefined);
  return [
    { name: "keyless, simplesigning, promise", artifact: legacySignature(payloadOf(), signature, proof), trust },
    { name: "keyless, bundle, promise and proof", artifact: keylessBundle(sigstore), trust },
    { name: "keyless, bundle, promise, proof and timestamp", artifact: bundleOf({ dsseEnvelope: envelope.json }, both), trust },
    { name: "keyless, bundle of the second log, timestamp", artifact: bundleOf({ dsseEnvelope: envelope.json }, { ...certificateOf(certificate), tlogEntries: [second], ...stampsOf(sigstore.stamp(envelope.signature)) }), trust },
    { name: `keyless, attestation of ${(scan.length / 1e6).toFixed(1)} MB`, artifact: legacyAttestation(scanned, { certificate, entry: sigstore.rekor.enter(BODIES.dsse(scanned, certificate.pem), after(1)) }), trust },
  ];
}

