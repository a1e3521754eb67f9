/**
 * Images that the real cosign and notation signed, in real registries with and without the referrers API, judged by
 * `lading check --online`; then tampered with, re-tagged, deleted, signed by others, out of reach. Each has its answer.
 *
 * A program that cannot be had skips its tests by name; LADING_INTEROP_REQUIRE=1 makes that a failure.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { codeSigningChain } from "../../bench/evidence/authorities.ts";
import { changed, moved, pull, push, pushImage, type Snapshot } from "../../bench/evidence/snapshot.ts";
import { Cosign, Notation } from "../../bench/evidence/tools.ts";
import { install } from "../../bench/tools/install.ts";
import { type PrintedReport, report } from "../../bench/tools/lading.ts";
import { type RunningRegistry, startCraneRegistry, startDockerRegistry, startOlareg, startGgcrReferrers } from "../../bench/tools/registries.ts";
import { ec, pem } from "../evidence/der.ts";
import { missing } from "./missing.ts";

type Way = "cosign bundle" | "cosign legacy" | "notation jws" | "notation cose";
const WAYS: readonly Way[] = ["cosign bundle", "cosign legacy", "notation jws", "notation cose"];
const COSIGN = ["--use-signing-config=false", "--tlog-upload=false", "--yes", "--allow-http-registry"];

class World {
  readonly host: string;
  readonly folder: string;
  readonly cosign: Cosign;
  readonly notation: Notation;
  readonly stranger: Notation;

  constructor(host: string, folder: string, cosign: string, notation: string) {
    this.host = host;
    this.folder = folder;
    for (const name of ["keys", "release", "stranger", "tree"]) mkdirSync(join(folder, name));
    this.cosign = new Cosign(cosign, join(folder, "keys"));
    this.notation = new Notation(notation, join(folder, "release"));
    this.stranger = new Notation(notation, join(folder, "stranger"));
  }

  async prepare(): Promise<void> {
    const [release, stranger] = ["acme", "stranger"].map((organisation) => codeSigningChain(organisation, ec("P-256"))) as [Chain, Chain];
    this.notation.addKey("release", release);
    this.stranger.addKey("stranger", stranger);
    writeFileSync(join(this.folder, "acme.pem"), pem(release.root));
    for (const name of ["release", "stranger"]) await this.cosign.importKey(name, ec("P-256").privateKey);
    writeFileSync(
      join(this.folder, "lading.yaml"),
      `online: true
registries: {plainHttp: ["${this.host}"]}
signers:
  cosign: {key: keys/release.pub}
  notation: {notation: {authorities: [acme.pem], identities: ["x509.subject: C=US, ST=WA, O=acme"]}}
images:
  - {match: "${this.host}/**", signed: {by: [cosign, notation]}}
`,
    );
  }

  async sign(way: Way, repository: string, digest: string, by: "release" | "stranger" = "release"): Promise<void> {
    const reference = `${this.host}/${repository}@${digest}`;
    if (way === "cosign bundle") await this.cosign.do("sign", "--key", `${by}.key`, ...COSIGN, reference);
    else if (way === "cosign legacy") await this.cosign.do("sign", "--key", `${by}.key`, "--new-bundle-format=false", ...COSIGN, reference);
    else await (by === "release" ? this.notation : this.stranger).sign(reference, "--signature-format", way === "notation jws" ? "jws" : "cose");
  }

  /** Pushes an image and signs it; what the registry then holds. */
  async signed(way: Way, repository: string): Promise<Snapshot> {
    const digest = await pushImage(this.host, repository, "1.0");
    await this.sign(way, repository, digest);
    return pull(this.host, repository, digest);
  }

  async check(references: readonly string[], ...flags: readonly string[]): Promise<{ readonly code: number | null; readonly report: PrintedReport }> {
    const containers = references.map((reference, index) => `    - {name: c${index}, image: "${this.host}/${reference}"}\n`).join("");
    writeFileSync(join(this.folder, "tree", "pod.yaml"), `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n${containers}`);
    const asked = await report(["check", "--no-cache", ...flags, "--policy", join(this.folder, "lading.yaml"), join(this.folder, "tree")], { env: { HOME: this.folder, XDG_CACHE_HOME: join(this.folder, "cache") } });
    return { code: asked.ran.code, report: asked.report };
  }

  /** What became of one reference: the verdict about its signature, the rules that found something, and what they say. */
  async verdict(reference: string): Promise<{ readonly is: string | undefined; readonly rules: readonly string[]; readonly said: string }> {
    const { report: printed } = await this.check([reference]);
    const findings = printed.findings.filter(({ rule }) => !["pin-by-digest", "name-a-tag"].includes(rule));
    return { is: printed.references[0]?.signature?.is, rules: findings.map(({ rule }) => rule), said: findings.map(({ label }) => label).join("\n") };
  }
}

