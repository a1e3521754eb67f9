/**
 * What cosign and oras attach to images in real registries is found, kept, and put elsewhere, and cosign verifies
 * it there. A test whose programs cannot be had is skipped by name; LADING_INTEROP_REQUIRE=1 makes that a failure.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fillRegistry } from "../../bench/tools/fill.ts";
import { install, type ToolName } from "../../bench/tools/install.ts";
import { execute, lading } from "../../bench/tools/lading.ts";
import { startCraneRegistry, startDockerRegistry, startGgcrReferrers, startOlareg, type RunningRegistry, type Started } from "../../bench/tools/registries.ts";
import { openEvidenceArchive } from "../../src/files/evidence-archive.ts";
import type { Collected } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { createArchiveCollect } from "../../src/registry/archive.ts";
import { createCollect } from "../../src/registry/collect.ts";
import { missing } from "./missing.ts";

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

type Tools = Readonly<Record<"cosign" | "oras" | "crane", string>>;

/** The programs, or the name of the first that cannot be had. */
async function tools(): Promise<Tools | { readonly missing: string }> {
  const paths: Record<string, string> = {};
  for (const name of ["cosign", "oras", "crane"] as const satisfies readonly ToolName[]) {
    const tool = await install(name);
    if ("missing" in tool) return tool;
    paths[name] = tool.path;
  }
  return paths as Tools;
}

const REGISTRIES = [
  ["olareg", startOlareg, "referrers"],
  ["ggcr-referrers", startGgcrReferrers, "referrers"],
  ["crane registry serve", startCraneRegistry, "fallback-tag"],
  ["docker-registry", startDockerRegistry, "fallback-tag"],
] as const;

interface World {
  readonly registry: RunningRegistry;
  readonly tools: Tools;
  readonly folder: string;
  readonly digest: Digest;
  readonly image: string;
  run(tool: keyof Tools, ...args: readonly string[]): Promise<string>;
}

async function world(context: TestContext, registry: RunningRegistry, programs: Tools): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "lading-collect-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const digest = (await fillRegistry(registry.host, [{ host: "acme", repository: "web", tag: "1" }])).get("acme/web:1") as Digest;
  return {
    registry,
    tools: programs,
    folder,
    digest,
    image: `${registry.host}/acme/web@${digest}`,
    async run(tool, ...args) {
      const ran = await execute(programs[tool], args, { cwd: folder, env: { COSIGN_PASSWORD: "", HOME: folder, DOCKER_CONFIG: folder } });
      assert.equal(ran.code, 0, `${tool} ${args.join(" ")}: ${ran.err}`);
      return ran.out;
    },
  };
}

const collect = (host: string, digest: Digest, repository = "acme/web"): Promise<Collected> =>
  createCollect({ version: "interop", policy: DEFAULT_POLICY, environment: {} })({ registry: host, repository, digest });

const SIGN = ["--key", "cosign.key", "--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", "--yes"];
const VERIFY = ["--key", "cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry"];

/** Signs in both of cosign's formats, attests, and attaches what is no evidence. */
async function attachAll({ run, folder, image }: World): Promise<void> {
  await run("cosign", "generate-key-pair");
  writeFileSync(join(folder, "predicate.json"), '{"builder":{"id":"https://example.com/builder"}}');
  writeFileSync(join(folder, "sbom.json"), '{"spdxVersion":"SPDX-2.3"}');
  await run("cosign", "sign", ...SIGN, image);
  await run("cosign", "sign", ...SIGN, "--new-bundle-format=false", image);
  await run("cosign", "attest", ...SIGN, "--new-bundle-format=false", "--type", "https://example.com/predicate", "--predicate", "predicate.json", image);
  await run("oras", "attach", "--plain-http", "--artifact-type", "application/spdx+json", image, "sbom.json:application/spdx+json");
}

