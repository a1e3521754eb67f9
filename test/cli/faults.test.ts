/** A registry that fails, in every way that registries fail: no file changes, and the cause is named. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { Fault } from "../../src/demo/faults.ts";
import { type DemoRegistryOptions, startDemoRegistry } from "../../src/demo/registry.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import { createGather } from "../../src/registry/gather.ts";
import { pinned } from "../pipeline/memory.ts";
import { lading, pod, snapshot, tree } from "./lading.ts";

const SECRET = "hunter2-very-secret";

interface Setting {
  readonly fault?: Fault;
  readonly options?: DemoRegistryOptions;
}

/** A registry that has one image, a tree that wants it, and a login for it. */
async function setting(t: TestContext, { fault, options }: Setting) {
  const registry = await startDemoRegistry(options);
  t.after(() => registry.close());
  registry.putImage("acme/web", "1", { platforms: ["linux/amd64", "linux/arm64"] });
  if (fault) registry.setFaults(({ path }) => (path.includes("/manifests/") ? fault : undefined));
  const docker = tree(t, {});
  mkdirSync(docker, { recursive: true });
  writeFileSync(join(docker, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from(`robot:${SECRET}`).toString("base64") } } }));
  const files = { "a.yaml": pod(`${registry.host}/acme/web:1`) };
  return { registry, files, cwd: tree(t, files), env: { DOCKER_CONFIG: docker } };
}

interface Case extends Setting {
  /** The code that the finding names, or what it says. */
  readonly says: RegExp;
  /** With --verify, which reads bodies. */
  readonly verify?: boolean;
}

/** Those that end at once, or after some short waits. */
const CASES: Readonly<Record<string, Case>> = {
  "401 without a challenge": { fault: { is: "status", status: 401 }, says: /unauthorized/ },
  "401 for a login that is wrong": { options: { auth: { kind: "basic", username: "robot", password: "other" } }, says: /unauthorized/ },
  "403": { fault: { is: "status", status: 403 }, says: /forbidden/ },
  "429 with a long wait": { fault: { is: "status", status: 429, retryAfter: "86400" }, says: /rate-limited/ },
  "429": { fault: { is: "status", status: 429, retryAfter: "0" }, says: /rate-limited/ },
  "500": { fault: { is: "status", status: 500, body: "html" }, says: /server-error/ },
  "503 with a wait": { fault: { is: "status", status: 503, retryAfter: "0" }, says: /server-error/ },
  "a closed connection": { fault: { is: "drop-connection" }, says: /unreachable/ },
  "a redirect in a circle": { fault: { is: "redirect-loop" }, says: /redirect/ },
  "a redirect to another protocol": { fault: { is: "redirect-to", url: "file:///etc/passwd" }, says: /redirect/ },
  "a redirect to the open network without TLS": { fault: { is: "redirect-to", url: "http://192.0.2.1/x" }, says: /insecure|redirect/ },
  "no digest and no body to hash, as a page of someone else's": { fault: { is: "status", status: 200, body: "html" }, says: /malformed/ },
  "a body that is cut short": { fault: { is: "truncate" }, verify: true, says: /wrong-bytes|unreachable/ },
  "a body of other bytes": { fault: { is: "wrong-body" }, verify: true, says: /wrong-bytes/ },
  "a digest of other bytes": { fault: { is: "wrong-digest" }, verify: true, says: /wrong-bytes/ },
  "a body without end": { fault: { is: "huge-body", bytes: 64 * 1024 * 1024 }, verify: true, says: /too-large/ },
};

