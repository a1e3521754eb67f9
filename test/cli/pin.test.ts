/** `lading pin` end to end, against a registry on loopback. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { type DemoRegistry, type DemoRegistryOptions, startDemoRegistry } from "../../src/demo/registry.ts";
import { skip } from "./git.ts";
import { lading, pod, snapshot, tree } from "./lading.ts";

async function registry(t: TestContext, options: DemoRegistryOptions = {}): Promise<DemoRegistry> {
  const started = await startDemoRegistry(options);
  t.after(() => started.close());
  return started;
}

describe("lading pin", { concurrency: 3 }, () => {
  test("writes, and has nothing to do the second time", async (t) => {
    const { host, putImage, log } = await registry(t);
    const digest = putImage("acme/web", "1");
    const cwd = tree(t, { "a.yaml": pod(`${host}/acme/web:1 # web`), "b.yaml": pod(`${host}/acme/web:1`) });
    const first = await lading(["pin"], { cwd });
    assert.equal(first.code, 0, first.stderr + first.stdout);
    assert.match(first.stderr, /pinned 2 references in 2 files/);
    const wanted = { "a.yaml": pod(`${host}/acme/web:1@${digest} # web`), "b.yaml": pod(`${host}/acme/web:1@${digest}`) };
    assert.deepEqual(snapshot(cwd), wanted);
    assert.equal(log.filter(({ path }) => path.includes("/manifests/")).length, 1);
    const second = await lading(["pin"], { cwd });
    assert.deepEqual([second.code, snapshot(cwd)], [0, wanted]);
    assert.match(second.stderr, /pinned 0 references/);
    assert.equal((await lading(["check", "--online"], { cwd })).code, 0);
  });

  test("--check writes nothing and exits with 1 when it would", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const before = { "a.yaml": pod(`${host}/acme/web:1`) };
    const cwd = tree(t, before);
    const { code, stderr } = await lading(["pin", "--check"], { cwd });
    assert.equal(code, 1);
    assert.match(stderr, /would pin 1 reference/);
    assert.deepEqual(snapshot(cwd), before);
    writeFileSync(join(cwd, "a.yaml"), pod(`${host}/acme/web:1@${digest}`));
    assert.equal((await lading(["pin", "--check"], { cwd })).code, 0);
  });

  test("--diff prints a patch that git applies", { skip }, async (t) => {
    const { host, putImage } = await registry(t);
    putImage("acme/web", "1");
    const before = {
      "a.yaml": pod(`${host}/acme/web:1`),
      "crlf.yaml": pod(`${host}/acme/web:1`).replaceAll("\n", "\r\n"),
      "sub/no newline.yaml": pod(`${host}/acme/web:1`).trimEnd(),
      "sub/kustomization.yaml": `images:\n- name: web\n  newName: ${host}/acme/web\n  newTag: "1"`,
      "\u00fc.yaml": pod(`${host}/acme/web:1`),
    };
    const cwd = tree(t, before);
    const { stdout, stderr } = await lading(["pin", "--diff"], { cwd });
    assert.deepEqual(snapshot(cwd), before);
    assert.match(stderr, /would pin 5 references/);
    execFileSync("git", ["apply", "--unidiff-zero", "-"], { cwd, input: stdout, stdio: ["pipe", "pipe", "pipe"] });
    const applied = snapshot(cwd);
    const other = tree(t, before);
    await lading(["pin"], { cwd: other });
    assert.deepEqual(applied, snapshot(other));
  });

  test("- reads a manifest and writes it to standard output, pinned", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const cwd = tree(t, {});
    const text = pod(`${host}/acme/web:1`).replaceAll("\n", "\r\n");
    const { code, stdout, stderr } = await lading(["pin", "-"], { cwd, input: text });
    assert.equal(stdout, text.replace("web:1", `web:1@${digest}`));
    assert.equal(code, 0, stderr);
    for (const same of [pod("{{ .x }}"), "no: image\n", "image: [\n", "", "\ufeffa: b"]) assert.equal((await lading(["pin", "-"], { cwd, input: same })).stdout, same);
  });

  test("- keeps bytes that it cannot read", async (t) => {
    const bytes = Buffer.from("image: gr\xfc\xdfe\n", "latin1");
    const { code, stdout } = await lading(["pin", "-"], { cwd: tree(t, {}), input: bytes });
    assert.equal(stdout, bytes.toString("utf8"));
    assert.equal(code, 1);
  });

  test("keeps a file's mode and does not write through links", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const outside = tree(t, { "real.yaml": pod(`${host}/acme/web:1`) });
    const cwd = tree(t, { "a.yaml": pod(`${host}/acme/web:1`) });
    chmodSync(join(cwd, "a.yaml"), 0o640);
    symlinkSync(join(outside, "real.yaml"), join(cwd, "link.yaml"));
    await lading(["pin"], { cwd });
    assert.equal(statSync(join(cwd, "a.yaml")).mode & 0o777, 0o640);
    assert.deepEqual(snapshot(outside), { "real.yaml": pod(`${host}/acme/web:1`) });
    assert.equal(snapshot(cwd)["a.yaml"], pod(`${host}/acme/web:1@${digest}`));
  });

  test("pins what the registry knows and says what it does not", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const cwd = tree(t, { "a.yaml": pod(`${host}/acme/web:1`, `${host}/acme/web:2`) });
    const { code, stdout } = await lading(["pin"], { cwd });
    assert.equal(code, 1);
    assert.match(stdout, /no such tag/);
    assert.deepEqual(snapshot(cwd), { "a.yaml": pod(`${host}/acme/web:1@${digest}`, `${host}/acme/web:2`) });
  });

  test("pins what Flux pulls: artifacts and charts, whatever their media type", async (t) => {
    const { host, url } = await registry(t);
    const source = (name: string, digest = ""): string =>
      `apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata:\n  name: ${name}\nspec:\n  interval: 10m\n  url: oci://${host}/acme/${name}\n  ref:\n    tag: v1\n${digest === "" ? "" : `    digest: ${digest}\n`}`;
    const push = async (name: string, type: string, config: string): Promise<string> => {
      const body = JSON.stringify({ schemaVersion: 2, mediaType: type, config: { mediaType: config, digest: `sha256:${"0".repeat(64)}`, size: 2 }, layers: [] });
      const reply = await fetch(`${url}/v2/acme/${name}/manifests/v1`, { method: "PUT", body, headers: { "content-type": type } });
      return reply.headers.get("docker-content-digest")!;
    };
    const image = "application/vnd.oci.image.manifest.v1+json";
    const digests = {
      manifests: await push("manifests", image, "application/vnd.cncf.flux.config.v1+json"),
      chart: await push("chart", image, "application/vnd.cncf.helm.config.v1+json"),
      other: await push("other", "application/vnd.acme.bundle.v1+json", "application/json"),
    };
    const all = (pinned: boolean): string => Object.entries(digests).map(([name, digest]) => source(name, pinned ? digest : "")).join("---\n");
    const cwd = tree(t, { "sources.yaml": all(false) });
    const { code, stdout, stderr } = await lading(["pin"], { cwd });
    assert.equal(code, 0, stdout + stderr);
    assert.equal(snapshot(cwd)["sources.yaml"], all(true));
    assert.equal((await lading(["check", "--online"], { cwd })).code, 0);
  });

  test("asks a mirror in the place of the registry", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("copies/library/nginx", "1");
    const cwd = tree(t, { "a.yaml": pod("nginx:1"), "lading.yaml": `mirrors:\n- from: docker.io\n  to: ${host}/copies\n` });
    await lading(["pin"], { cwd });
    assert.equal(snapshot(cwd)["a.yaml"], pod(`nginx:1@${digest}`));
  });

  test("remembers what it learned, and says so; --no-cache does not", async (t) => {
    const { host, putImage, log } = await registry(t);
    putImage("acme/web", "1");
    const cwd = tree(t, { "a.yaml": pod(`${host}/acme/web:1`) });
    const env = { XDG_CACHE_HOME: tree(t, {}) };
    await lading(["pin", "--check"], { cwd, env });
    const asked = log.length;
    assert.match((await lading(["pin", "--check"], { cwd, env })).stdout, /from cache/);
    assert.equal(log.length, asked);
    await lading(["pin", "--check", "--no-cache"], { cwd, env });
    assert.ok(log.length > asked);
  });

  test("writes reports in several formats at once", async (t) => {
    const { host, putImage } = await registry(t);
    putImage("acme/web", "1");
    const cwd = tree(t, { "a.yaml": pod(`${host}/acme/web:1`) });
    const { code, stdout } = await lading(["pin", "-f", "json", "-f", "sarif=r.sarif"], { cwd });
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).summary.states.pinned, 1);
    assert.deepEqual(JSON.parse(snapshot(cwd)["r.sarif"]!).runs[0].results, []);
  });
});
