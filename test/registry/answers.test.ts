import assert from "node:assert/strict";
import { test } from "node:test";

import type { Fault } from "../../src/demo/registry.ts";
import { ask, gatherer, gist, message, question, registry } from "./helpers.ts";

test("a tag is known by one HEAD", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const answer = await ask(gatherer(t), question(demo.host, "acme/web:1.0"));
  assert.equal(gist(answer), `known ${digest}`);
  assert.ok(answer.is === "known" && answer.value.kind === "image" && answer.value.from === "registry");
  assert.equal(answer.value.mediaType, "application/vnd.oci.image.manifest.v1+json");
  assert.deepEqual(demo.log.map(({ method, path }) => `${method} ${path}`), ["HEAD /v2/acme/web/manifests/1.0"]);
  assert.equal(demo.log[0]?.userAgent, "lading/0.0.0-test");
});

test("a digest is known by one HEAD", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  assert.equal(gist(await ask(gatherer(t), question(demo.host, `acme/web@${digest}`))), `known ${digest}`);
  assert.equal(demo.log.length, 1);
});

test("a manifest of a type that we do not know is read and hashed, and is neither image nor index", async (t) => {
  const demo = await registry(t);
  const type = "application/vnd.acme.bundle.v1+json";
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, layers: [] });
  const pushed = await fetch(`${demo.url}/v2/acme/bundle/manifests/v1`, { method: "PUT", body, headers: { "content-type": type } });
  const answer = await ask(gatherer(t), question(demo.host, "acme/bundle:v1"));
  assert.ok(answer.is === "known");
  assert.deepEqual([answer.value.digest, answer.value.kind, answer.value.mediaType], [pushed.headers.get("docker-content-digest"), "other", type]);
});

test("an index read whole tells its children", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0", { platforms: ["linux/amd64", "linux/arm64"] });
  const answer = await ask(gatherer(t), question(demo.host, "acme/web:1.0", true));
  assert.ok(answer.is === "known");
  assert.equal(answer.value.digest, digest);
  assert.equal(answer.value.kind, "index");
  assert.equal(answer.value.children?.length, 2);
  for (const child of answer.value.children ?? [])
    assert.equal(gist(await ask(gatherer(t), question(demo.host, `acme/web@${child}`))), `known ${child}`);
});

test("what a registry does not have is absent, and a GET confirms it", async (t) => {
  const demo = await registry(t);
  demo.putImage("acme/web", "1.0");
  for (const name of ["acme/web:2.0", "acme/none:1.0", `acme/web@sha256:${"a".repeat(64)}`]) {
    demo.log.length = 0;
    assert.equal(gist(await ask(gatherer(t), question(demo.host, name))), "absent", name);
    assert.deepEqual(demo.log.map((entry) => entry.method), ["HEAD", "GET"]);
  }
});

const statuses: readonly [Fault & { is: "status" }, string][] = [
  [{ is: "status", status: 400 }, "malformed"],
  [{ is: "status", status: 401 }, "unauthorized"],
  [{ is: "status", status: 403 }, "forbidden"],
  [{ is: "status", status: 404, body: "html" }, "malformed"],
  [{ is: "status", status: 404, code: "DENIED" }, "malformed"],
  [{ is: "status", status: 404 }, "absent"],
  [{ is: "status", status: 404, code: "NAME_UNKNOWN" }, "absent"],
  [{ is: "status", status: 404, code: "NOT_FOUND" }, "absent"],
  [{ is: "status", status: 418 }, "malformed"],
  [{ is: "status", status: 429 }, "rate-limited"],
  [{ is: "status", status: 500 }, "server-error"],
  [{ is: "status", status: 501 }, "server-error"],
  [{ is: "status", status: 503 }, "server-error"],
  [{ is: "status", status: 204, body: "empty" }, "malformed"],
];
for (const [fault, expected] of statuses)
  test(`status ${fault.status} ${fault.code ?? fault.body ?? ""} is ${expected}`, async (t) => {
    const demo = await registry(t);
    demo.putImage("acme/web", "1.0");
    demo.setFaults(() => fault);
    for (const body of [false, true]) {
      const answer = await ask(gatherer(t), question(demo.host, "acme/web:1.0", body));
      assert.equal(gist(answer), expected);
      if (answer.is === "unknown") {
        assert.equal(answer.why.registry, demo.host);
        assert.ok(message(answer).startsWith(`${demo.host}: `));
      }
    }
  });

test("401 says how to log in", async (t) => {
  const demo = await registry(t);
  demo.setFaults(() => ({ is: "status", status: 401 }));
  const text = message(await ask(gatherer(t), question(demo.host, "acme/web:1.0")));
  assert.match(text, new RegExp(`docker login ${demo.host}`));
  assert.match(text, /LADING_REGISTRY_0_HOST/);
});

test("an empty 404 is absent only from a host whose /v2/ is a registry's", async (t) => {
  const demo = await registry(t);
  demo.setFaults(({ path }) => (path === "/v2/" ? undefined : { is: "status", status: 404, body: "empty" }));
  assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), "absent");
  demo.setFaults(() => ({ is: "status", status: 404, body: "empty" }));
  assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), "malformed");
  demo.setFaults(({ path }) => ({ is: "status", status: path === "/v2/" ? 200 : 404, body: path === "/v2/" ? "html" : "empty" }));
  assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), "malformed");
});

for (const status of [405, 501])
  test(`a registry that answers HEAD with ${status} is asked by GET`, async (t) => {
    const demo = await registry(t);
    const digest = demo.putImage("acme/web", "1.0");
    demo.setFaults(({ method }) => (method === "HEAD" ? { is: "status", status } : undefined));
    assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), `known ${digest}`);
  });

for (const is of ["no-digest-header", "no-content-type"] as const)
  test(`${is}: the body is read and hashed`, async (t) => {
    const demo = await registry(t, { faults: () => ({ is }) });
    const digest = demo.putImage("acme/web", "1.0");
    const index = demo.putImage("acme/web", "2.0", { platforms: ["linux/amd64"] });
    const image = await ask(gatherer(t), question(demo.host, "acme/web:1.0"));
    assert.equal(gist(image), `known ${digest}`);
    assert.ok(image.is === "known" && image.value.kind === "image");
    const answer = await ask(gatherer(t), question(demo.host, `acme/web@${index}`));
    assert.equal(gist(answer), `known ${index}`);
    assert.ok(answer.is === "known" && answer.value.kind === "index");
    assert.equal(answer.value.children, undefined, "only told when asked for");
  });
