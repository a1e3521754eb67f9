/**
 * Sigstore's own conformance cases for the verification of bundles, by its client protocol: an artifact, a bundle, an
 * identity or a key, and the trust root of the case or of the public Sigstore. Nothing is asked online. Signing cases
 * need the live services and are not run. The table says for each case what comes of it, so that a case that is
 * refused for the wrong reason, or is new, shows.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import { conformanceCases } from "../../bench/tools/conformance.ts";
import { verifyArtifact } from "../../src/evidence/index.ts";
import type { Signer } from "../../src/model/evidence.ts";
import { outcome } from "./attacks/attack.ts";
import { artifact, BUNDLE } from "./make/artifacts.ts";
import { NOW } from "./make/sigstore.ts";

const EXPECTED: Readonly<Record<string, string>> = {
  "bundle-empty-certificate-chain_fail": "malformed",
  "bundle-from-wrong-instance_fail": "certificate-root-unknown",
  "bundle-invalid-base64-signature_fail": "base64",
  "bundle-malformed-json_fail": "malformed",
  "bundle-negative-log-index_fail": "log-promise",
  "bundle-unknown-version_fail": "media-type-unknown",
  "bundle-with-root-cert_fail": "chain-has-root",
  "bundle-with-sct-with-extensions": "verified",
  "checkpoint-bad-keyhint_fail": "log-checkpoint",
  "checkpoint-wrong-roothash_fail": "log-proof",
  "dsse-invalid-sig_fail": "signature-mismatch",
  "dsse-mismatch-envelope_fail": "entry-signature",
  "dsse-mismatch-sig_fail": "entry-signature",
  "happy-path-intoto-in-dsse-v3": "verified",
  "happy-path-v0.1": "verified",
  "happy-path-v0.2": "verified",
  "happy-path-v0.3": "verified",
  "happy-path-v0.3-new-mediaType": "verified",
  "inclusion-proof-corrupted-hash_fail": "log-proof",
  "incorrect-public-key_fail": "log-promise",
  "integrated-time-in-future_fail": "certificate-time",
  "intoto-expired-certificate_fail": "certificate-time",
  "intoto-log-entry-mismatch_fail": "base64",
  "intoto-missing-inclusion-proof_fail": "malformed",
  "intoto-set-outside-signing-cert-validity_fail": "certificate-time",
  "intoto-tsa-timestamp-outside-cert-validity_fail": "certificate-time",
  "intoto-with-custom-trust-root": "verified",
  "invalid-checkpoint-signature_fail": "log-checkpoint",
  "invalid-ct-key_fail": "sct-invalid",
  "invalid-inclusion-proof_fail": "malformed",
  "managed-key-and-trusted-root": "verified",
  "managed-key-happy-path": "verified",
  "managed-key-no-key_fail": "no-key-fits",
  "managed-key-wrong-key_fail": "key-unreadable",
  "message-digest-mismatch_fail": "subject-mismatch",
  "rekor2-checkpoint-cosigned": "verified",
  "rekor2-checkpoint-missing-log-signature_fail": "log-checkpoint",
  "rekor2-checkpoint-missing-origin_fail": "log-checkpoint",
  "rekor2-checkpoint-missing-root-hash_fail": "log-checkpoint",
  "rekor2-checkpoint-missing-size_fail": "log-checkpoint",
  "rekor2-checkpoint-multiple-cosigs": "verified",
  "rekor2-checkpoint-no-matching-signature_fail": "log-checkpoint",
  "rekor2-checkpoint-origin-not-first": "verified",
  "rekor2-checkpoint-two-sigs-cosigned": "verified",
  "rekor2-checkpoint-two-sigs-from-origin": "verified",
  "rekor2-dsse-happy-path": "verified",
  "rekor2-dsse-invalid-sig_fail": "signature-mismatch",
  "rekor2-dsse-mismatch-envelope_fail": "entry-signature",
  "rekor2-dsse-mismatch-sig_fail": "entry-signature",
  "rekor2-happy-path": "verified",
  "rekor2-no-inclusion-proof_fail": "malformed",
  "rekor2-no-timestamp_fail": "no-trusted-time",
  "rekor2-timestamp-outside-trust-root-tsa-validity_fail": "timestamp-authority-time",
  "rekor2-timestamp-outside-tsa-cert-validity_fail": "timestamp-authority-time",
  "rekor2-timestamp-payload-mismatch_fail": "timestamp-imprint",
  "rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail": "timestamp-authority-unknown",
  "rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail": "timestamp-authority-unknown",
  "rekor2-timestamp-with-embedded-cert": "verified",
  "rekor2-timestamp-with-expired-cert-chain": "verified",
  "rekor2-timestamp-with-incorrect-time_fail": "base64",
  "rekor2-timestamp-without-embedded-cert": "verified",
  "set-invalid-signature_fail": "log-promise",
  "signature-mismatch_fail": "signature-mismatch",
  "trust-root-tlog-missing-validity-start_fail": "trust-root-unreadable",
  "trust-root-tlog-validity-end-inclusive": "verified",
  "trust-root-tsa-validity-end-inclusive": "verified",
  "wrong-hashedrekord-artifact_fail": "entry-signature",
  "wrong-hashedrekord-cert-and-sig_fail": "entry-signature",
  "wrong-hashedrekord-entry_fail": "entry-signature",
  "wrong-material_fail": "subject-mismatch",
};

const IDENTITY = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";

/** The public Sigstore's trust root, as the TUF client carries it. */
const seeds = createRequire(import.meta.url)("@sigstore/tuf/seeds.json") as Readonly<Record<string, { readonly targets: Readonly<Record<string, string>> }>>;
const publicRoot = Buffer.from(seeds["https://tuf-repo-cdn.sigstore.dev"]!.targets["trusted_root.json"]!, "base64").toString();

