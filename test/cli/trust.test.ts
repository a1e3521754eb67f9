/** Whom a policy trusts, and how its trust roots are fetched: the command as users run it, a TUF repository on loopback. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { startTufRepository, type TufRepository } from "../registry/tuf-repository.ts";
import { lading, type Outcome, snapshot, tree } from "./lading.ts";

const pem = (): string => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();

const trustedRoot = (until = "2099-01-01T00:00:00Z", name = "sigstore"): string => JSON.stringify({
  mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  tlogs: [{ baseUrl: `https://rekor.${name}.example`, publicKey: { validFor: { start: "2024-01-01T00:00:00Z" } } }],
  certificateAuthorities: [{ uri: "https://fulcio.sigstore.example", certChain: { certificates: [] }, validFor: { start: "2024-01-01T00:00:00Z", end: until } }],
});

const policy = (update = ""): string => `signers:
  release: {key: keys/release.pub}
  ci: {keyless: {identity: "https://github.com/acme/*", issuer: https://issuer.example, root: sigstore}}
trustRoots:
  sigstore:
    file: keys/trusted_root.json
${update}images:
  - {match: ghcr.io/acme/**, signed: {by: [release, ci]}}
`;

const withUpdate = (url: string): string => policy(`    update: {mirror: "${url}", initialRoot: keys/root.json}\n`);

async function repository(t: TestContext): Promise<TufRepository> {
  const started = await startTufRepository();
  t.after(() => started.close());
  return started;
}

const run = (cwd: string, ...args: readonly string[]): Promise<Outcome> => lading(["trust", ...args], { cwd, env: { XDG_CACHE_HOME: join(cwd, ".cache") } });

describe("lading trust show", () => {
  test("prints signers and roots with fingerprints and validity", async (t) => {
    const key = pem();
    const cwd = tree(t, { "lading.yaml": policy(), "keys/release.pub": key, "keys/trusted_root.json": trustedRoot() });
    const { code, stdout } = await run(cwd, "show");
    assert.equal(code, 0, stdout);
    for (const said of [/^release \(key\)$/m, /keys\/release\.pub: EC prime256v1/, /sha256:[0-9a-f]{64}/, /^ci \(keyless\)$/m, /identity \(glob\): https:\/\/github\.com\/acme\/\*/, /^sigstore \(trust root\)$/m, /valid from 2024-01-01 to 2099-01-01/, /age unknown/]) assert.match(stdout, said);
    const one = await run(cwd, "show", "ci", "--format", "json");
    assert.deepEqual((JSON.parse(one.stdout) as { name: string }[]).map(({ name }) => name), ["ci"]);
    const near = await run(cwd, "show", "relaese");
    assert.deepEqual([near.code, /did you mean release/.test(near.stderr)], [2, true]);
  });

  test("warns of authorities that have ended, old roots, and roots that somebody changed", async (t) => {
    const cwd = tree(t, { "lading.yaml": policy(), "keys/release.pub": pem(), "keys/trusted_root.json": trustedRoot("2025-01-01T00:00:00Z") });
    const record = { mirror: "https://tuf.example", target: "trusted_root.json", sha256: "0".repeat(64), fetched: "2025-01-01T00:00:00Z" };
    writeFileSync(join(cwd, "keys/trusted_root.json.source"), JSON.stringify(record));
    const { code, stdout } = await run(cwd, "show");
    assert.equal(code, 1);
    for (const said of [/none of its certificate authorities is valid now/, /fetched more than 90 d ago/, /has changed since it was fetched/]) assert.match(stdout, said);
    const patient = await run(cwd, "show", "--max-age", "99999");
    assert.doesNotMatch(patient.stdout, /fetched more than/);
  });

  test("names the line of what is missing or is none", async (t) => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ type: "spki", format: "pem" }).toString();
    const curve = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({ type: "spki", format: "pem" }).toString();
    const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{}, /lading\.yaml:2:18: keys\/release\.pub does not exist/],
      [{ "keys/release.pub": weak }, /1024 bits/],
      [{ "keys/release.pub": curve }, /secp256k1/],
      [{ "keys/release.pub": pem() + pem() }, /more than one key/],
      [{ "keys/release.pub": pem() }, /lading\.yaml:6:11: keys\/trusted_root\.json does not exist/],
      [{ "keys/release.pub": pem(), "keys/trusted_root.json": "{" }, /is not JSON/],
      [{ "keys/release.pub": pem(), "keys/trusted_root.json": "{}" }, /mediaType/],
      [{ "keys/release.pub": pem(), "keys/trusted_root.json": '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}' }, /trusts nobody/],
    ];
    for (const [files, said] of wrong) {
      const { code, stderr } = await run(tree(t, { "lading.yaml": policy(), ...files }), "show");
      assert.equal(code, 2, String(said));
      assert.match(stderr, said);
    }
  });

  test("of a Notation signer shows its authorities, and takes no leaf for one", async (t) => {
    const cwd = tree(t, { "lading.yaml": 'signers:\n  qa: {notation: {authorities: [ca.pem], identities: ["x509.subject: C=US, ST=WA, O=acme"]}}\nimages:\n  - {match: a.example/**, signed: {by: [qa]}}\n' });
    const openssl = (...args: readonly string[]): void => void execFileSync("openssl", args, { cwd, stdio: "pipe" });
    try {
      openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/C=US/O=acme/CN=acme root");
    } catch {
      return t.skip("openssl is not here");
    }
    const { code, stdout } = await run(cwd, "show");
    assert.equal(code, 0);
    assert.match(stdout, /authority: CN=acme root, O=acme, C=US, valid from/);
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=leaf", "-addext", "basicConstraints=critical,CA:FALSE");
    const leaf = await run(cwd, "show");
    assert.deepEqual([leaf.code, /which is no authority/.test(leaf.stderr)], [2, true]);
  });
});