type Chain = ReturnType<typeof codeSigningChain>;

async function inWorld(context: TestContext, start: () => Promise<RunningRegistry | { readonly missing: string }>, body: (world: World, registry: RunningRegistry) => Promise<void>): Promise<void> {
  const [cosign, notation] = await Promise.all([install("cosign"), install("notation")]);
  if ("missing" in cosign) return missing(context, cosign.missing);
  if ("missing" in notation) return missing(context, notation.missing);
  const registry = await start();
  if ("missing" in registry) return missing(context, registry.missing);
  const folder = mkdtempSync(join(tmpdir(), "lading-signatures-"));
  try {
    const world = new World(registry.host, folder, cosign.path, notation.path);
    await world.prepare();
    await body(world, registry);
  } finally {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The layer of each kind of signature, so changed that it says something else with every length as it was. */
function tamper(snapshot: Snapshot): Snapshot {
  return changed(snapshot, (layer, manifest) => {
    const text = layer.toString("utf8");
    const parsed = text.startsWith("{") ? (JSON.parse(text) as { payload?: string; dsseEnvelope?: { payload: string } }) : undefined;
    if (parsed?.dsseEnvelope) {
      const payload = Buffer.from(parsed.dsseEnvelope.payload, "base64").toString("utf8");
      return { layer: Buffer.from(JSON.stringify({ ...parsed, dsseEnvelope: { ...parsed.dsseEnvelope, payload: Buffer.from(`${payload} `).toString("base64") } })), manifest };
    }
    if (typeof parsed?.payload === "string") return { layer: Buffer.from(JSON.stringify({ ...parsed, payload: Buffer.from(`${Buffer.from(parsed.payload, "base64url").toString("utf8")} `).toString("base64url") })), manifest };
    if (parsed) return { layer: Buffer.from(`${text} `), manifest };
    const bytes = Buffer.from(layer);
    bytes[bytes.indexOf('"mediaType"') + 1] = 0x4d;
    return { layer: bytes, manifest };
  });
}

/** Takes away everything but the image: the manifests that hold signatures, and the tags that name them. */
async function unsign({ host }: World, repository: string, { subject, manifests, tags }: Snapshot): Promise<void> {
  const drop = async (selector: string): Promise<void> => void (await fetch(`http://${host}/v2/${repository}/manifests/${selector}`, { method: "DELETE" }));
  for (const tag of tags.keys()) if (tag !== "1.0") await drop(tag);
  for (const digest of manifests.keys()) if (digest !== subject) await drop(digest);
}

const REGISTRIES = { olareg: startOlareg, "ggcr-referrers": startGgcrReferrers, "docker-registry": startDockerRegistry, "crane registry serve": startCraneRegistry } as const;

for (const [name, start] of Object.entries(REGISTRIES)) {
  const live = (title: string, body: (world: World, registry: RunningRegistry) => Promise<void>): void =>
    void test(`${name}: ${title}`, { timeout: 240_000 }, (context) => inWorld(context, start, body));

  live("what cosign and notation signed is verified, all in one run", async (world) => {
    const references: string[] = [];
    for (const [index, way] of WAYS.entries()) references.push(`acme/signed${index}:1.0@${(await world.signed(way, `acme/signed${index}`)).subject}`);
    const { code, report: printed } = await world.check(references);
    assert.equal(code, 0, JSON.stringify(printed.findings));
    assert.deepEqual(printed.references.map(({ signature }) => signature?.is), WAYS.map(() => "verified"));
    assert.deepEqual(printed.references.map(({ signature }) => (signature?.is === "verified" ? signature.signers : undefined)), [["cosign"], ["cosign"], ["notation"], ["notation"]]);
  });

  for (const [index, way] of WAYS.entries())
    live(`${way}: tampered, moved, by a stranger, deleted`, async (world) => {
      const repository = `acme/app${index}`;
      const snapshot = await world.signed(way, repository);
      const pinned = (of: string): string => `${of}:1.0@${snapshot.subject}`;
      assert.equal((await world.verdict(pinned(repository))).is, "verified");

      await pushImage(world.host, `${repository}-tampered`, "1.0", repository);
      await push(world.host, `${repository}-tampered`, tamper(snapshot));
      const tampered = await world.verdict(pinned(`${repository}-tampered`));
      assert.ok(tampered.is !== "verified" && tampered.is !== "absent", tampered.is);
      assert.equal(tampered.rules.length, 1, tampered.said);

      const elsewhere = await pushImage(world.host, `${repository}-moved`, "1.0");
      await push(world.host, `${repository}-moved`, moved(snapshot, elsewhere, (await pull(world.host, `${repository}-moved`, elsewhere)).manifests.get(elsewhere)!));
      const replayed = await world.verdict(`${repository}-moved:1.0@${elsewhere}`);
      assert.equal(replayed.is, "invalid", replayed.said);
      assert.deepEqual(replayed.rules.toSorted(), ["signature-is-for-this-digest", "signed-by-a-trusted-signer"]);

      const strange = await pushImage(world.host, `${repository}-strange`, "1.0");
      await world.sign(way, `${repository}-strange`, strange, "stranger");
      const stranger = await world.verdict(`${repository}-strange:1.0@${strange}`);
      assert.ok(stranger.is === "untrusted" || stranger.is === "unknown", stranger.is);
      assert.equal(stranger.rules.length, 1, stranger.said);
      // A key does not say whose it is, a certificate does.
      if (way.startsWith("notation")) assert.match(stranger.said, /O=stranger/);

      await unsign(world, repository, snapshot);
      const deleted = await world.verdict(pinned(repository));
      assert.equal(deleted.is, "absent", deleted.said);
      assert.deepEqual(deleted.rules, ["signed-by-a-trusted-signer"]);
    });

  live("a tag that moved to an image nobody signed: the digest is still signed, the tag is not", async (world) => {
    const { subject } = await world.signed("cosign bundle", "acme/moving");
    assert.equal((await world.verdict("acme/moving:1.0")).is, "verified");
    await pushImage(world.host, "acme/moving", "1.0", "another build");
    const [pinned, floating] = [await world.verdict(`acme/moving:1.0@${subject}`), await world.verdict("acme/moving:1.0")];
    assert.equal(pinned.is, "verified");
    assert.deepEqual(pinned.rules, ["tag-stands"]);
    assert.equal(floating.is, "absent");
    assert.deepEqual(floating.rules, ["signed-by-a-trusted-signer"]);
  });

  live("one wrong signature beside a right one changes nothing", async (world) => {
    const snapshot = await world.signed("notation jws", "acme/both");
    await world.sign("notation cose", "acme/both", snapshot.subject, "stranger");
    await world.sign("cosign legacy", "acme/both", snapshot.subject, "stranger");
    assert.equal((await world.verdict(`acme/both@${snapshot.subject}`)).is, "verified");
  });

  live("a registry that is gone is neither clean nor unsigned", async (world, registry) => {
    const { subject } = await world.signed("cosign bundle", "acme/gone");
    await registry.stop();
    const { code, report: printed } = await world.check([`acme/gone:1.0@${subject}`], "--strict");
    assert.equal(code, 4);
    assert.equal(printed.references[0]?.signature?.is, "unknown");
    assert.ok(!printed.findings.some(({ rule }) => rule === "signed-by-a-trusted-signer"), JSON.stringify(printed.findings));
  });
}