function run(folder: string, change = (bundle: Buffer): Buffer => bundle): string {
  const path = (file: string): string => join(folder, file);
  const read = (file: string, otherwise: string): string => (existsSync(path(file)) ? readFileSync(path(file), "utf8").trim() : otherwise);
  const manifest = readFileSync(existsSync(path("artifact")) ? path("artifact") : path("../a.txt"));
  const bytes = change(readFileSync(path("bundle.sigstore.json")));
  const mediaType = /"mediaType":\s*"([^"]+)"/.exec(bytes.toString("latin1"))?.[1] ?? BUNDLE;
  const signer: Signer = existsSync(path("key.pub"))
    ? { is: "key", name: "signer", pem: read("key.pub", ""), file: "key.pub", requireLog: false }
    : { is: "keyless", name: "signer", identity: read("identity", IDENTITY), match: "exact", issuer: read("issuer", "https://token.actions.githubusercontent.com"), root: "root", extensions: {} };
  const trust = { signers: [signer], roots: [{ name: "root", file: "trusted_root.json", json: read("trusted_root.json", publicRoot), thresholds: { log: 1, certificateLog: 1, timestamp: 1 } }] };
  const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}` as const;
  const [statement] = verifyArtifact(artifact({ mediaType, bytes }), { registry: "r", repository: "r", digest, manifest }, trust, new Date(Math.max(NOW.getTime(), Date.now())));
  return outcome(statement!.verdict);
}

const cases = conformanceCases();
describe("sigstore-conformance", { skip: "missing" in cases ? cases.missing : false }, () => {
  const path = "path" in cases ? cases.path : "";
  const names = path === "" ? [] : readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

  for (const name of names) {
    test(name, () => {
      const found = run(join(path, name));
      assert.equal(found === "verified", !name.endsWith("_fail"), found);
      assert.equal(found, EXPECTED[name]);
    });
  }

  test("a case that is refused for its base64 already is refused for its time as well", () => {
    const oneLine = (bundle: Buffer): Buffer => Buffer.from(bundle.toString().replace(/"signedTimestamp":\s*"[^"]+"/, (text) => text.replaceAll("\\n", "")));
    assert.equal(run(join(path, "rekor2-timestamp-with-incorrect-time_fail"), oneLine), "certificate-time");
  });

  test("all cases are in the table", () => assert.deepEqual(names.sort(), Object.keys(EXPECTED).sort()));
});
