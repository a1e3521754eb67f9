/** Whatever goes wrong: what can be read is, what cannot is a gap of its own code, and "none" is never said of it. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { DemoRegistry, Fault, Faults } from "../../src/demo/registry.ts";
import type { Collected } from "../../src/model/evidence.ts";
import type { Digest } from "../../src/model/reference.ts";
import { attach, bundle, BUNDLE, codes, collected, collector, gist, IMAGE, INDEX, putBlob, putFallback, PATIENT, putManifest, remove, SIMPLE, tagOf } from "./attach.ts";
import { registry } from "./helpers.ts";

const LIMITS = { ...PATIENT, giveUpAfter: 1000 };

/** Silence ends only by a limit. */
const limitsFor = ({ is }: Fault): typeof LIMITS => (is === "hang" ? { ...LIMITS, responseMs: 2000 } : LIMITS);

interface World {
  readonly demo: DemoRegistry;
  readonly digest: Digest;
  read(overrides?: Parameters<typeof collector>[1]): Promise<Collected>;
}

/** An image with a bundle as referrer and a `.sig` of two signatures. */
async function world(t: TestContext, options: Parameters<typeof registry>[1] = {}): Promise<World & { bundle: Digest; sig: Digest }> {
  const demo = await registry(t, options);
  const digest = demo.putImage("acme/web", "1.0") as Digest;
  const referrer = await attach(demo, "acme/web", bundle(digest, "good"));
  const sig = await attach(demo, "acme/web", { tag: tagOf(digest, ".sig"), layers: [{ mediaType: SIMPLE, text: "one" }, { mediaType: SIMPLE, text: "two" }] });
  return { demo, digest, bundle: referrer.digest, sig: sig.digest, read: (overrides) => collected(collector(t, { limits: LIMITS, ...overrides }), demo.host, "acme/web", digest) };
}

const GOOD = `referrers ${BUNDLE} [good]`;
const SIG = "sig-tag application/vnd.oci.empty.v1+json [one, two]";

const everywhere: readonly [string, Fault, readonly string[]][] = [
  ["401", { is: "status", status: 401 }, ["unauthorized"]],
  ["403", { is: "status", status: 403 }, ["forbidden"]],
  ["429", { is: "status", status: 429 }, ["rate-limited"]],
  ["500", { is: "status", status: 500 }, ["server-error"]],
  ["503", { is: "status", status: 503 }, ["server-error"]],
  ["a page of HTML with 404", { is: "status", status: 404, body: "html" }, ["malformed"]],
  ["404 DENIED", { is: "status", status: 404, code: "DENIED" }, ["malformed"]],
  ["a page of HTML with 200", { is: "status", status: 200, body: "html" }, ["malformed"]],
  ["an error with 200", { is: "status", status: 200, body: "oci" }, ["malformed"]],
  ["silence", { is: "hang" }, ["timeout"]],
  ["closed connections", { is: "drop-connection" }, ["unreachable"]],
  ["redirects in a circle", { is: "redirect-loop" }, ["redirect"]],
  ["half answers", { is: "truncate" }, ["wrong-bytes"]],
  ["more than a manifest may have", { is: "huge-body", bytes: 5 * 1024 * 1024 }, ["truncated"]],
];
for (const [what, fault, expected] of everywhere)
  test(`${what} to everything: nothing is found, and none is not said`, async (t) => {
    const { demo, read } = await world(t);
    demo.setFaults(() => fault);
    const { artifacts, gaps } = await read({ limits: limitsFor(fault) });
    assert.deepEqual(artifacts, []);
    // Padding hides the words by which a 404 is a registry's.
    const padded = fault.is === "huge-body" ? ["malformed"] : [];
    assert.deepEqual([...new Set(gaps.map(({ code }) => code))].sort(), [...padded, ...expected]);
    for (const { message } of gaps) assert.ok(message.startsWith(`${demo.host}: `), message);
  });

