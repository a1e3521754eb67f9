/** Whatever JSON is attached: it is read, or it is a gap of its own, and nothing is thrown. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";

import type { Digest } from "../../src/model/reference.ts";
import { createArchiveCollect } from "../../src/registry/archive.ts";

const sha256 = (bytes: Buffer): Digest => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const SUBJECT: Digest = `sha256:${"1".repeat(64)}`;
const LAYER = Buffer.from("layer");

const scrap = fc.oneof(fc.jsonValue(), fc.constantFrom(SUBJECT, sha256(LAYER), LAYER.length, "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json", "application/vnd.dsse.envelope.v1+json"));
const descriptor = fc.oneof(scrap, fc.record({ mediaType: scrap, digest: scrap, size: scrap, annotations: scrap, data: scrap, platform: scrap }, { requiredKeys: [] }));
const right = { mediaType: "application/vnd.dsse.envelope.v1+json", digest: sha256(LAYER), size: LAYER.length };
const about = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: SUBJECT, size: 1 };
const manifest = fc.record({
  schemaVersion: fc.oneof({ weight: 9, arbitrary: fc.constant(2) }, scrap),
  mediaType: fc.oneof({ weight: 9, arbitrary: fc.constant("application/vnd.oci.image.manifest.v1+json") }, scrap),
  artifactType: scrap,
  config: descriptor,
  subject: fc.oneof({ weight: 5, arbitrary: fc.constant(about) }, descriptor),
  layers: fc.oneof({ weight: 5, arbitrary: fc.array(fc.oneof(fc.constant(right), descriptor), { maxLength: 4 }) }, scrap),
  manifests: scrap,
  annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), scrap),
}, { requiredKeys: ["schemaVersion", "mediaType", "config", "layers", "subject"] });

test("any JSON", async () => {
  let read = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(manifest, { minLength: 1, maxLength: 4 }), fc.constantFrom("referrers", "sig-tag"), fc.boolean(), async (bodies, way, configs) => {
      const blobs = new Map<Digest, Buffer>([[sha256(LAYER), LAYER]]);
      const digests = bodies.map((body) => Buffer.from(JSON.stringify(body))).map((bytes) => (blobs.set(sha256(bytes), bytes), sha256(bytes)));
      const artifacts = [...new Set(digests)].map((digest) => ({ digest, found: [way] as const, repository: "a.test/web" }));
      const record = { version: 1, tool: "0", subjects: [{ registry: "a.test", repository: "web", digest: SUBJECT, asked: "2026-11-24T00:00:00Z", artifacts, gaps: [] }] } as const;
      const all = await createArchiveCollect({ name: "a.tar", record, blob: (digest) => blobs.get(digest) }, configs)({ registry: "a.test", repository: "web", digest: SUBJECT });
      const known = new Set([...all.artifacts.map(({ digest }) => digest), ...all.gaps.map(({ artifact }) => artifact)]);
      for (const { digest } of artifacts) assert.ok(known.has(digest), "each is read or is a gap");
      for (const { layers } of all.artifacts) for (const { digest, size, bytes } of layers) assert.deepEqual([digest, size], [sha256(Buffer.from(bytes)), bytes.length]);
      if (way === "referrers") for (const { subject } of all.artifacts) assert.equal(subject, SUBJECT);
      read += all.artifacts.length;
      refused += all.gaps.length;
    }),
    { numRuns: 500 },
  );
  assert.ok(read > 50 && refused > 50, `${read} read, ${refused} refused: the test tries both`);
});
