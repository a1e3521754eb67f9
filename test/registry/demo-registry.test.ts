/** The demo registry by itself, with `fetch`: what pushes to it is not ours. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { registry } from "./helpers.ts";

const sha256 = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

test("blobs: in one POST, POST and PUT, in chunks, by mount; wrong digests refused", async (t) => {
  const { url } = await registry(t);
  const put = (path: string, method: string, body = "", headers: Record<string, string> = {}) => fetch(new URL(path, url), { method, body, headers });
  const text = "hello";
  assert.equal((await put(`/v2/a/b/blobs/uploads/?digest=${sha256(text)}`, "POST", text)).status, 201);

  const begun = await put("/v2/a/c/blobs/uploads/", "POST");
  assert.equal(begun.status, 202);
  const location = begun.headers.get("location") ?? "";
  const chunk = await put(location, "PATCH", "hel", { "content-range": "0-2" });
  assert.equal(chunk.headers.get("range"), "0-2");
  assert.equal((await put(location, "PATCH", "lo", { "content-range": "7-8" })).status, 416);
  assert.equal((await put(location, "PATCH", "lo", { "content-range": "3-4" })).status, 202);
  assert.equal((await put(`${location}?digest=${sha256(text)}`, "PUT")).status, 201);
  assert.equal(await (await fetch(`${url}/v2/a/c/blobs/${sha256(text)}`)).text(), text);

  assert.equal((await put(`/v2/a/d/blobs/uploads/?mount=${sha256(text)}&from=a/b`, "POST")).status, 201);
  assert.equal((await put(`/v2/a/d/blobs/uploads/?digest=${sha256("other")}`, "POST", text)).status, 400);
  assert.equal((await fetch(`${url}/v2/a/d/blobs/${sha256("other")}`)).status, 404);
});

test("manifests: pushed by tag and digest, found by both, deleted; errors in OCI's form", async (t) => {
  const { url } = await registry(t);
  const manifest = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
  const push = (selector: string, body = manifest) =>
    fetch(`${url}/v2/a/b/manifests/${selector}`, { method: "PUT", body, headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" } });
  assert.equal((await push("v1")).headers.get("docker-content-digest"), sha256(manifest));
  assert.equal((await push(sha256("x"))).status, 400);
  assert.equal((await push("v2", "no")).status, 400);
  const found = await fetch(`${url}/v2/a/b/manifests/v1`);
  assert.equal(found.headers.get("docker-content-digest"), sha256(manifest));
  assert.equal(await found.text(), manifest);
  assert.equal((await fetch(`${url}/v2/a/b/manifests/${sha256(manifest)}`, { method: "DELETE" })).status, 202);
  const gone = await fetch(`${url}/v2/a/b/manifests/v1`);
  assert.equal(gone.status, 404);
  assert.equal(((await gone.json()) as { errors: { code: string }[] }).errors[0]?.code, "MANIFEST_UNKNOWN");
});

test("tags come in pages", async (t) => {
  const demo = await registry(t);
  for (const tag of ["c", "a", "b"]) demo.putImage("a/b", tag);
  const first = await fetch(`${demo.url}/v2/a/b/tags/list?n=2`);
  assert.deepEqual(await first.json(), { name: "a/b", tags: ["a", "b"] });
  const next = /<(.*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const second = await fetch(new URL(next, demo.url));
  assert.deepEqual(await second.json(), { name: "a/b", tags: ["c"] });
  assert.equal(second.headers.get("link"), null);
});

test("referrers: listed, filtered, and switched off", async (t) => {
  const subject = `sha256:${"1".repeat(64)}`;
  for (const referrers of [true, false]) {
    const { url } = await registry(t, { referrers });
    for (const artifactType of ["application/x", "application/y"]) {
      const body = JSON.stringify({ schemaVersion: 2, artifactType, config: {}, layers: [], subject: { digest: subject } });
      const pushed = await fetch(`${url}/v2/a/b/manifests/${sha256(body)}`, { method: "PUT", body });
      assert.equal(pushed.headers.get("oci-subject"), referrers ? subject : null);
    }
    const all = await fetch(`${url}/v2/a/b/referrers/${subject}`);
    assert.equal(all.status, referrers ? 200 : 404);
    if (!referrers) continue;
    assert.equal(((await all.json()) as { manifests: unknown[] }).manifests.length, 2);
    const some = await fetch(`${url}/v2/a/b/referrers/${subject}?artifactType=application/x`);
    assert.equal(some.headers.get("oci-filters-applied"), "artifactType");
    assert.equal(((await some.json()) as { manifests: unknown[] }).manifests.length, 1);
  }
});

test("the same image always has the same digest", async (t) => {
  const [one, two] = [await registry(t), await registry(t)];
  const image = { platforms: ["linux/amd64", "linux/arm64/v8"], seed: "1" };
  assert.equal(one.putImage("a/b", "1", image), two.putImage("a/b", "1", image));
  assert.notEqual(one.putImage("a/b", "1", image), one.putImage("a/b", "1", { ...image, seed: "2" }));
});