for (const [what, fault, expected] of everywhere.filter(([what]) => !what.startsWith("404")))
  test(`${what} to the referrers API alone: what is under tags is found, and the rest is ${what.includes("404") ? "said not to be there" : expected.join()}`, async (t) => {
    const { demo, read } = await world(t);
    demo.setFaults(({ path }) => (path.includes("/referrers/") ? fault : undefined));
    const all = await read({ limits: limitsFor(fault) });
    assert.deepEqual(gist(all), [SIG]);
    // A registry without the API says so as it likes; the tags are then the registry's word.
    assert.deepEqual(codes(all), what.includes("404") ? [] : expected);
  });

for (const [what, fault, expected] of everywhere)
  test(`${what} to a tag: the referrers are found, the tag is ${expected.join()}`, async (t) => {
    const { demo, read } = await world(t);
    demo.setFaults(({ path }) => (path.includes(".sig") ? fault : undefined));
    const all = await read({ limits: limitsFor(fault) });
    // What is cut or is no manifest is known only once it is looked at.
    assert.deepEqual(gist(all), [GOOD]);
    assert.deepEqual(codes(all), expected);
  });

for (const [what, fault, expected] of everywhere.filter(([what]) => !/^half/.test(what)))
  test(`${what} to a layer: the others are found, this one is ${expected.join()}`, async (t) => {
    const { demo, read, bundle } = await world(t);
    const layer = (await read()).artifacts.find(({ digest }) => digest === bundle)!.layers[0]!.digest;
    demo.setFaults(({ path }) => (path.includes(layer) ? fault : undefined));
    const all = await read({ limits: limitsFor(fault) });
    assert.deepEqual(gist(all), [SIG]);
    const isLonger = fault.is === "huge-body" || (fault.is === "status" && fault.status === 200);
    const code = isLonger ? "wrong-bytes" : expected.join();
    assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [[code, bundle]]);
  });

const lies: readonly [string, (w: Awaited<ReturnType<typeof world>>) => Faults, string][] = [
  ["other bytes for a manifest", ({ bundle }) => ({ path }) => (path.endsWith(bundle) ? { is: "wrong-body" } : undefined), "wrong-bytes"],
  ["another digest for a manifest", ({ bundle }) => ({ path }) => (path.endsWith(bundle) ? { is: "wrong-digest" } : undefined), "wrong-bytes"],
  ["no type for a manifest is no fault", () => ({ path }) => (path.includes("/manifests/") ? { is: "no-content-type" } : undefined), ""],
  ["no digest for a manifest is no fault", () => ({ path }) => (path.includes("/manifests/") ? { is: "no-digest-header" } : undefined), ""],
];
for (const [what, faults, code] of lies)
  test(`a registry that gives ${what}`, async (t) => {
    const w = await world(t);
    w.demo.setFaults(faults(w));
    const all = await w.read();
    assert.deepEqual(gist(all), code === "" ? [GOOD, SIG] : [SIG]);
    assert.deepEqual(all.gaps.map(({ code: said, artifact }) => [said, artifact]), code === "" ? [] : [[code, w.bundle]]);
  });

test("a registry that gives other bytes for a tag", async (t) => {
  const { demo, read } = await world(t);
  demo.setFaults(({ path }) => (path.endsWith(".sig") ? { is: "wrong-body" } : undefined));
  const all = await read();
  assert.deepEqual([gist(all), codes(all)], [[GOOD], ["wrong-bytes"]]);
});

test("a registry that gives other bytes for one signature: the other one is read", async (t) => {
  const { demo, read, sig } = await world(t);
  const [, two] = (await read()).artifacts.find(({ digest }) => digest === sig)!.layers;
  demo.setFaults(({ path }) => (path.endsWith(two!.digest) ? { is: "wrong-body" } : undefined));
  const all = await read();
  assert.deepEqual(gist(all), [GOOD, "sig-tag application/vnd.oci.empty.v1+json [one]"]);
  assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [["wrong-bytes", sig]]);
});