describe("lading pin against a registry that fails", { concurrency: 4 }, () => {
  for (const [name, { says, verify, ...given }] of Object.entries(CASES)) {
    test(name, async (t) => {
      const { files, cwd, env } = await setting(t, given);
      const { code, stdout, stderr } = await lading(["pin", ...(verify ? ["--verify"] : [])], { cwd, env });
      assert.match(stdout, /warning\[registry-answers\]/);
      assert.match(stdout, says);
      assert.equal(code, 1);
      assert.deepEqual(snapshot(cwd), files);
      assertNoSecret(stdout + stderr);
    });
  }

  test("404 is an answer: there is no such tag", async (t) => {
    const { files, cwd, env } = await setting(t, { fault: { is: "status", status: 404 } });
    const { code, stdout } = await lading(["pin"], { cwd, env });
    assert.equal(code, 1);
    assert.match(stdout, /no such tag/);
    assert.doesNotMatch(stdout, /registry-answers/);
    assert.deepEqual(snapshot(cwd), files);
  });

  test("404 from something that is no registry is no answer", async (t) => {
    const { files, cwd, env } = await setting(t, { fault: { is: "status", status: 404, body: "html" } });
    const { stdout } = await lading(["pin", "--verify"], { cwd, env });
    assert.match(stdout, /registry-answers/);
    assert.deepEqual(snapshot(cwd), files);
  });

  for (const digest of ["sha256:abc", `sha256:${"0".repeat(64)} evil: true`, "latest"]) {
    test(`a digest header that is none is not believed: ${digest}`, async (t) => {
      const { registry, cwd, env } = await setting(t, { fault: { is: "wrong-digest", digest } });
      const real = registry.putImage("acme/web", "1", { platforms: ["linux/amd64", "linux/arm64"] });
      await lading(["pin"], { cwd, env });
      assert.deepEqual(snapshot(cwd), { "a.yaml": pod(`${registry.host}/acme/web:1@${real}`) });
    });
  }

  test("with --strict the run exits with 4", async (t) => {
    const { cwd, env } = await setting(t, { fault: { is: "status", status: 403 } });
    assert.equal((await lading(["pin", "--strict"], { cwd, env })).code, 4);
    assert.equal((await lading(["check", "--online", "--strict"], { cwd, env })).code, 4);
    assert.equal((await lading(["check", "--online", "--strict", "--format", "json"], { cwd, env })).code, 4);
    assert.equal((await lading(["check", "--strict"], { cwd, env })).code, 1);
  });

  test("a registry that is down, at a port where nobody listens", async (t) => {
    const { registry, files, cwd, env } = await setting(t, {});
    await registry.close();
    const { code, stdout } = await lading(["pin"], { cwd, env });
    assert.equal(code, 1);
    assert.match(stdout, /unreachable/);
    assert.deepEqual(snapshot(cwd), files);
  });

  test("a login that is asked for and right is used, and never printed", async (t) => {
    const { cwd, env } = await setting(t, { options: { auth: { kind: "basic", username: "robot", password: SECRET } } });
    for (const format of ["pretty", "json", "sarif"]) {
      const { code, stdout, stderr } = await lading(["check", "--online", "--format", format], { cwd, env });
      assert.equal(code, 1);
      assert.doesNotMatch(stdout, /registry could not be asked/);
      assertNoSecret(stdout + stderr);
    }
    assert.equal((await lading(["pin"], { cwd, env })).code, 0);
  });

  test("a login is not handed to the place that a redirect names", async (t) => {
    const other = await startDemoRegistry();
    t.after(() => other.close());
    const { cwd, env } = await setting(t, { fault: { is: "redirect-to", url: `${other.url}/v2/acme/web/manifests/1` }, options: { auth: { kind: "basic", username: "robot", password: SECRET } } });
    await lading(["pin"], { cwd, env });
    assert.ok(other.log.every(({ authorised }) => !authorised));
  });
});

describe("a registry that takes its time", { concurrency: 2 }, () => {
  // The command's own limits are made for the Internet; these are the same code with shorter ones.
  const limits = { connectMs: 500, responseMs: 300, questionMs: 1500, retries: 1, backoffMs: 5 };
  for (const [name, fault] of Object.entries<Fault>({ "never answers": { is: "hang" }, "answers byte by byte": { is: "slow-body", pauseMs: 200 } })) {
    test(`and ${name} is a timeout`, async (t) => {
      const { files, registry } = await setting(t, { fault });
      const gather = createGather({ policy: DEFAULT_POLICY, version: "0", environment: { HOME: tree(t, {}) }, limits });
      const copy = { ...files };
      const began = performance.now();
      const { report } = await pinned(copy, { gather, verify: true });
      assert.ok(performance.now() - began < 10_000);
      assert.deepEqual(copy, files);
      assert.match(report.findings.find(({ rule }) => rule === "registry-answers")!.help!, /timeout/, registry.host);
    });
  }
});

function assertNoSecret(output: string): void {
  assert.ok(!output.includes(SECRET), output);
  assert.ok(!output.includes(Buffer.from(`robot:${SECRET}`).toString("base64")), output);
}
