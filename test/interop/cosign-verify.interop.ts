/** Where the real cosign says verified, so does lading; where it says no, no. Every kind of key, both formats, attestations. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { install } from "../../bench/tools/install.ts";
import { type DemoRegistry, startDemoRegistry } from "../../src/demo/registry.ts";
import { decide } from "../../src/evidence/decide.ts";
import { verifyAll } from "../../src/evidence/index.ts";
import type { Statement } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { createCollect } from "../../src/registry/collect.ts";
import { missing } from "./missing.ts";

const KEYS: Readonly<Record<string, () => { readonly privateKey: KeyObject }>> = {
  p256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  p384: () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
  p521: () => generateKeyPairSync("ec", { namedCurve: "P-521" }),
  rsa2048: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  rsa4096: () => generateKeyPairSync("rsa", { modulusLength: 4096 }),
  ed25519: () => generateKeyPairSync("ed25519"),
};
/**
 * What cosign 3.1.2 signs with these keys its own `cosign verify` refuses. With P-384 and P-521 it signs with the hash of the
 * curve and verifies with SHA-256; the signatures are good, and lading takes them. With Ed25519 neither of the two does.
 */
const NOT_BY_COSIGN = ["p384", "p521", "ed25519"];
const NOT_BY_US = ["ed25519"];
const FORMATS: Readonly<Record<string, readonly string[]>> = { bundle: [], "older format": ["--new-bundle-format=false"] };
const LOCAL = ["--allow-http-registry"];
const UNLOGGED = ["--use-signing-config=false", "--tlog-upload=false"];

interface Bench {
  readonly registry: DemoRegistry;
  /** Runs cosign in a folder of its own; the last line that it said where it failed. */
  readonly cosign: (...args: readonly string[]) => Promise<"ok" | string>;
  readonly folder: string;
}

async function bench(t: TestContext): Promise<Bench | undefined> {
  const tool = await install("cosign");
  if ("missing" in tool) return void missing(t, tool.missing);
  const folder = mkdtempSync(join(tmpdir(), "lading-cosign-"));
  const registry = await startDemoRegistry();
  t.after(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const env = { HOME: folder, COSIGN_PASSWORD: "", COSIGN_YES: "true" };
  const cosign = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve) => execFile(tool.path, [...args], { cwd: folder, env }, (error, _out, said) => resolve(error ? said.trim().split("\n").at(-1)! || error.message : "ok")));
  return { registry, cosign, folder };
}

async function importKey({ cosign, folder }: Bench, name: string): Promise<void> {
  writeFileSync(join(folder, `${name}.pem`), KEYS[name]!().privateKey.export({ type: "pkcs8", format: "pem" }));
  assert.equal(await cosign("import-key-pair", "--key", `${name}.pem`, "--output-key-prefix", name), "ok");
}

async function statements({ registry, folder }: Bench, repository: string, digest: Digest, key: string): Promise<Statement[]> {
  const subject = { registry: registry.host, repository, digest };
  const collected = await createCollect({ policy: DEFAULT_POLICY, version: "interop", environment: {} })(subject);
  assert.deepEqual(collected.gaps, []);
  const pem = readFileSync(join(folder, `${key}.pub`), "utf8");
  return verifyAll(collected, subject, { signers: [{ is: "key", name: key, pem, file: `${key}.pub`, requireLog: false }], roots: [] }, new Date());
}

const verdict = (found: readonly Statement[], key: string): string => decide(found, [], { signers: [key], atLeast: 1 }).is;

for (const [format, flags] of Object.entries(FORMATS)) {
  for (const key of Object.keys(KEYS)) {
    test(`${format}, ${key}: signed, by another key, and not at all`, async (t) => {
      const tools = await bench(t);
      if (!tools) return;
      const { registry, cosign } = tools;
      await importKey(tools, key);
      const digest = registry.putImage("acme/web", "1.0") as Digest;
      const reference = `${registry.host}/acme/web@${digest}`;
      const verify = (): Promise<string> => cosign("verify", "--key", `${key}.pub`, "--insecure-ignore-tlog=true", ...LOCAL, reference);
      const say = async (cosign: boolean, ours: string): Promise<void> => {
        const said = await verify();
        assert.equal(said === "ok", cosign, said);
        assert.equal(verdict(await statements(tools, "acme/web", digest, key), key), ours);
      };
      await say(false, "absent");
      assert.equal(await cosign("generate-key-pair", "--output-key-prefix", "other"), "ok");
      assert.equal(await cosign("sign", "--key", "other.key", ...UNLOGGED, ...LOCAL, ...flags, reference), "ok");
      const [stranger] = await statements(tools, "acme/web", digest, key);
      assert.equal(stranger!.verdict.is === "unknown" && stranger!.verdict.code, "no-key-fits");
      await say(false, "untrusted");
      assert.equal(await cosign("sign", "--key", `${key}.key`, ...UNLOGGED, ...LOCAL, ...flags, reference), "ok");
      // A bundle says which key made it, so that a signature that does not fit is wrong, and not only somebody else's.
      await say(!NOT_BY_COSIGN.includes(key), !NOT_BY_US.includes(key) ? "verified" : format === "bundle" ? "invalid" : "untrusted");
    });
  }

  test(`${format}: an attestation is verified, and signs nothing`, async (t) => {
    const tools = await bench(t);
    if (!tools) return;
    const { registry, cosign, folder } = tools;
    await importKey(tools, "p256");
    writeFileSync(join(folder, "scan.json"), '{"scanner":{"result":{}},"metadata":{}}');
    const digest = registry.putImage("acme/web", "1.0") as Digest;
    const reference = `${registry.host}/acme/web@${digest}`;
    assert.equal(await cosign("attest", "--key", "p256.key", "--type", "vuln", "--predicate", "scan.json", ...UNLOGGED, ...LOCAL, ...flags, reference), "ok");
    const found = await statements(tools, "acme/web", digest, "p256");
    assert.deepEqual(found.map(({ kind, predicateType, verdict: { is } }) => [kind, predicateType, is]), [["attestation", "https://cosign.sigstore.dev/attestation/vuln/v1", "verified"]]);
    assert.equal(JSON.parse(Buffer.from(found[0]!.payload!).toString()).subject[0].digest.sha256, digest.slice(7));
    assert.equal(verdict(found, "p256"), "absent");
  });
}