test("what is listed and gone is malformed, a layer as well as a manifest", async (t) => {
  const { demo, digest, read, bundle: first } = await world(t, { referrers: false });
  const second = await attach(demo, "acme/web", bundle(digest, "second"));
  await putFallback(demo, "acme/web", digest, [{ digest: first, size: second.size, mediaType: IMAGE }, second]);
  const layer = (await read()).artifacts.find(({ digest: one }) => one === first)!.layers[0]!.digest;
  await remove(demo, "acme/web", "blobs", layer);
  await remove(demo, "acme/web", "manifests", second.digest);
  const all = await read();
  assert.deepEqual(gist(all), [SIG]);
  assert.deepEqual(all.gaps.map(({ code, artifact }) => `${code} ${artifact}`).sort(), [`malformed ${first}`, `malformed ${second.digest}`].sort());
});

test("an index that lies about a size is not believed, unless another one is right", async (t) => {
  for (const referrers of [false, true]) {
    const { demo, digest, read, bundle: first } = await world(t, { referrers });
    await putFallback(demo, "acme/web", digest, [{ digest: first, size: 7, mediaType: IMAGE }]);
    const all = await read();
    assert.deepEqual(gist(all), referrers ? [`fallback-tag+referrers ${BUNDLE} [good]`, SIG] : [SIG]);
    assert.deepEqual(codes(all), referrers ? [] : ["wrong-bytes"]);
  }
});

test("a layer that is not as long as its manifest says is not read", async (t) => {
  for (const size of [1, 3, 5, 1000]) {
    const { demo, digest, read } = await world(t);
    const liar = await attach(demo, "acme/web", { subject: digest, artifactType: BUNDLE, layers: [{ mediaType: BUNDLE, text: "four", says: { size } }] });
    const all = await read();
    assert.deepEqual(gist(all), [GOOD, SIG]);
    assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [["wrong-bytes", liar.digest]]);
  }
});

test("bytes that came along inside of a manifest are hashed as well", async (t) => {
  const { demo, digest, read } = await world(t);
  const data = (text: string) => ({ data: Buffer.from(text).toString("base64") });
  await attach(demo, "acme/web", { subject: digest, artifactType: BUNDLE, layers: [{ mediaType: BUNDLE, text: "true", says: data("true") }] });
  await attach(demo, "acme/web", { subject: digest, artifactType: BUNDLE, layers: [{ mediaType: BUNDLE, text: "real", says: data("fake") }] });
  demo.log.length = 0;
  assert.deepEqual(gist(await read()), [GOOD, `referrers ${BUNDLE} [real]`, `referrers ${BUNDLE} [true]`, SIG]);
  assert.equal(demo.log.filter(({ path }) => path.includes("/blobs/")).length, 4);
});

const malformed: readonly [string, object][] = [
  ["is index and image at once", { schemaVersion: 2, mediaType: IMAGE, config: { mediaType: "a", digest: `sha256:${"0".repeat(64)}`, size: 1 }, layers: [], manifests: [] }],
  ["has no layers", { schemaVersion: 2, mediaType: IMAGE, config: {} }],
  ["has layers that are none", { schemaVersion: 2, mediaType: IMAGE, config: {}, layers: [7] }],
  ["has a layer without a size", { schemaVersion: 2, mediaType: IMAGE, config: {}, layers: [{ mediaType: BUNDLE, digest: `sha256:${"0".repeat(64)}` }] }],
  ["has annotations that are none", { schemaVersion: 2, mediaType: IMAGE, config: {}, layers: [], annotations: [1] }],
];
for (const [what, body] of malformed)
  test(`an attached manifest that ${what} fails alone`, async (t) => {
    const { demo, digest, read } = await world(t);
    const { digest: broken } = await putManifest(demo, "acme/web", { ...body, subject: { mediaType: IMAGE, digest, size: 1 } });
    const all = await read();
    for (const good of [GOOD, SIG]) assert.ok(gist(all).includes(good));
    assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [["malformed", broken]]);
  });

