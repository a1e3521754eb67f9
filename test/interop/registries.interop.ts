/**
 * Against real registries: Debian's docker-registry and go-containerregistry's. A test whose
 * registry cannot be had is skipped by name; LADING_INTEROP_REQUIRE=1 makes that a failure.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fillRegistry } from "../../bench/tools/fill.ts";
import { install } from "../../bench/tools/install.ts";
import { execute, lading, report } from "../../bench/tools/lading.ts";
import { wanted, wantedKey, type Wanted } from "../../bench/tools/reference.ts";
import { startCraneRegistry, startDockerRegistry, type RunningRegistry, type Started } from "../../bench/tools/registries.ts";
import { missing } from "./missing.ts";

interface World {
  readonly registry: RunningRegistry;
  readonly folder: string;
  readonly file: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A repository with two images of Docker Hub and one of the registry itself. */
async function world(context: TestContext, registry: RunningRegistry): Promise<World> {
  const base = mkdtempSync(join(tmpdir(), "lading-interop-"));
  context.after(() => rmSync(base, { recursive: true, force: true }));
  const folder = join(base, "tree");
  mkdirSync(folder);
  const file = join(folder, "deploy.yaml");
  writeFileSync(
    file,
    `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27 # the web server
    - name: side
      image: "acme/side:2"
    - name: own
      image: ${registry.host}/team/own:3
`,
  );
  const policy = join(base, "policy.yaml");
  writeFileSync(policy, `mirrors:\n  - {from: docker.io, to: "${registry.host}/docker.io"}\nregistries:\n  plainHttp: ["${registry.host}"]\n`);
  return { registry, folder, file, flags: ["--policy", policy, folder], env: { XDG_CACHE_HOME: join(base, "cache") } };
}

const IMAGES: readonly Wanted[] =
  ["nginx:1.27", "acme/side:2"].flatMap((text) => wanted(text) ?? []).concat({ host: "team", repository: "own", tag: "3" });

for (const [name, start] of [
  ["docker-registry", startDockerRegistry],
  ["crane registry serve", startCraneRegistry],
] as const) {
  const withRegistry = (title: string, body: (context: TestContext, registry: RunningRegistry) => Promise<void>): void =>
    void test(`${name}: ${title}`, { timeout: 120_000 }, async (context) => {
      const started: Started = await start();
      if ("missing" in started) return missing(context, started.missing);
      try {
        await body(context, started);
      } finally {
        await started.stop();
      }
    });

  withRegistry("check --online resolves, pin writes the registry's digests with one HEAD each", async (context, registry) => {
    const { folder, file, flags, env } = await world(context, registry);
    const digests = await fillRegistry(registry.host, IMAGES);
    const before = readFileSync(file, "utf8");
    const checked = await report(["check", "--online", ...flags], { env });
    assert.equal(checked.ran.code, 1, checked.ran.err);
    assert.equal(checked.report.mode, "online");
    assert.equal(checked.report.summary.states.floating, 3);

    await registry.forget();
    const pinned = await lading(["pin", "--no-cache", ...flags], { env });
    assert.equal(pinned.code, 0, pinned.out + pinned.err);
    const digest = (text: string): string => digests.get(wantedKey(wanted(text)!)) ?? "?";
    const own = digests.get("team/own:3");
    const want = before
      .replace("nginx:1.27", `nginx:1.27@${digest("nginx:1.27")}`)
      .replace("acme/side:2", `acme/side:2@${digest("acme/side:2")}`)
      .replace("team/own:3", `team/own:3@${own}`);
    assert.equal(readFileSync(file, "utf8"), want);
    const asked = (await registry.requests()).filter(({ path }) => path.includes("/manifests/"));
    assert.deepEqual(
      asked.map(({ method, path }) => `${method} ${path}`).sort(),
      ["docker.io/acme/side/manifests/2", "docker.io/library/nginx/manifests/1.27", "team/own/manifests/3"].map((path) => `HEAD /v2/${path}`),
    );

    await registry.forget();
    const again = await lading(["pin", "--no-cache", ...flags], { env });
    assert.equal(again.code, 0, again.out + again.err);
    assert.equal(readFileSync(file, "utf8"), want);
    assert.deepEqual(await registry.requests(), []);
    assert.equal((await lading(["check", ...flags], { env })).code, 0, folder);
  });

  withRegistry("previews leave the file alone", async (context, registry) => {
    const { file, flags, env } = await world(context, registry);
    await fillRegistry(registry.host, IMAGES);
    const before = readFileSync(file, "utf8");
    const diff = await lading(["pin", "--diff", ...flags], { env });
    assert.match(diff.out, /^\+.*nginx:1\.27@sha256:[0-9a-f]{64} # the web server$/m);
    assert.equal((await lading(["pin", "--check", ...flags], { env })).code, 1);
    assert.equal(readFileSync(file, "utf8"), before);
  });

  withRegistry("an image pushed by crane is pinned to what crane says", async (context, registry) => {
    const crane = await install("crane");
    if ("missing" in crane) return missing(context, crane.missing);
    const { file, flags, env } = await world(context, registry);
    await fillRegistry(registry.host, IMAGES);
    const image = `${registry.host}/docker.io/library/nginx:1.27`;
    const appended = await execute(crane.path, ["index", "append", "--manifest", image, "--tag", image, "--insecure"]);
    assert.equal(appended.code, 0, appended.err);
    const said = (await execute(crane.path, ["digest", image, "--insecure"])).out.trim();
    assert.match(said, /^sha256:[0-9a-f]{64}$/);
    const pinned = await lading(["pin", "--no-cache", ...flags], { env });
    assert.equal(pinned.code, 0, pinned.out + pinned.err);
    assert.ok(readFileSync(file, "utf8").includes(`nginx:1.27@${said} # the web server\n`));
  });

  // The image of the registry itself: a mirror that lacks one is not the last word, its origin would be asked.
  withRegistry("an image that is not there is told apart from a registry that is not there", async (context, registry) => {
    const { file, flags, env } = await world(context, registry);
    const own = `${registry.host}/team/own:3`;
    writeFileSync(file, `apiVersion: v1\nkind: Pod\nmetadata: {name: own}\nspec:\n  containers:\n    - name: own\n      image: ${own}\n`);
    await fillRegistry(registry.host, IMAGES.filter(({ host }) => host !== "team"));
    const before = readFileSync(file, "utf8");
    const check = ["check", "--online", "--no-cache", ...flags];
    const absent = await report(check, { env });
    assert.equal(absent.ran.code, 1, absent.ran.err);
    assert.ok(!rulesAt(absent.report.findings, own).includes("registry-answers"), "the registry did answer: there is none");

    await registry.stop();
    const gone = await report(check, { env });
    assert.equal(gone.ran.code, 1, gone.ran.err);
    assert.ok(rulesAt(gone.report.findings, own).includes("registry-answers"), "an unreachable registry is a finding of its own");
    assert.equal((await lading([...check, "--strict"], { env })).code, 4);

    const pin = await lading(["pin", "--no-cache", ...flags], { env });
    assert.notEqual(pin.code, 0);
    assert.equal(readFileSync(file, "utf8"), before, "nothing is written for an answer that never came");
  });
}

function rulesAt(findings: readonly { readonly rule: string; readonly image?: string }[], image: string): string[] {
  return findings.filter((finding) => finding.image === image).map((finding) => finding.rule).sort();
}