for (const [name, start, way] of REGISTRIES) {
  const withRegistry = (title: string, body: (it: World, context: TestContext) => Promise<void>): void =>
    void test(`${name}: ${title}`, { timeout: 300_000 }, async (context) => {
      const programs = await tools();
      if ("missing" in programs) return missing(context, programs.missing);
      const started: Started = await start();
      if ("missing" in started) return missing(context, started.missing);
      try {
        await body(await world(context, started, programs), context);
      } finally {
        await started.stop();
      }
    });

  withRegistry("nothing is attached: none is proven, in three requests at most", async ({ registry, digest }) => {
    await registry.forget();
    assert.deepEqual(await collect(registry.host, digest), { artifacts: [], gaps: [] });
    const asked = await registry.requests();
    assert.ok(asked.length > 0 && asked.length <= 3, JSON.stringify(asked));
  });

  withRegistry("both formats of cosign and what oras attaches are found, and none hides another", async (it) => {
    await attachAll(it);
    const { artifacts, gaps } = await collect(it.registry.host, it.digest);
    assert.deepEqual(gaps, []);
    const of = (one: string): number => artifacts.filter(({ artifactType, found }) => artifactType === one || found.includes(one as never)).length;
    assert.deepEqual([of(BUNDLE), of("sig-tag"), of("att-tag"), of("application/spdx+json"), artifacts.length], [1, 1, 1, 1, 4]);
    const bundle = artifacts.find(({ artifactType }) => artifactType === BUNDLE)!;
    assert.ok(bundle.found.includes(way), bundle.found.join());
    assert.equal(bundle.subject, it.digest);
    assert.match(Buffer.from(bundle.layers[0]!.bytes).toString(), /"dsseEnvelope"/);
    const signature = artifacts.find(({ found }) => found.includes("sig-tag"))!.layers[0]!;
    assert.ok(Buffer.from(signature.bytes).toString().includes(it.digest) && signature.annotations["dev.cosignproject.cosign/signature"]);
  });

  withRegistry("kept in an archive and put elsewhere, cosign verifies it in both formats there", async (it, context) => {
    await attachAll(it);
    const before = await collect(it.registry.host, it.digest);
    for (const to of ["evidence.tar", "evidence"]) {
      const exported = await lading(["evidence", "export", it.image, "--to", to], { cwd: it.folder, env: { HOME: it.folder } });
      assert.equal(exported.code, 0, exported.out + exported.err);
      const kept = await createArchiveCollect(openEvidenceArchive(join(it.folder, to)))({ registry: it.registry.host, repository: "acme/web", digest: it.digest });
      const layers = ({ artifacts }: Collected): string[] => artifacts.flatMap(({ digest, layers: all }) => all.map((layer) => `${digest} ${layer.digest}`)).sort();
      assert.deepEqual([layers(kept), kept.gaps], [layers(before), []]);
    }
    for (const [otherName, startOther] of REGISTRIES) {
      const other = await startOther();
      if ("missing" in other) return missing(context, other.missing);
      try {
        await it.run("crane", "copy", "--insecure", it.image, `${other.host}/copy/web:1`);
        const imported = await lading(["evidence", "import", "evidence.tar", "--to", `${other.host}/copy/web`], { cwd: it.folder, env: { HOME: it.folder } });
        assert.equal(imported.code, 0, `${otherName}: ${imported.out}${imported.err}`);
        const after = await collect(other.host, it.digest, "copy/web");
        assert.deepEqual([after.artifacts.map(({ digest }) => digest), after.gaps], [before.artifacts.filter(({ layers }) => layers.length > 0).map(({ digest }) => digest), []], otherName);
        const copy = `${other.host}/copy/web@${it.digest}`;
        await it.run("cosign", "verify", ...VERIFY, copy);
        await it.run("cosign", "verify", ...VERIFY, "--new-bundle-format=false", copy);
        await it.run("cosign", "verify-attestation", ...VERIFY, "--new-bundle-format=false", "--type", "https://example.com/predicate", copy);
      } finally {
        await other.stop();
      }
    }
  });
}

test("the archive is what tar and oras take it for", { timeout: 300_000 }, async (context) => {
  const programs = await tools();
  if ("missing" in programs) return missing(context, programs.missing);
  const started = await startOlareg();
  if ("missing" in started) return missing(context, started.missing);
  try {
    const it = await world(context, started, programs);
    await attachAll(it);
    assert.equal((await lading(["evidence", "export", it.image, "--to", "evidence.tar"], { cwd: it.folder, env: { HOME: it.folder } })).code, 0);
    const tar = async (...args: string[]): Promise<void> => assert.equal((await execute("tar", args, { cwd: it.folder })).code, 0, args.join(" "));
    await tar("-x", "--one-top-level=unpacked", "-f", "evidence.tar");
    for (const format of ["gnu", "pax", "ustar"]) {
      await tar("-c", `--format=${format}`, "-f", `${format}.tar`, "-C", "unpacked", ".");
      assert.deepEqual(openEvidenceArchive(join(it.folder, `${format}.tar`)).record, openEvidenceArchive(join(it.folder, "evidence.tar")).record);
    }
    const tag = it.digest.replace(":", "-");
    assert.match(await it.run("oras", "manifest", "fetch", "--oci-layout", `unpacked:${tag}.sig`), /simplesigning/);
    assert.match(await it.run("oras", "manifest", "fetch", "--oci-layout", `unpacked:${tag}`), /sigstore\.bundle/);
    await it.run("oras", "copy", "--from-oci-layout", `unpacked:${tag}.sig`, "--to-plain-http", `${started.host}/other/web:${tag}.sig`);
  } finally {
    await started.stop();
  }
});
