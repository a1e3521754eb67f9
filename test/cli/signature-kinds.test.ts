/** Keyless and Notation signatures from end to end: the policy's words reach the verifiers, and the manifest is read where it is signed. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { type DemoRegistry, startDemoRegistry } from "../../src/demo/registry.ts";
import type { Digest } from "../../src/model/reference.ts";
import { pem } from "../evidence/der.ts";
import { keylessBundle, statementOf } from "../evidence/make/artifacts.ts";
import { IDENTITY, ISSUER, Sigstore } from "../evidence/make/sigstore.ts";
import { COSE, JWS, makeChain, makeCose, makeJws, payloadOf, rootOf } from "../evidence/notation-world.ts";
import { attach, BUNDLE, IMAGE, putBlob, putManifest } from "../registry/attach.ts";
import { lading, pod, tree } from "./lading.ts";

let registry: DemoRegistry;
before(async () => void (registry = await startDemoRegistry()));
after(() => registry.close());

interface Checked {
  readonly code: number | null;
  readonly rules: readonly string[];
  readonly signature: { readonly is: string; readonly signers?: readonly string[]; readonly why?: string };
}

async function check(t: TestContext, image: string, files: Readonly<Record<string, string>>): Promise<Checked & { cwd: string }> {
  const cwd = tree(t, { "a.yaml": pod(image), ...files });
  return { ...(await again(cwd)), cwd };
}

async function again(cwd: string): Promise<Checked & { mode: string }> {
  const { code, stdout, stderr } = await lading(["check", "--online", "--format", "json"], { cwd, env: { XDG_CACHE_HOME: join(cwd, ".cache") } });
  assert.ok(stdout.startsWith("{"), stderr);
  const { findings, references, mode } = JSON.parse(stdout) as { findings: { rule: string }[]; references: { signature: Checked["signature"] }[]; mode: string };
  return { code, rules: findings.map(({ rule }) => rule), signature: references[0]!.signature, mode };
}

describe("a keyless signature", () => {
  const sigstore = new Sigstore();
  const root = sigstore.trust();
  const policy = (more: Readonly<Record<string, string>> = {}, thresholds = ""): string => {
    const signer = { identity: IDENTITY, issuer: ISSUER, root: "acme", ...more };
    return `signers:\n  ci: {keyless: ${JSON.stringify(signer)}}\ntrustRoots:\n  acme: {file: root.json${thresholds}}\nimages:\n  - {match: "${registry.host}/**", signed: {by: [ci]}}\n`;
  };

  async function signed(repository: string, predicateType?: string): Promise<string> {
    const digest = registry.putImage(repository, "1") as Digest;
    const statement = statementOf({ subject: [{ digest: { sha256: digest.slice(7) } }], ...(predicateType ? { predicateType } : {}) });
    const { layers } = keylessBundle(sigstore, { payload: statement });
    await attach(registry, repository, { subject: digest, artifactType: BUNDLE, layers: [{ mediaType: BUNDLE, text: Buffer.from(layers[0]!.bytes).toString("utf8") }] });
    return `${registry.host}/${repository}:1@${digest}`;
  }

  test("counts by its whole identity and its issuer, under a root of the policy", async (t) => {
    const image = await signed("acme/keyless");
    const of = (more: Readonly<Record<string, string>>, thresholds?: string): Promise<Checked> => check(t, image, { "lading.yaml": policy(more, thresholds), "root.json": root.json });
    assert.deepEqual(await of({}).then(({ code, rules, signature }) => [code, rules, signature]), [0, [], { is: "verified", signers: ["ci"] }]);
    assert.equal((await of({ identity: IDENTITY.replace("v1.2.3", "*") })).signature.is, "verified");
    for (const other of [{ identity: IDENTITY.replace("acme", "evil") }, { identity: "https://github.com/acme/*" }, { issuer: "https://gitlab.com" }, { identity: IDENTITY.replace(".git", "xgit") }]) {
      const { rules, signature } = await of(other);
      assert.deepEqual([rules, signature.is], [["signed-by-a-trusted-signer"], "untrusted"], JSON.stringify(other));
    }
    assert.equal((await of({}, ", thresholds: {log: 2}")).signature.is, "invalid");
    const stranger = await check(t, image, { "lading.yaml": policy(), "root.json": new Sigstore().trust().json });
    assert.deepEqual([stranger.rules, stranger.signature.is], [["signed-by-a-trusted-signer"], "untrusted"]);
  });

  test("is none when it is a scan that the same identity attested", async (t) => {
    const { rules, signature } = await check(t, await signed("acme/scanned", "https://cosign.sigstore.dev/attestation/vuln/v1"), { "lading.yaml": policy(), "root.json": root.json });
    assert.deepEqual([rules, signature.is], [["signed-by-a-trusted-signer"], "absent"]);
  });
});

describe("a Notation signature", () => {
  const chain = makeChain();
  const policy = (identity = "x509.subject: C=US, ST=WA, O=acme\\\\, inc"): string =>
    `signers:\n  qa: {notation: {authorities: [ca.pem], identities: ["${identity}"]}}\nimages:\n  - {match: "${registry.host}/**", signed: {by: [qa]}}\n`;

  async function signed(repository: string, mediaType: string, lie = 0): Promise<string> {
    const digest = registry.putImage(repository, "1") as Digest;
    const answer = await fetch(`${registry.url}/v2/${repository}/manifests/${digest}`);
    const payload = payloadOf({ digest, mediaType: answer.headers.get("content-type")!, size: (await answer.text()).length + lie });
    const bytes = mediaType === JWS ? Buffer.from(JSON.stringify(makeJws({ chain, payload }))) : makeCose({ chain, payload });
    const blob = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    await fetch(`${registry.url}/v2/${repository}/blobs/uploads/?digest=${blob}`, { method: "POST", body: new Uint8Array(bytes) });
    const config = { mediaType: "application/vnd.cncf.notary.signature", ...(await putBlob(registry, repository, "{}")) };
    const subject = { mediaType: IMAGE, digest, size: 1 };
    await putManifest(registry, repository, { schemaVersion: 2, mediaType: IMAGE, config, layers: [{ mediaType, digest: blob, size: bytes.length }], subject });
    return `${registry.host}/${repository}:1@${digest}`;
  }

  for (const [name, mediaType] of [["jws", JWS], ["cose", COSE]] as const)
    test(`in ${name} counts by its authority and its subject, over digest, size and media type`, async (t) => {
      const files = { "ca.pem": pem(rootOf(chain)) };
      const right = await check(t, await signed(`acme/${name}`, mediaType), { "lading.yaml": policy(), ...files });
      assert.deepEqual([right.code, right.rules, right.signature], [0, [], { is: "verified", signers: ["qa"] }]);
      assert.equal((await again(right.cwd)).mode, "cache");
      const other = await check(t, await signed(`acme/${name}`, mediaType), { "lading.yaml": policy("x509.subject: C=US, ST=WA, O=evil"), ...files });
      assert.deepEqual([other.rules, other.signature.is], [["signed-by-a-trusted-signer"], "untrusted"]);
      const size = await check(t, await signed(`acme/${name}-lie`, mediaType, 1), { "lading.yaml": policy(), ...files });
      assert.deepEqual([size.rules, size.signature.is], [["signed-by-a-trusted-signer", "signature-is-for-this-digest"], "invalid"]);
    });
});
