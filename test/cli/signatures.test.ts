/** Signed images from end to end: keys made here, a registry in this process, the command as users run it. */
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { Ajv } from "ajv";
import schema from "../../schemas/inspect.schema.json" with { type: "json" };
import type { Inspection } from "../../src/cli/inspection.ts";
import { startDemoRegistry, type DemoRegistry } from "../../src/demo/registry.ts";
import type { Digest } from "../../src/model/reference.ts";
import { attach, SIMPLE, tagOf } from "../registry/attach.ts";
import { lading, pod, tree } from "./lading.ts";

interface Keys {
  readonly pem: string;
  readonly privateKey: KeyObject;
}

function makeKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { pem: publicKey.export({ type: "spki", format: "pem" }).toString(), privateKey };
}

const release = makeKeys();
const other = makeKeys();

let registry: DemoRegistry;
before(async () => void (registry = await startDemoRegistry()));
after(() => registry.close());

/** Signs a digest as cosign 2 does, and attaches the signature to one. */
async function signImage(repository: string, digest: string, { privateKey }: Keys, { over = digest, spoil = false } = {}): Promise<void> {
  const payload = JSON.stringify({ critical: { identity: { "docker-reference": `${registry.host}/${repository}` }, image: { "docker-manifest-digest": over }, type: "cosign container image signature" }, optional: null });
  const signature = sign("sha256", Buffer.from(spoil ? `${payload} ` : payload), privateKey).toString("base64");
  await attach(registry, repository, { tag: tagOf(digest, ".sig"), layers: [{ mediaType: SIMPLE, text: payload, annotations: { "dev.cosignproject.cosign/signature": signature } }] });
}

interface Report {
  readonly mode: string;
  readonly summary: { readonly signatures?: Record<string, number> };
  readonly references: readonly { readonly signature?: { readonly is: string; readonly signers?: string[]; readonly through?: string } }[];
  readonly findings: readonly { readonly rule: string; readonly label: string; readonly severity: string }[];
  readonly rules: { readonly ran: string[]; readonly skipped: readonly { readonly rule: string; readonly why: string }[] };
}

const POLICY = (match: string, more = ""): string => `online: true
signers:
  release: {key: keys/release.pub}
images:
  - match: ${match}
    signed: {by: [release]}
${more}`;

const folder = (t: TestContext, files: Readonly<Record<string, string>>, policy = POLICY(`${registry.host}/**`)): string =>
  tree(t, { "lading.yaml": policy, "keys/release.pub": release.pem, ...files });

async function check(cwd: string, ...args: readonly string[]): Promise<Report & { readonly code: number | null }> {
  const { code, stdout, stderr } = await lading(["check", "--format", "json", ...args], { cwd, env: { XDG_CACHE_HOME: join(cwd, ".cache") } });
  assert.ok(stdout.startsWith("{"), stderr);
  return { ...(JSON.parse(stdout) as Report), code };
}

const rulesOf = ({ findings }: Report): string[] => findings.map(({ rule }) => rule);
const put = (repository: string, tag = "1", options: Parameters<DemoRegistry["putImage"]>[2] = {}): Digest => registry.putImage(repository, tag, options) as Digest;

