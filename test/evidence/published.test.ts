/**
 * Attestations that the public Sigstore and GitHub issued, as they were published, and the trust root of the public
 * Sigstore. They are about a wheel and a package instead of an image; a digest is a digest.
 *
 * github-actions: by `actions/attest` in a reusable workflow; github-private: of a private repository, by GitHub's
 * own authority, which the public root does not know; npm-sigstore-2.0.0: the provenance of sigstore 2.0.0 on npm.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { verifyArtifact } from "../../src/evidence/index.ts";
import type { Signer, Statement } from "../../src/model/evidence.ts";
import type { Digest } from "../../src/model/reference.ts";
import { artifactOf, gist } from "./notation-world.ts";

const file = (name: string): Buffer => readFileSync(join(import.meta.dirname, "../fixtures/evidence/published", name));
const ROOT = { name: "public", json: file("trusted_root.json").toString("utf8"), file: "trusted_root.json", thresholds: { log: 1, certificateLog: 1, timestamp: 0 } };
const ACTIONS = "https://token.actions.githubusercontent.com";

function statementOf(name: string, digest: Digest, identity: string, more: Partial<Extract<Signer, { is: "keyless" }>> = {}): Statement {
  const bytes = file(`${name}.sigstore.json`);
  const { mediaType } = JSON.parse(bytes.toString("utf8")) as { mediaType: string };
  const signer: Signer = { is: "keyless", name: "build", identity, match: "exact", issuer: ACTIONS, root: "public", extensions: {}, ...more };
  const [statement] = verifyArtifact(artifactOf(mediaType, bytes), { registry: "registry.example", repository: "published/one", digest }, { signers: [signer], roots: [ROOT] }, new Date("2026-11-24T00:00:00Z"));
  return statement!;
}

const OTHER: Digest = `sha256:${"0".repeat(64)}`;

for (const [name, digest, identity] of [
  ["github-actions", "sha256:49a3aa6075e0f49f82843e74b5baa614ad2a588e6675612bf108a0a008c5ac25", "https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml@09b495c3f12c7881b3cc17209a327792065c1a1d"],
  [
    "npm-sigstore-2.0.0",
    "sha512:46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c",
    "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main",
  ],
] as const)
  describe(name, () => {
    test("is verified for what it is about", () => {
      const { kind, predicateType, verdict } = statementOf(name, digest, identity);
      assert.equal(gist(verdict), "verified build");
      assert.ok(verdict.is === "verified" && verdict.times.length > 0 && verdict.identity.is === "keyless");
      assert.equal(verdict.identity.issuer, ACTIONS);
      // Provenance says how something was made; it is not a signature.
      assert.deepEqual([kind, predicateType], ["attestation", "https://slsa.dev/provenance/v1"]);
    });
    test("is refused for another digest", () => assert.equal(gist(statementOf(name, OTHER, identity).verdict), "invalid subject-mismatch"));
    test("is nobody's whom the policy names when the identity, the issuer or an extension is another", () => {
      assert.equal(gist(statementOf(name, digest, `${identity}x`).verdict), "untrusted");
      assert.equal(gist(statementOf(name, digest, identity, { issuer: "https://gitlab.com" }).verdict), "untrusted");
      assert.equal(gist(statementOf(name, digest, identity, { extensions: { 12: "https://github.com/acme/app" } }).verdict), "untrusted");
    });
  });

test("github-private is by an authority that the public root does not know", () => {
  const { verdict } = statementOf("github-private", "sha256:ae57936def59bc4c75edd3a837d89bcefc6d3a5e31d55a6fa7a71624f92c3c3b", "https://github.com/actions/attest-demo/.github/workflows/build-python.yml@refs/heads/main");
  assert.equal(gist(verdict), "unknown certificate-root-unknown");
});
