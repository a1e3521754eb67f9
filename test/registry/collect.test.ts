/** What is attached to a digest is found in every way there is, and nothing hides anything else. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { DemoRegistry } from "../../src/demo/registry.ts";
import type { Collect } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import { type CollectOptions, createCollect } from "../../src/registry/collect.ts";
import { attach, bundle, BUNDLE, codes, collected, DSSE, gist, putFallback, SIMPLE, tagOf } from "./attach.ts";
import { folder, QUICK, registry } from "./helpers.ts";

type Overrides = Omit<Partial<CollectOptions>, "policy"> & { policy?: Partial<Policy> };

/** A collector that knows no login of the machine that the tests run on. */
function collector(t: TestContext, { policy, ...overrides }: Overrides = {}): Collect {
  return createCollect({ version: "0.0.0-test", environment: { HOME: folder(t) }, limits: QUICK, ...overrides, policy: { ...DEFAULT_POLICY, ...policy } });
}

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