describe("an image that the policy wants signed", () => {
  test("by a key that the policy names is fine, and the next run knows it from the cache", async (t) => {
    const digest = put("acme/good");
    await signImage("acme/good", digest, release);
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/good:1@${digest}`) });
    const first = await check(cwd);
    assert.deepEqual([first.code, rulesOf(first), first.mode], [0, [], "online"]);
    assert.deepEqual(first.references.map(({ signature }) => signature), [{ is: "verified", signers: ["release"] }]);
    assert.deepEqual(first.summary.signatures, { verified: 1, absent: 0, untrusted: 0, invalid: 0, unknown: 0 });
    const asked = registry.log.length;
    const second = await check(cwd);
    assert.deepEqual([second.code, second.mode, registry.log.length], [0, "cache", asked]);
  });

  test("is asked anew when the policy names another key", async (t) => {
    const digest = put("acme/exchanged");
    await signImage("acme/exchanged", digest, release);
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/exchanged:1@${digest}`) });
    assert.equal((await check(cwd)).code, 0);
    writeFileSync(join(cwd, "keys/release.pub"), other.pem);
    assert.deepEqual(rulesOf(await check(cwd)), ["signed-by-a-trusted-signer"]);
  });

  test("and is not", async (t) => {
    const digest = put("acme/none");
    const report = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/none:1@${digest}`) }));
    assert.deepEqual([report.code, rulesOf(report), report.references[0]!.signature!.is], [1, ["signed-by-a-trusted-signer"], "absent"]);
  });

  test("and is, by somebody else", async (t) => {
    const digest = put("acme/other");
    await signImage("acme/other", digest, other);
    const report = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/other:1@${digest}`) }));
    assert.deepEqual([report.code, rulesOf(report), report.references[0]!.signature!.is], [1, ["signed-by-a-trusted-signer"], "untrusted"]);
  });

  test("with a genuine signature of another image", async (t) => {
    const digest = put("acme/replayed");
    await signImage("acme/replayed", digest, release, { over: put("acme/elsewhere", "1", { seed: "x" }) });
    const report = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/replayed:1@${digest}`) }));
    assert.equal(report.code, 1);
    assert.deepEqual(rulesOf(report), ["signed-by-a-trusted-signer", "signature-is-for-this-digest"]);
    assert.equal(report.references[0]!.signature!.is, "invalid");
  });

  test("is judged by what its tag names where it is not pinned", async (t) => {
    const digest = put("acme/floating");
    await signImage("acme/floating", digest, release);
    const report = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/floating:1`) }));
    assert.deepEqual([rulesOf(report), report.references[0]!.signature!.is], [["pin-by-digest"], "verified"]);
    registry.remove("acme/floating", digest);
    const gone = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/floating:1`) }));
    assert.deepEqual(rulesOf(gone), ["pin-by-digest", "evidence-answers"]);
  });

  test("is covered as a child by the signature of an index that its tag names", async (t) => {
    const index = put("acme/multi", "1", { platforms: ["linux/amd64", "linux/arm64"] });
    await signImage("acme/multi", index, release);
    const answer = await fetch(`${registry.url}/v2/acme/multi/manifests/${index}`, { headers: { accept: "application/vnd.oci.image.index.v1+json" } });
    const [child] = ((await answer.json()) as { manifests: { digest: string }[] }).manifests;
    const covered = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/multi:1@${child!.digest}`) }));
    assert.deepEqual(covered.references[0]!.signature, { is: "verified", signers: ["release"], through: index });
    const alone = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/multi@${child!.digest}`) }));
    assert.deepEqual([rulesOf(alone), alone.references[0]!.signature!.is], [["signed-by-a-trusted-signer"], "absent"]);
    // The reverse never holds.
    const single = put("acme/single", "1", { platforms: ["linux/amd64"] });
    const inside = ((await (await fetch(`${registry.url}/v2/acme/single/manifests/${single}`)).json()) as { manifests: { digest: string }[] }).manifests[0]!.digest;
    await signImage("acme/single", inside, release);
    const whole = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/single:1@${single}`) }));
    assert.equal(whole.references[0]!.signature!.is, "absent");
  });

  test("cannot be told where the registry does not answer: neither signed nor unsigned", async (t) => {
    const digest = put("acme/silent");
    await signImage("acme/silent", digest, release);
    registry.setFaults(({ path }) => (/referrers|tags|\.sig|\.att/.test(path) ? { is: "status", status: 403 } : undefined));
    t.after(() => registry.setFaults(undefined));
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/silent:1@${digest}`) });
    const report = await check(cwd, "--fail-on", "error");
    assert.deepEqual([report.code, rulesOf(report), report.references[0]!.signature!.is], [1, ["evidence-answers"], "unknown"]);
    assert.equal((await check(cwd, "--strict")).code, 4);
    registry.setFaults(undefined);
    assert.deepEqual(rulesOf(await check(cwd)), [], "what could not be told is not remembered");
  });

  test("a more specific entry about something else takes nothing away; `signed: false` does", async (t) => {
    const digest = put("acme/dev/tool");
    const image = { "a.yaml": pod(`${registry.host}/acme/dev/tool:1@${digest}`) };
    const still = await check(folder(t, image, POLICY(`${registry.host}/**`, `  - match: ${registry.host}/acme/dev/**\n    pin: false\n`)));
    assert.deepEqual(rulesOf(still), ["signed-by-a-trusted-signer"]);
    const free = await check(folder(t, image, POLICY(`${registry.host}/**`, `  - match: ${registry.host}/acme/dev/**\n    signed: false\n`)));
    assert.deepEqual([rulesOf(free), free.references[0]!.signature], [[], undefined]);
  });

  test("offline, names the rules that were not run, and reads no key", async (t) => {
    const report = await check(folder(t, { "a.yaml": pod(`${registry.host}/acme/none:1@sha256:${"a".repeat(64)}`), "keys/release.pub": "nothing" }), "--offline");
    assert.equal(report.code, 0);
    for (const rule of ["signed-by-a-trusted-signer", "signature-is-for-this-digest", "no-older-than-before"]) assert.ok(report.rules.skipped.some((one) => one.rule === rule), rule);
  });

  test("with a key that is none is a mistake of the policy, with its line", async (t) => {
    for (const [content, said] of [["nothing", /no public key/], [release.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), /private key/]] as const) {
      const { code, stderr } = await lading(["check"], { cwd: folder(t, { "a.yaml": pod("a.example/b:1"), "keys/release.pub": content }) });
      assert.equal(code, 2);
      assert.match(stderr, /lading\.yaml:3:18: keys\/release\.pub/);
      assert.match(stderr, said);
      assert.doesNotMatch(stderr, /BEGIN/);
    }
  });
});

describe("lading inspect", () => {
  const validate = new Ajv({ strictRequired: false, allowUnionTypes: true }).compile(schema);
  const inspected = async (cwd: string, image: string): Promise<Inspection & { code: number | null }> => {
    const { code, stdout, stderr } = await lading(["inspect", image, "--format", "json"], { cwd });
    assert.ok(stdout.startsWith("{"), stderr);
    const found = JSON.parse(stdout) as Inspection;
    assert.ok(validate(found), JSON.stringify(validate.errors));
    return { ...found, code };
  };

  test("shows what is attached, by whom, and the verdict", async (t) => {
    const digest = put("acme/shown", "1", { platforms: ["linux/amd64", "linux/arm64"] });
    await signImage("acme/shown", digest, release);
    await attach(registry, "acme/shown", { subject: digest, artifactType: "application/spdx+json", layers: [{ mediaType: "application/spdx+json", text: "{}" }] });
    const cwd = folder(t, {});
    const found = await inspected(cwd, `${registry.host}/acme/shown:1`);
    assert.deepEqual([found.code, found.digest, found.kind, found.platforms.map(({ platform }) => platform)], [0, digest, "index", ["linux/amd64", "linux/arm64"]]);
    assert.deepEqual(found.verdict, { is: "verified", signers: ["release"] });
    assert.deepEqual(found.artifacts.map(({ artifactType, found: ways }) => `${artifactType} ${ways.join()}`).sort(), ["application/spdx+json referrers", "application/vnd.oci.empty.v1+json sig-tag"]);
    const { code, stdout } = await lading(["inspect", `${registry.host}/acme/shown:1`], { cwd });
    assert.equal(code, 0);
    for (const said of [digest, "linux/arm64", "signature (cosign)", "verified: by release", "verdict: verified, signed by release"]) assert.ok(stdout.includes(said), said);
    const child = await inspected(cwd, `${registry.host}/acme/shown:1@${found.platforms[0]!.digest}`);
    assert.deepEqual([child.code, child.verdict], [0, { is: "verified", signers: ["release"], through: digest }]);
  });

  test("says of each verdict by its exit code what it is", async (t) => {
    const cwd = folder(t, {});
    const none = put("acme/bare");
    assert.deepEqual(await inspected(cwd, `${registry.host}/acme/bare:1`).then(({ code, verdict }) => [code, verdict]), [1, { is: "absent" }]);
    await signImage("acme/bare", none, release, { spoil: true });
    assert.deepEqual(await inspected(cwd, `${registry.host}/acme/bare:1`).then(({ code, verdict, artifacts }) => [code, verdict?.is, artifacts[0]!.statements[0]!.verdict.is]), [1, "untrusted", "unknown"]);
    registry.setFaults(({ path }) => (path.includes("referrers") ? { is: "status", status: 403 } : undefined));
    t.after(() => registry.setFaults(undefined));
    assert.deepEqual(await inspected(cwd, `${registry.host}/acme/bare:1`).then(({ code, verdict, gaps }) => [code, verdict?.is, gaps.length > 0]), [4, "unknown", true]);
    registry.setFaults(undefined);
    assert.equal((await lading(["inspect", `${registry.host}/acme/nowhere:1`], { cwd })).code, 3);
    assert.equal((await lading(["inspect", "Not A Reference"], { cwd })).code, 2);
    const free = await inspected(tree(t, {}), `${registry.host}/acme/bare:1`);
    assert.deepEqual([free.code, free.verdict], [0, undefined]);
  });

  test("lets no control character of an annotation or a media type reach the terminal", async (t) => {
    const digest = put("acme/escape");
    await attach(registry, "acme/escape", { subject: digest, artifactType: "application/x\u001b[31m", layers: [{ mediaType: "text/\u001b]0;x\u0007", text: "{}" }] });
    const { stdout } = await lading(["inspect", `${registry.host}/acme/escape:1`], { cwd: folder(t, {}) });
    assert.doesNotMatch(stdout, /\u001b|\u0007/);
  });
});

describe("with an archive", () => {
  test("a run that asks nobody comes to the same verdicts, and says what the archive does not tell", async (t) => {
    const [good, none, late] = [put("acme/kept"), put("acme/kept-none"), put("acme/kept-late")];
    await signImage("acme/kept", good, release);
    await signImage("acme/kept-late", late, release);
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/kept:1@${good}`, `${registry.host}/acme/kept-none:1@${none}`) });
    assert.equal((await lading(["evidence", "export", ".", "--to", "evidence.tar"], { cwd })).code, 0);
    writeFileSync(join(cwd, "a.yaml"), pod(`${registry.host}/acme/kept:1@${good}`, `${registry.host}/acme/kept-none:1@${none}`, `${registry.host}/acme/kept-late:1@${late}`, `${registry.host}/acme/kept:1`));
    const asked = registry.log.length;
    for (const again of [1, 2]) {
      const report = await check(cwd, "--evidence", "evidence.tar");
      assert.deepEqual(report.references.map(({ signature }) => signature!.is), ["verified", "absent", "unknown", "unknown"], `run ${again}`);
      assert.deepEqual(rulesOf(report), ["signed-by-a-trusted-signer", "evidence-answers", "pin-by-digest", "evidence-answers"]);
      assert.deepEqual([report.mode, report.code], ["offline", 1]);
      assert.ok(report.rules.skipped.some(({ rule }) => rule === "digest-exists"));
    }
    const shown = await lading(["inspect", `${registry.host}/acme/kept@${good}`, "--evidence", "evidence.tar", "--format", "json"], { cwd });
    assert.equal((JSON.parse(shown.stdout) as Inspection).verdict?.is, "verified");
    assert.equal((await lading(["inspect", `${registry.host}/acme/kept:1`, "--evidence", "evidence.tar"], { cwd })).code, 4);
    assert.equal(registry.log.length, asked, "nobody was asked");
    assert.equal((await lading(["check", "--evidence", "nowhere.tar"], { cwd })).code, 2);
  });

  test("a pinned platform is covered by the index that was kept with it", async (t) => {
    const index = put("acme/kept-index", "1", { platforms: ["linux/amd64", "linux/arm64"] });
    await signImage("acme/kept-index", index, release);
    const children = ((await (await fetch(`${registry.url}/v2/acme/kept-index/manifests/${index}`)).json()) as { manifests: { digest: string }[] }).manifests;
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/kept-index:1@${children[0]!.digest}`) });
    assert.equal((await lading(["evidence", "export", ".", "--to", "evidence.tar"], { cwd })).code, 0);
    const report = await check(cwd, "--evidence", "evidence.tar");
    assert.deepEqual([rulesOf(report), report.references[0]!.signature], [[], { is: "verified", signers: ["release"], through: index }]);
    const shown = await lading(["inspect", `${registry.host}/acme/kept-index@${children[0]!.digest}`, "--evidence", "evidence.tar", "--format", "json"], { cwd });
    assert.deepEqual((JSON.parse(shown.stdout) as Inspection).verdict, { is: "verified", signers: ["release"], through: index });
  });

  test("evidence that the policy keeps elsewhere is found there, and taken along", async (t) => {
    const digest = put("acme/apart");
    await signImage("evidence/store", digest, release);
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/apart:1@${digest}`) }, POLICY(`${registry.host}/**`, `evidence:\n  - {match: "${registry.host}/acme/*", repository: "${registry.host}/evidence/store"}\n`));
    assert.equal((await check(cwd)).references[0]!.signature!.is, "verified");
    await lading(["evidence", "export", ".", "--to", "evidence.tar"], { cwd });
    assert.equal((await check(cwd, "--evidence", "evidence.tar")).references[0]!.signature!.is, "verified");
  });
});

describe("a pin that is moved", () => {
  const git = (cwd: string, ...args: readonly string[]): void => void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd, stdio: "pipe" });

  /** An image whose config says when it was made. */
  async function putDated(repository: string, config: object): Promise<Digest> {
    const { digest } = await attach(registry, repository, { layers: [] });
    const { putBlob, putManifest } = await import("../registry/attach.ts");
    const blob = { mediaType: "application/vnd.oci.image.config.v1+json", ...(await putBlob(registry, repository, JSON.stringify(config))) };
    const image = await putManifest(registry, repository, { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: blob, layers: [] });
    assert.notEqual(image.digest, digest);
    await signImage(repository, image.digest, release);
    return image.digest;
  }

  async function moved(t: TestContext, repository: string, from: object, to: object): Promise<Report> {
    const [a, b] = [await putDated(repository, from), await putDated(repository, to)];
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/${repository}@${a}`), ".gitignore": ".cache\n" });
    git(cwd, "init", "-q");
    git(cwd, "add", "-A");
    git(cwd, "commit", "-qm", "before");
    writeFileSync(join(cwd, "a.yaml"), pod(`${registry.host}/${repository}@${b}`));
    return check(cwd);
  }

  test("back to an older version is told, by the label and else by the date", async (t) => {
    const labelled = (version: string, created: string): object => ({ created, config: { Labels: { "org.opencontainers.image.version": version } } });
    const back = await moved(t, "acme/back", labelled("1.10.0", "2026-01-01T00:00:00Z"), labelled("1.9.0", "2026-06-01T00:00:00Z"));
    assert.deepEqual(rulesOf(back), ["no-older-than-before"]);
    assert.match(back.findings[0]!.label, /1\.9\.0, was 1\.10\.0/);
    const dated = await moved(t, "acme/dated", { created: "2026-06-01T00:00:00Z" }, { created: "2026-01-01T00:00:00Z" });
    assert.deepEqual([rulesOf(dated), dated.findings[0]!.severity], [["no-older-than-before"], "warning"]);
  });

  test("forward is fine", async (t) => {
    assert.deepEqual(rulesOf(await moved(t, "acme/forward", { created: "2026-01-01T00:00:00Z" }, { created: "2026-06-01T00:00:00Z" })), []);
  });

  test("where nothing tells is information, and says so", async (t) => {
    const report = await moved(t, "acme/reproducible", { created: "1970-01-01T00:00:00Z", a: 1 }, { created: "1970-01-01T00:00:00Z", a: 2 });
    assert.deepEqual(report.findings.map(({ rule, severity }) => `${rule} ${severity}`), ["no-older-than-before info"]);
  });

  test("--since names the commit, and a commit that is not there is a mistake", async (t) => {
    const [older, newer] = [await putDated("acme/since", { created: "2026-01-01T00:00:00Z" }), await putDated("acme/since", { created: "2026-06-01T00:00:00Z" })];
    const cwd = folder(t, { "a.yaml": pod(`${registry.host}/acme/since@${newer}`), ".gitignore": ".cache\n" });
    git(cwd, "init", "-q");
    for (const digest of [newer, older]) {
      writeFileSync(join(cwd, "a.yaml"), pod(`${registry.host}/acme/since@${digest}`));
      git(cwd, "add", "-A");
      git(cwd, "commit", "-qm", digest);
    }
    assert.deepEqual(rulesOf(await check(cwd)), []);
    assert.deepEqual(rulesOf(await check(cwd, "--since", "HEAD~1")), ["no-older-than-before"]);
    for (const revision of ["nowhere", "--output=x"]) {
      const { code, stderr } = await lading(["check", `--since=${revision}`], { cwd });
      assert.equal(code, 2);
      assert.match(stderr, /knows no commit/);
    }
  });
});