describe("lading trust update", () => {
  const start = async (t: TestContext, content = trustedRoot()): Promise<{ tuf: TufRepository; cwd: string; file: string }> => {
    const tuf = await repository(t);
    tuf.publish("trusted_root.json", content);
    const cwd = tree(t, { "lading.yaml": withUpdate(tuf.url), "keys/release.pub": pem(), "keys/root.json": tuf.initialRoot });
    return { tuf, cwd, file: join(cwd, "keys/trusted_root.json") };
  };

  test("fetches the file, and notes where it came from and when", async (t) => {
    const { tuf, cwd, file } = await start(t);
    const { code, stdout, stderr } = await run(cwd, "update");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /wrote keys\/trusted_root\.json/);
    assert.equal(readFileSync(file, "utf8"), trustedRoot());
    const record = JSON.parse(readFileSync(`${file}.source`, "utf8")) as Record<string, string>;
    assert.deepEqual([record["mirror"], record["target"]], [tuf.url, "trusted_root.json"]);
    assert.match((await run(cwd, "show", "sigstore")).stdout, /fetched \d{4}-\d{2}-\d{2} \(0 d ago\) from http/);
    assert.match((await run(cwd, "update", "sigstore")).stdout, /is what http.* has/);
  });

  test("follows the repository when its keys change, and only when the old ones vouch for the new", async (t) => {
    const { tuf, cwd, file } = await start(t);
    assert.equal((await run(cwd, "update")).code, 0);
    tuf.rotate();
    const next = trustedRoot("2098-01-01T00:00:00Z");
    tuf.publish("trusted_root.json", next);
    assert.equal((await run(cwd, "update")).code, 0);
    assert.equal(readFileSync(file, "utf8"), next);
    tuf.rotate({ withStranger: true });
    tuf.publish("trusted_root.json", trustedRoot("2097-01-01T00:00:00Z"));
    assert.equal((await run(cwd, "update")).code, 4);
    assert.equal(readFileSync(file, "utf8"), next);
  });

  const LIES: Readonly<Record<string, (tuf: TufRepository) => void>> = {
    "what has expired": (tuf) => tuf.publish("trusted_root.json", trustedRoot("2096-01-01T00:00:00Z"), { expired: true }),
    "an older version": (tuf) => tuf.publish("trusted_root.json", trustedRoot("2096-01-01T00:00:00Z"), { version: 1 }),
    "bytes that are not what was signed": (tuf) => tuf.publish("trusted_root.json", trustedRoot("2096-01-01T00:00:00Z"), { spoil: true }),
    "another file": (tuf) => tuf.publish("other.json", trustedRoot("2096-01-01T00:00:00Z")),
    "something that is no trust root": (tuf) => tuf.publish("trusted_root.json", "{}"),
  };
  for (const [what, lie] of Object.entries(LIES))
    test(`does not believe ${what}, and leaves the file as it was`, async (t) => {
      const { tuf, cwd, file } = await start(t);
      tuf.publish("trusted_root.json", trustedRoot());
      assert.equal((await run(cwd, "update")).code, 0);
      const before = snapshot(join(cwd, "keys"));
      lie(tuf);
      const { code, stderr } = await run(cwd, "update");
      assert.equal(code, 4, stderr);
      assert.match(stderr, /nothing was written/);
      assert.deepEqual(snapshot(join(cwd, "keys")), before);
      assert.ok(existsSync(file));
    });

  test("believes no repository that the first root does not name", async (t) => {
    const { cwd, file } = await start(t);
    writeFileSync(join(cwd, "keys/root.json"), (await repository(t)).initialRoot);
    assert.equal((await run(cwd, "update")).code, 4);
    assert.ok(!existsSync(file));
  });

  test("needs to be told where from", async (t) => {
    const cwd = tree(t, { "lading.yaml": policy(), "keys/release.pub": pem(), "keys/trusted_root.json": trustedRoot() });
    for (const args of [["update"], ["update", "sigstore"], ["update", "nobody"], ["renew"], []]) assert.equal((await run(cwd, ...args)).code, 2, args.join(" "));
    rmSync(join(cwd, "lading.yaml"));
    assert.equal((await run(cwd, "show")).code, 2);
  });

  test("is the only command that asks a TUF repository", async (t) => {
    const { tuf, cwd } = await start(t);
    assert.equal((await run(cwd, "update")).code, 0);
    const asked = tuf.asked();
    writeFileSync(join(cwd, "a.yaml"), "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: 127.0.0.1:1/acme/web:1\n");
    for (const args of [["check", "--online"], ["trust", "show"], ["inspect", "127.0.0.1:1/acme/web:1"]]) await lading(args, { cwd });
    assert.equal(tuf.asked(), asked);
  });
});
