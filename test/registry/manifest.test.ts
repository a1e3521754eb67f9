import assert from "node:assert/strict";
import { test } from "node:test";

import { RegistryFault } from "../../src/registry/fault.ts";
import { digestOf, readManifest } from "../../src/registry/manifest.ts";

const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_IMAGE = "application/vnd.oci.image.manifest.v1+json";
const read = (value: unknown, type?: string) => readManifest(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), type);
const digest = digestOf("sha256", Buffer.from("x"));

test("the type comes from the header, else from the manifest, else from its shape", () => {
  const image = { schemaVersion: 2, config: {}, layers: [] };
  const index = { schemaVersion: 2, manifests: [{ digest }] };
  assert.equal(read(image, `${OCI_IMAGE}; charset=utf-8`).kind, "image");
  assert.equal(read(image, "application/json").mediaType, OCI_IMAGE);
  assert.deepEqual(read(index), { mediaType: OCI_INDEX, kind: "index", children: [digest] });
  assert.equal(read({ ...index, mediaType: OCI_INDEX }, "text/plain").kind, "index");
  assert.equal(read({ schemaVersion: 2, mediaType: "application/x" }).kind, "other");
});

test("what is no manifest is malformed", () => {
  for (const [value, type] of [
    ["<html>", "text/html"],
    ["[]", OCI_INDEX],
    ["null", OCI_INDEX],
    ["{", OCI_INDEX],
    [{}, OCI_IMAGE],
    [{ schemaVersion: 1 }, "application/vnd.docker.distribution.manifest.v1+prettyjws"],
    [{ schemaVersion: 2, manifests: [], layers: [] }, OCI_INDEX],
    [{ schemaVersion: 2, mediaType: OCI_IMAGE, manifests: [] }, OCI_INDEX],
    [{ schemaVersion: 2, manifests: [{ digest: "sha256:1" }] }, OCI_INDEX],
    [{ schemaVersion: 2, manifests: [null] }, OCI_INDEX],
    [{ schemaVersion: 2, manifests: {} }, OCI_INDEX],
    [{ schemaVersion: 2 }, OCI_IMAGE],
  ] as const)
    assert.throws(() => read(value, type), (error: unknown) => error instanceof RegistryFault && error.code === "malformed", JSON.stringify(value));
  assert.throws(() => readManifest(Buffer.from([0x7b, 0xff, 0x7d]), OCI_INDEX), RegistryFault);
});

test("digests of every registered algorithm", () => {
  assert.equal(digest, "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
  assert.equal(digestOf("sha512", Buffer.from("x")).length, 7 + 128);
});