test("an entry of an index that is none fails alone", async (t) => {
  for (const entry of [null, 7, "x", [], {}, { digest: "sha256:abc" }, { digest: `sha256:${"0".repeat(64)}`, mediaType: IMAGE }, { digest: `sha256:${"0".repeat(64)}`, mediaType: IMAGE, size: -1 }]) {
    const { demo, digest, read, bundle: first } = await world(t);
    const good = { digest: first, size: 1, mediaType: IMAGE };
    await putFallback(demo, "acme/web", digest, [entry as object, good]);
    const all = await read();
    assert.deepEqual(gist(all), [`fallback-tag+referrers ${BUNDLE} [good]`, SIG], JSON.stringify(entry));
    assert.deepEqual(codes(all), ["malformed"]);
  }
});

test("a fallback tag that is an image is no index of referrers", async (t) => {
  const { demo, digest, read } = await world(t);
  const { digest: image } = await attach(demo, "acme/web", { tag: tagOf(digest), layers: [] });
  const all = await read();
  assert.deepEqual(gist(all), [GOOD, SIG]);
  assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [["malformed", image]]);
});

test("what is listed and is about another digest is not taken for this one's", async (t) => {
  const { demo, digest, read } = await world(t);
  const other = demo.putImage("acme/web", "2.0", { seed: "2" }) as Digest;
  const replayed = await attach(demo, "acme/web", bundle(other, "replayed"));
  const aimless = await attach(demo, "acme/web", { artifactType: BUNDLE, layers: [{ mediaType: BUNDLE, text: "aimless" }] });
  await putFallback(demo, "acme/web", digest, [replayed, aimless]);
  const all = await read();
  assert.deepEqual(gist(all), [GOOD, SIG]);
  assert.deepEqual(all.gaps.map(({ code, artifact }) => `${code} ${artifact}`).sort(), [`malformed ${replayed.digest}`, `malformed ${aimless.digest}`].sort());
});

test("a manifest of a type that is not read here is said to be there", async (t) => {
  const { demo, digest, read } = await world(t);
  const mediaType = "application/vnd.oci.artifact.manifest.v2+json";
  const { digest: odd } = await putManifest(demo, "acme/web", { schemaVersion: 2, mediaType, blobs: [], subject: { mediaType: IMAGE, digest, size: 1 } });
  const all = await read();
  assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [["unsupported", odd]]);
});

test("a tag for signatures that names an index is said to be there, and not to be none", async (t) => {
  const { demo, digest, read } = await world(t);
  const { digest: index } = await putManifest(demo, "acme/web", { schemaVersion: 2, mediaType: INDEX, manifests: [] }, tagOf(digest, ".att"));
  const all = await read();
  assert.deepEqual(all.gaps.map(({ code, artifact }) => [code, artifact]), [["unsupported", index]]);
});

test("layers that hold no evidence are not read, however large", async (t) => {
  const { demo, digest, read } = await world(t);
  const sbom = { mediaType: "application/spdx+json", text: "x", says: { size: 10 ** 12 } };
  await attach(demo, "acme/web", { subject: digest, artifactType: "application/spdx+json", layers: [sbom] });
  const all = await read();
  assert.deepEqual([gist(all), all.gaps], [["referrers application/spdx+json []", GOOD, SIG].sort(), []]);
});

const paging: readonly [string, (demo: DemoRegistry, digest: Digest, count: number) => string, string][] = [
  ["a page on another host", (_, digest) => `http://127.0.0.1:1/v2/acme/web/referrers/${digest}`, "redirect"],
  ["a page of another repository", (_, digest) => `/v2/acme/other/referrers/${digest}`, "redirect"],
  ["a page of another end point", () => "/v2/acme/web/manifests/1.0", "redirect"],
  ["the same page again", (_, digest) => `/v2/acme/web/referrers/${digest}`, "redirect"],
  ["pages without an end", (_, digest, count) => `/v2/acme/web/referrers/${digest}?after=${count}`, "truncated"],
  ["a page that is no URL", () => "http://[", "malformed"],
];
for (const [what, url, code] of paging)
  test(`${what} of referrers: what was read stays, the rest is ${code}`, async (t) => {
    const { demo, digest, read } = await world(t);
    demo.setFaults(({ path, count }) => (path.includes("/referrers/") ? { is: "next-page", url: url(demo, digest, count) } : undefined));
    demo.log.length = 0;
    const all = await read();
    assert.deepEqual(gist(all), [GOOD, SIG]);
    assert.deepEqual(codes(all), [code]);
    assert.ok(demo.log.filter(({ path }) => path.includes("/referrers/")).length <= 50);
    assert.ok(!demo.log.some(({ path }) => path.includes("/other/")));
  });

