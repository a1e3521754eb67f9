/** What is attached to a digest is found in every way there is, and nothing hides anything else. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { DemoRegistry } from "../../src/demo/registry.ts";
import { attach, bundle, BUNDLE, codes, collected, collector, DSSE, gist, PATIENT, putFallback, SIMPLE, tagOf } from "./attach.ts";
import { registry } from "./helpers.ts";

const requests = (demo: DemoRegistry): string[] => demo.log.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{64}/g, "…")}`).sort();

const signature = (text = "signed"): { mediaType: string; text: string } => ({ mediaType: SIMPLE, text });

test("nothing is attached: two requests, and a proven none", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const none = await collected(collector(t), demo.host, "acme/web", digest);
  assert.deepEqual(none, { artifacts: [], gaps: [] });
  assert.deepEqual(requests(demo), ["GET /v2/acme/web/referrers/sha256:…", "GET /v2/acme/web/tags/list?n=1000"]);
});

test("everything that is attached is found at once, whatever the way", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0") as `sha256:${string}`;
  await attach(demo, "acme/web", bundle(digest, "referrer"));
  await putFallback(demo, "acme/web", digest, [await attach(demo, "acme/web", bundle(digest, "both"))]);
  await attach(demo, "acme/web", { tag: tagOf(digest, ".sig"), layers: [signature("one"), signature("two")] });
  await attach(demo, "acme/web", { tag: tagOf(digest, ".att"), layers: [{ mediaType: DSSE, text: "att" }] });
  await attach(demo, "acme/web", { tag: tagOf(digest, ".sbom"), layers: [{ mediaType: "text/spdx+json", text: "{}" }] });
  const all = await collected(collector(t), demo.host, "acme/web", digest);
  assert.deepEqual(all.gaps, []);
  assert.deepEqual(gist(all), [
    "att-tag application/vnd.oci.empty.v1+json [att]",
    `fallback-tag+referrers ${BUNDLE} [both]`,
    `referrers ${BUNDLE} [referrer]`,
    "sbom-tag application/vnd.oci.empty.v1+json []",
    "sig-tag application/vnd.oci.empty.v1+json [one, two]",
  ]);
  assert.ok(all.artifacts.every((artifact) => artifact.repository === `${demo.host}/acme/web`));
  assert.equal(codes(all).length, 0);
});

test("one more request for a signature, and its bytes come along", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  await attach(demo, "acme/web", { tag: tagOf(digest, ".sig"), layers: [signature()] });
  demo.log.length = 0;
  const all = await collected(collector(t), demo.host, "acme/web", digest);
  assert.deepEqual(gist(all), ["sig-tag application/vnd.oci.empty.v1+json [signed]"]);
  assert.deepEqual(requests(demo), [
    "GET /v2/acme/web/blobs/sha256:…",
    "GET /v2/acme/web/manifests/sha256-….sig",
    "GET /v2/acme/web/referrers/sha256:…",
    "GET /v2/acme/web/tags/list?n=1000",
  ]);
});

test("many digests of a repository: one list of tags for all, one request for each", async (t) => {
  const demo = await registry(t);
  const digests = Array.from({ length: 10 }, (_, index) => demo.putImage("acme/web", `1.${index}`, { seed: String(index) }));
  const collect = collector(t);
  const all = await Promise.all([...digests, ...digests].map((digest) => collected(collect, demo.host, "acme/web", digest)));
  assert.ok(all.every(({ artifacts, gaps }) => artifacts.length === 0 && gaps.length === 0));
  assert.equal(demo.log.length, 11);
});

test("a list of tags that goes on is asked around the digest, where its pages follow the order", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  await attach(demo, "acme/web", { tag: tagOf(digest, ".sig"), layers: [signature()] });
  for (let index = 0; index < 1200; index++) demo.tag("acme/web", `1.${index}`, digest);
  for (let index = 0; index < 30; index++) demo.tag("acme/web", `v${index}`, digest);
  demo.log.length = 0;
  const all = await collected(collector(t), demo.host, "acme/web", digest);
  assert.deepEqual(gist(all), ["sig-tag application/vnd.oci.empty.v1+json [signed]"]);
  assert.equal(requests(demo).filter((request) => request.includes("/tags/")).length, 2);
  assert.equal(demo.log.length, 5);

  const unsigned = demo.putImage("acme/web", "2.0", { seed: "2" });
  demo.log.length = 0;
  const none = await collected(collector(t), demo.host, "acme/web", unsigned);
  assert.deepEqual(none, { artifacts: [], gaps: [] });
  assert.equal(demo.log.length, 3, "referrers, the list, the list around the digest");
});

test("nothing at all around the digest proves nothing: each tag is asked for", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  for (let index = 0; index < 1200; index++) demo.tag("acme/web", `1.${index}`, digest);
  demo.log.length = 0;
  assert.deepEqual(await collected(collector(t), demo.host, "acme/web", digest), { artifacts: [], gaps: [] });
  assert.ok(requests(demo).includes("GET /v2/acme/web/manifests/sha256-….sig"));
});

test("a list of tags that proves nothing is not believed: each tag is asked for", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  await attach(demo, "acme/web", { tag: tagOf(digest, ".sig"), layers: [signature()] });
  const asTags = (body: "oci" | "html" | "empty", status: number) => ({ path }: { path: string }) => (path.includes("/tags/") ? ({ is: "status", status, body } as const) : undefined);
  for (const faults of [
    asTags("oci", 401), asTags("oci", 403), asTags("html", 404), asTags("oci", 500), asTags("oci", 200), asTags("html", 200),
    ({ path }: { path: string }) => (path.includes("/tags/") ? ({ is: "next-page", url: "/v2/acme/web/tags/list?token=abc" } as const) : undefined),
    ({ path }: { path: string }) => (path.includes("/tags/") ? ({ is: "next-page", url: "http://other.test/v2/acme/web/tags/list?last=1.0" } as const) : undefined),
  ]) {
    demo.setFaults(faults);
    demo.log.length = 0;
    const all = await collected(collector(t), demo.host, "acme/web", digest);
    assert.deepEqual(gist(all), ["sig-tag application/vnd.oci.empty.v1+json [signed]"]);
    assert.deepEqual(all.gaps, [], "each tag was asked for, so nothing is open");
    for (const suffix of ["", ".sig", ".att"]) assert.ok(requests(demo).includes(`GET /v2/acme/web/manifests/sha256-…${suffix}`));
  }
});

test("an empty list of tags proves nothing: caches hold images by digest", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  demo.remove("acme/web", digest);
  const none = await collected(collector(t), demo.host, "acme/web", digest);
  assert.deepEqual(none, { artifacts: [], gaps: [] });
  assert.ok(requests(demo).includes("GET /v2/acme/web/manifests/sha256-….sig"));
});

for (const referrers of [false, "empty"] as const)
  test(`${referrers === false ? "no referrers API" : "an API that knows of nothing"}: what lies under the tag is found`, async (t) => {
    const demo = await registry(t, { referrers });
    const digest = demo.putImage("acme/web", "1.0") as `sha256:${string}`;
    await putFallback(demo, "acme/web", digest, [await attach(demo, "acme/web", bundle(digest, "below"))]);
    const collect = collector(t);
    const all = await collected(collect, demo.host, "acme/web", digest);
    assert.deepEqual([gist(all), all.gaps], [[`fallback-tag ${BUNDLE} [below]`], []]);

    demo.log.length = 0;
    const unsigned = demo.putImage("acme/web", "2.0", { seed: "2" });
    assert.deepEqual(await collected(collect, demo.host, "acme/web", unsigned), { artifacts: [], gaps: [] });
    assert.equal(demo.log.length, referrers === false ? 0 : 1, "an API that is not there is not asked again, and the tags are known");
  });

test("pages of referrers are followed", async (t) => {
  const demo = await registry(t, { referrersPage: 2 });
  const digest = demo.putImage("acme/web", "1.0") as `sha256:${string}`;
  for (let index = 0; index < 5; index++) await attach(demo, "acme/web", bundle(digest, `bundle ${index}`));
  const all = await collected(collector(t), demo.host, "acme/web", digest);
  assert.deepEqual([all.artifacts.length, all.gaps], [5, []]);
});

test("what a list says of a type is no reason to leave something out, and neither is what it leaves out", async (t) => {
  const demo = await registry(t, { referrers: false });
  const digest = demo.putImage("acme/web", "1.0") as `sha256:${string}`;
  const real = await attach(demo, "acme/web", { ...bundle(digest, "real"), artifactType: "application/vnd.oci.empty.v1+json" });
  await putFallback(demo, "acme/web", digest, [{ ...real, artifactType: "text/plain" }]);
  assert.deepEqual(gist(await collected(collector(t), demo.host, "acme/web", digest)), ["fallback-tag application/vnd.oci.empty.v1+json [real]"]);
});

test("evidence in another repository is found besides what lies beside the image", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0") as `sha256:${string}`;
  await attach(demo, "acme/web", bundle(digest, "beside"));
  await attach(demo, "keep/signatures", bundle(digest, "elsewhere"));
  await attach(demo, "keep/signatures", { tag: tagOf(digest, ".sig"), layers: [signature("elsewhere")] });
  const all = await collected(collector(t, { elsewhere: ({ registry: host }) => ({ registry: host, repository: "keep/signatures" }) }), demo.host, "acme/web", digest);
  assert.deepEqual(all.gaps, []);
  assert.deepEqual(gist(all), [`referrers ${BUNDLE} [beside]`, `referrers ${BUNDLE} [elsewhere]`, "sig-tag application/vnd.oci.empty.v1+json [elsewhere]"]);

  demo.setFaults(({ path }) => (path.includes("/keep/") ? { is: "status", status: 403 } : undefined));
  const half = await collected(collector(t, { elsewhere: ({ registry: host }) => ({ registry: host, repository: "keep/signatures" }) }), demo.host, "acme/web", digest);
  assert.deepEqual(gist(half), [`referrers ${BUNDLE} [beside]`]);
  assert.ok(half.gaps.length > 0 && half.gaps.every(({ code }) => code === "forbidden"));
});

test("a repository for evidence that does not exist holds none", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const collect = collector(t, { elsewhere: ({ registry: host }) => ({ registry: host, repository: "keep/none" }) });
  assert.deepEqual(await collected(collect, demo.host, "acme/web", digest), { artifacts: [], gaps: [] });
});

test("mirrors are asked as well: what both have is one artifact, and a stale mirror hides nothing", async (t) => {
  const [mirror, origin] = [await registry(t), await registry(t)];
  const digest = origin.putImage("acme/web", "1.0") as `sha256:${string}`;
  mirror.putImage("copy/acme/web", "1.0");
  await attach(mirror, "copy/acme/web", bundle(digest, "old"));
  await attach(origin, "acme/web", bundle(digest, "old"));
  await attach(origin, "acme/web", bundle(digest, "new"));
  const mirrors = [{ from: origin.host, to: `${mirror.host}/copy` }];
  const all = await collected(collector(t, { policy: { mirrors } }), origin.host, "acme/web", digest);
  assert.deepEqual([gist(all), all.gaps], [[`referrers ${BUNDLE} [new]`, `referrers ${BUNDLE} [old]`], []]);

  await mirror.close();
  const without = await collected(collector(t, { policy: { mirrors } }), origin.host, "acme/web", digest);
  assert.deepEqual([without.artifacts.length, without.gaps], [2, []], "the registry itself has the last word");
});

test("a mirror's evidence is there while the registry is not, and what is open is said", async (t) => {
  const [mirror, origin] = [await registry(t), await registry(t)];
  const digest = mirror.putImage("copy/acme/web", "1.0") as `sha256:${string}`;
  await attach(mirror, "copy/acme/web", bundle(digest, "old"));
  await origin.close();
  const all = await collected(collector(t, { policy: { mirrors: [{ from: origin.host, to: `${mirror.host}/copy` }] } }), origin.host, "acme/web", digest);
  assert.deepEqual(gist(all), [`referrers ${BUNDLE} [old]`]);
  assert.deepEqual([...new Set(codes(all))], ["unreachable"]);
});

test("tokens and logins work as for images", async (t) => {
  const demo = await registry(t, { auth: { kind: "bearer", username: "joe", password: "secret", anonymousPull: true } });
  const digest = demo.putImage("acme/web", "1.0");
  assert.deepEqual(await collected(collector(t), demo.host, "acme/web", digest), { artifacts: [], gaps: [] });
});

test("a list of tags that never comes does not make a host given up, and is not waited for again", async (t) => {
  const demo = await registry(t, { faults: ({ path }) => (path.includes("/tags/") ? { is: "hang" } : undefined) });
  const collect = collector(t, { limits: { ...PATIENT, responseMs: 2000, retries: 3, concurrency: 1, giveUpAfter: 1 } });
  for (const name of ["one", "two", "three"]) {
    const digest = demo.putImage(`acme/${name}`, "1.0");
    assert.deepEqual(await collected(collect, demo.host, `acme/${name}`, digest), { artifacts: [], gaps: [] });
  }
  assert.equal(requests(demo).filter((request) => request.includes("/tags/")).length, 3);
});

test("where the list of tags is no use: four requests for a digest, three where there is no API", async (t) => {
  for (const [referrers, most] of [[true, 4], ["empty", 4], [false, 3]] as const) {
    const demo = await registry(t, { referrers, faults: ({ path }) => (path.includes("/tags/") ? { is: "status", status: 403 } : undefined) });
    const collect = collector(t);
    const [first, second] = ["1.0", "2.0"].map((tag) => demo.putImage("acme/web", tag, { seed: tag }));
    await collected(collect, demo.host, "acme/web", first!);
    assert.equal(demo.log.length, 5, "the first also learns that the list is no use, and whether there is an API");
    demo.log.length = 0;
    assert.deepEqual(await collected(collect, demo.host, "acme/web", second!), { artifacts: [], gaps: [] });
    assert.equal(demo.log.length, most);
  }
});
