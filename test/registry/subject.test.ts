import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { ReadSubject } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import { createReadSubject } from "../../src/registry/subject.ts";
import { attach, INDEX, PATIENT, putManifest, subjectOf } from "./attach.ts";
import { folder, registry } from "./helpers.ts";

const reader = (t: TestContext): ReadSubject => createReadSubject({ version: "0.0.0-test", environment: { HOME: folder(t) }, limits: PATIENT, policy: DEFAULT_POLICY });

test("an image: its size, its type and its config, by one request however often it is asked", async (t) => {
  const demo = await registry(t);
  const subject = subjectOf(demo.host, "acme/web", demo.putImage("acme/web", "1.0"));
  const read = reader(t);
  const [answer, again] = await Promise.all([read(subject), read(subject)]);
  assert.ok(answer.is === "known");
  assert.equal(answer, again);
  assert.equal(demo.log.length, 1);
  const { kind, bytes, config, children } = answer.value;
  assert.deepEqual(answer.value.subject, { ...subject, mediaType: "application/vnd.oci.image.manifest.v1+json", size: bytes.length, manifest: bytes });
  assert.deepEqual([kind, children, config], ["image", [], JSON.parse(Buffer.from(bytes).toString()).config.digest]);
});

test("an index: its children with their platforms and annotations", async (t) => {
  const demo = await registry(t);
  const image = await attach(demo, "acme/web", { layers: [] });
  const manifests = [
    { ...image, platform: { os: "linux", architecture: "arm", variant: "v7" } },
    { ...image, platform: { os: "unknown", architecture: "unknown" }, annotations: { "vnd.docker.reference.type": "attestation-manifest" } },
  ];
  const { digest } = await putManifest(demo, "acme/web", { schemaVersion: 2, mediaType: INDEX, manifests, annotations: { made: "here" } });
  const answer = await reader(t)(subjectOf(demo.host, "acme/web", digest));
  assert.ok(answer.is === "known");
  assert.deepEqual([answer.value.kind, answer.value.annotations, answer.value.config], ["index", { made: "here" }, undefined]);
  assert.deepEqual(answer.value.children, [
    { ...image, annotations: {}, platform: "linux/arm/v7" },
    { ...image, annotations: { "vnd.docker.reference.type": "attestation-manifest" }, platform: "unknown/unknown" },
  ]);
});

test("what is not there is absent, what lies or is silent is unknown", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  assert.equal((await reader(t)(subjectOf(demo.host, "acme/web", `sha256:${"a".repeat(64)}`))).is, "absent");
  for (const [fault, code] of [[{ is: "wrong-body" }, "wrong-bytes"], [{ is: "wrong-digest" }, "wrong-bytes"], [{ is: "status", status: 403 }, "forbidden"], [{ is: "drop-connection" }, "unreachable"]] as const) {
    demo.setFaults(() => fault);
    const answer = await reader(t)(subjectOf(demo.host, "acme/web", digest));
    assert.ok(answer.is === "unknown");
    assert.equal(answer.why.code, code);
  }
});