test("a page that fails leaves the pages before it", async (t) => {
  const { demo, digest, read } = await world(t, { referrersPage: 1 });
  await attach(demo, "acme/web", bundle(digest, "later"));
  demo.setFaults(({ path }) => (path.includes("?start=") ? { is: "status", status: 500 } : undefined));
  const all = await read();
  assert.deepEqual([gist(all), codes(all)], [[GOOD, SIG], ["server-error"]]);
  demo.setFaults(({ path }) => (path.includes("?start=") ? { is: "status", status: 404 } : undefined));
  const other = await read();
  assert.deepEqual([gist(other), codes(other)], [[GOOD, SIG], ["malformed"]]);
});

test("more referrers than the cap: the cap's number is read, the tags all the same, and it is said", async (t) => {
  const { demo, digest, read } = await world(t);
  for (let index = 0; index < 10; index++) await attach(demo, "acme/web", bundle(digest, `bundle ${index}`));
  const all = await read({ caps: { referrers: 5 } });
  assert.equal(all.artifacts.filter(({ found }) => found.includes("referrers")).length, 5);
  assert.ok(gist(all).includes(SIG));
  assert.deepEqual(codes(all), ["truncated"]);
});

test("more layers or bytes than the caps: what fits is read, and it is said of what", async (t) => {
  const { read, sig, bundle } = await world(t);
  const layers = await read({ caps: { layers: 2 } });
  assert.equal(layers.artifacts.flatMap((artifact) => artifact.layers).length, 2);
  assert.deepEqual(codes(layers), ["truncated"]);
  const sizes = (await read()).artifacts.map(({ manifest }) => manifest!.length);
  const bytes = await read({ caps: { bytes: sizes.reduce((a, b) => a + b, 0) + 2 } });
  assert.deepEqual(bytes.artifacts, []);
  assert.deepEqual([...new Set(bytes.gaps.map(({ code, artifact }) => `${code} ${artifact}`))].sort(), [`truncated ${bundle}`, `truncated ${sig}`].sort());
});

test("the caps are what the manual says", async (t) => {
  const { demo, digest, read } = await world(t);
  const { digest: blob, size } = await putBlob(demo, "acme/web", "one");
  const layer = { mediaType: SIMPLE, digest: blob, size, data: Buffer.from("one").toString("base64") };
  await putManifest(demo, "acme/web", { schemaVersion: 2, mediaType: IMAGE, config: { mediaType: "a", digest: blob, size }, layers: Array.from({ length: 1001 }, () => layer) }, tagOf(digest, ".att"));
  const all = await read();
  assert.ok(all.artifacts.flatMap(({ layers }) => layers).length === 1000);
  assert.deepEqual([...new Set(codes(all))], ["truncated"]);

  const entries = Array.from({ length: 201 }, (_, index) => ({ mediaType: IMAGE, size: 1, digest: `sha256:${String(index).padStart(64, "0")}` }));
  await putFallback(demo, "acme/web", digest, entries);
  assert.equal((await read()).gaps.filter(({ message }) => message.includes("200 artifacts")).length, 1);
});

test("a blob that is kept elsewhere is fetched from there, without our login", async (t) => {
  const store = await registry(t);
  const w = await world(t);
  const layer = (await w.read()).artifacts.find(({ digest }) => digest === w.bundle)!.layers[0]!;
  await putBlob(store, "acme/web", "good");
  w.demo.setFaults(({ path }) => (path.endsWith(layer.digest) ? { is: "redirect-to", url: `${store.url}${path}` } : undefined));
  assert.deepEqual(gist(await w.read()), [GOOD, SIG]);
  assert.ok(store.log.every(({ authorised }) => !authorised));
});
