/** What was found in one registry is found in another one after it was put there, whatever that one knows. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { DemoRegistry, DemoRegistryOptions } from "../../src/demo/registry.ts";
import type { Collected } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { connect } from "../../src/registry/connection.ts";
import { createPush, type Push } from "../../src/registry/push.ts";
import { attach, bundle, BUNDLE, collector, DSSE, gist, PATIENT, SIMPLE, subjectOf, tagOf } from "./attach.ts";
import { folder, registry } from "./helpers.ts";

function pusher(t: TestContext, environment: Readonly<Record<string, string>> = {}): Push {
  return createPush(connect({ version: "0.0.0-test", policy: DEFAULT_POLICY, limits: PATIENT, environment: { HOME: folder(t), ...environment } }));
}

/** Evidence of three kinds about one digest, and a registry to put it into. */
async function world(t: TestContext, options: DemoRegistryOptions = {}): Promise<{ to: DemoRegistry; digest: Digest; found: Collected }> {
  const [from, to] = [await registry(t), await registry(t, options)];
  const digest = from.putImage("acme/web", "1.0") as Digest;
  await attach(from, "acme/web", bundle(digest, "one"));
  await attach(from, "acme/web", bundle(digest, "two"));
  await attach(from, "acme/web", { tag: tagOf(digest, ".sig"), configType: "application/vnd.oci.image.config.v1+json", layers: [{ mediaType: SIMPLE, text: "sig" }] });
  await attach(from, "acme/web", { tag: tagOf(digest, ".att"), layers: [{ mediaType: DSSE, text: "att" }] });
  return { to, digest, found: await collector(t, { configs: true })(subjectOf(from.host, "acme/web", digest)) };
}

const place = (demo: DemoRegistry) => ({ registry: demo.host, repository: "keep/evidence" });

for (const referrers of [true, false, "empty"] as const)
  test(`referrers API ${referrers}: all of it is found again, and a second time nothing is stored`, async (t) => {
    const { to, digest, found } = await world(t, { referrers });
    const push = pusher(t);
    const first = await push(place(to), digest, found.artifacts);
    assert.deepEqual([first.stored.length, first.present, first.failed], [4, [], []]);
    const again = await collector(t)(subjectOf(to.host, "keep/evidence", digest));
    const way = referrers === true ? "referrers" : "fallback-tag";
    assert.deepEqual([gist(again), again.gaps], [[
      "att-tag application/vnd.oci.empty.v1+json [att]",
      `${way} ${BUNDLE} [one]`,
      `${way} ${BUNDLE} [two]`,
      "sig-tag application/vnd.oci.image.config.v1+json [sig]",
    ].sort(), []]);
    const second = await pusher(t)(place(to), digest, found.artifacts);
    assert.deepEqual([second.stored, second.present.length, second.failed], [[], 4, []]);
  });

test("an index under the fallback tag keeps what it lists", async (t) => {
  const { to, digest, found } = await world(t, { referrers: false });
  const bundles = found.artifacts.filter(({ artifactType }) => artifactType === BUNDLE);
  for (const one of bundles) assert.deepEqual((await pusher(t)(place(to), digest, [one])).failed, []);
  assert.equal((await collector(t)(subjectOf(to.host, "keep/evidence", digest))).artifacts.length, 2);
});

test("a tag that names other signatures is left alone, and it is said", async (t) => {
  const { to, digest, found } = await world(t);
  await attach(to, "keep/evidence", { tag: tagOf(digest, ".sig"), layers: [{ mediaType: SIMPLE, text: "theirs" }] });
  const { stored, failed } = await pusher(t)(place(to), digest, found.artifacts);
  assert.equal(stored.length, 4);
  assert.deepEqual(failed.map(({ what, why }) => [what, why.code]), [[tagOf(digest, ".sig"), "malformed"]]);
  assert.ok(gist(await collector(t)(subjectOf(to.host, "keep/evidence", digest))).some((one) => one.includes("[theirs]")));
});

test("a login that may push is shown, one that may not is told", async (t) => {
  const { to, digest, found } = await world(t, { auth: { kind: "bearer", username: "joe", password: "secret", anonymousPull: true } });
  const refused = await pusher(t)(place(to), digest, found.artifacts);
  assert.deepEqual([refused.stored, [...new Set(refused.failed.map(({ why }) => why.code))]], [[], ["unauthorized"]]);
  const login = { LADING_REGISTRY_0_HOST: to.host, LADING_REGISTRY_0_USERNAME: "joe", LADING_REGISTRY_0_PASSWORD: "secret" };
  assert.equal((await pusher(t, login)(place(to), digest, found.artifacts)).stored.length, 4);
});

test("whatever goes wrong is told of what, and nothing is thrown", async (t) => {
  const { to, digest, found } = await world(t);
  const cases = [
    [({ method }: { method: string }) => (method === "PUT" ? ({ is: "status", status: 403 } as const) : undefined), "forbidden"],
    [({ method }: { method: string }) => (method === "POST" ? ({ is: "status", status: 404, code: "NAME_UNKNOWN" } as const) : undefined), "malformed"],
    [({ method }: { method: string }) => (method === "POST" ? ({ is: "redirect-to", url: "http://127.0.0.1:1/v2/" } as const) : undefined), "redirect"],
    [({ method }: { method: string }) => (method === "PUT" ? ({ is: "status", status: 500 } as const) : undefined), "server-error"],
    [() => ({ is: "drop-connection" }) as const, "unreachable"],
  ] as const;
  for (const [faults, code] of cases) {
    to.setFaults(faults);
    const { stored, failed } = await pusher(t)(place(to), digest, found.artifacts);
    assert.deepEqual([stored, [...new Set(failed.map(({ why }) => why.code))]], [[], [code]]);
  }
});
