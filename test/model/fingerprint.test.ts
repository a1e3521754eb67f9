import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprint, fingerprints, type Identity } from "../../src/model/fingerprint.ts";

const site: Identity = {
  rule: "pin-by-digest",
  file: "apps/web.yaml",
  resource: { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "shop" },
  path: ["spec", "template", "spec", "containers", 0, "image"],
  raw: "nginx:1.27",
};

test("stays: other list index, other API version", () => {
  assert.match(fingerprint(site), /^[0-9a-f]{32}$/);
  assert.equal(fingerprint({ ...site, path: ["spec", "template", "spec", "containers", 3, "image"] }), fingerprint(site));
  assert.equal(fingerprint({ ...site, resource: { ...site.resource, apiVersion: "apps/v2" } }), fingerprint(site));
});

test("changes: rule, file, kind, name, namespace, field, tag", () => {
  const others: readonly Partial<Identity>[] = [
    { rule: "digest-exists" },
    { file: "apps/other.yaml" },
    { resource: { ...site.resource, kind: "Job" } },
    { resource: { ...site.resource, name: "api" } },
    { resource: { ...site.resource, namespace: "bank" } },
    { path: ["spec", "template", "spec", "initContainers", 0, "image"] },
    { raw: "nginx:1.28" },
  ];
  const all = [site, ...others.map((other) => ({ ...site, ...other }))].map(fingerprint);
  assert.equal(new Set(all).size, all.length);
});

test("parts cannot run into each other", () => {
  const resource = (namespace: string, name: string): Identity => ({ ...site, resource: { namespace, name } });
  assert.notEqual(fingerprint(resource("a/b", "c")), fingerprint(resource("a", "b/c")));
});

test("repeated ones are numbered in order", () => {
  const [first, second, other, third] = fingerprints([site, site, { ...site, raw: "redis" }, site]);
  assert.equal(second, `${first}:2`);
  assert.equal(third, `${first}:3`);
  assert.doesNotMatch(other!, /:/);
});

test("does not change between versions of lading, or every baseline would be void", () => {
  assert.equal(fingerprint(site), "8e6cd10c2818b6e477cd2cabaed7e666");
});
