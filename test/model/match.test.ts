import assert from "node:assert/strict";
import { test } from "node:test";
import { globProblem, imagePolicyFor, matches, mostSpecific } from "../../src/model/match.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";

const MATCHES: readonly (readonly [glob: string, name: string, expected: boolean])[] = [
  ["ghcr.io/acme/**", "ghcr.io/acme/web", true],
  ["ghcr.io/acme/**", "ghcr.io/acme/team/web", true],
  ["ghcr.io/acme/**", "ghcr.io/acme-evil/web", false],
  ["ghcr.io/acme/*", "ghcr.io/acme/team/web", false],
  ["ghcr.io/acme/web", "ghcr.io/acme/web", true],
  ["ghcr.io/acme/web", "ghcr_io/acme/web", false],
  ["ghcr.io/acme/web", "evil.example/ghcr.io/acme/web", false],
  ["registry.lan:5000/**", "registry.lan:5000/web", true],
  ["{ghcr.io,quay.io}/acme/*", "quay.io/acme/web", true],
  ["nginx:1.*", "nginx:1.27", true],
  ["**", "docker.io/library/nginx", true],
];

for (const [glob, name, expected] of MATCHES)
  test(`${glob} ${expected ? "covers" : "does not cover"} ${name}`, () => assert.equal(matches(glob, name), expected));

/** The more specific one is first; all cover the name. */
const SPECIFIC: readonly (readonly [name: string, ...globs: string[]])[] = [
  ["ghcr.io/acme/web", "ghcr.io/acme/web", "ghcr.io/acme/*", "ghcr.io/acme/**", "ghcr.io/**", "**"],
  ["ghcr.io/acme/team/web", "ghcr.io/acme/*/*", "ghcr.io/**"],
  ["ghcr.io/acme/web-api", "ghcr.io/acme/web-*", "ghcr.io/acme/*-*", "ghcr.io/acme/*"],
  ["ghcr.io/a/b/web", "ghcr.io/**/web", "ghcr.io/**"],
  ["ghcr.io/acme/web", "ghcr.io/acme/*", "*/acme/web", "**/web"],
  ["quay.io/acme/web", "quay.io/**", "{ghcr.io,quay.io}/acme/*"],
];

for (const [name, ...globs] of SPECIFIC)
  test(`most specific for ${name}: ${globs.join(" > ")}`, () => {
    for (let first = 0; first < globs.length; first++) {
      const images = globs.slice(first).map((match) => ({ match, pin: true }));
      for (const order of [images, [...images].reverse()]) assert.equal(mostSpecific(order, name)?.match, globs[first]);
    }
  });

test("an image that no entry names must be pinned", () => {
  const policy = { ...DEFAULT_POLICY, images: [{ match: "ghcr.io/acme/dev/**", pin: false }] };
  assert.equal(imagePolicyFor(policy, { registry: "ghcr.io", repository: "acme/web" }).pin, true);
  assert.equal(imagePolicyFor(policy, { registry: "ghcr.io", repository: "acme/dev/web" }).pin, false);
});

test("globs that do not compile say why", () => {
  for (const glob of ["a/[b", "a/{b", "a/(b", "!a", ""]) assert.equal(typeof globProblem(glob), "string", glob);
  for (const glob of ["a/**", "a/{b,c}", "a/[bc]"]) assert.equal(globProblem(glob), undefined, glob);
});
