import assert from "node:assert/strict";
import { test } from "node:test";

import { LadingError } from "../../src/model/errors.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import { createSchemes, endpointsOf, mayGoPlain } from "../../src/registry/endpoint.ts";
import { ask, gatherer, gist, message, question, registry } from "./helpers.ts";

const where = (name: string, mirrors: { from: string; to: string }[]): string[] => {
  const [host = "", ...rest] = name.split("/");
  return endpointsOf(question(host, rest.join("/")), mirrors).map(({ host: at, repository }) => `${at}/${repository}`);
};

test("mirrors by the longest prefix, in whole components, then the registry", () => {
  const mirrors = [
    { from: "docker.io", to: "mirror.test:5000/hub" },
    { from: "docker.io/library/", to: "golden.test" },
    { from: "docker.io/lib", to: "never.test" },
    { from: "ghcr.io/acme/web", to: "one.test/web" },
  ];
  assert.deepEqual(where("docker.io/library/nginx:1", mirrors), ["golden.test/nginx", "mirror.test:5000/hub/library/nginx", "registry-1.docker.io/library/nginx"]);
  assert.deepEqual(where("ghcr.io/acme/web:1", mirrors), ["one.test/web", "ghcr.io/acme/web"]);
  assert.deepEqual(where("ghcr.io/acme/webb:1", mirrors), ["ghcr.io/acme/webb"]);
});

test("a mirror that cannot be one is an error of the policy", () => {
  for (const to of ["https://mirror.test", "", "mirror.test/UP", "one.test"])
    assert.throws(() => where("ghcr.io/acme:1", [{ from: "ghcr.io/acme", to }]), (error: unknown) => error instanceof LadingError && error.kind === "policy");
});

test("a mirror that has it answers, and the registry is not asked", async (t) => {
  const [mirror, upstream] = [await registry(t), await registry(t)];
  const digest = mirror.putImage("copy/acme/web", "1.0");
  const gather = gatherer(t, { policy: { mirrors: [{ from: upstream.host, to: `${mirror.host}/copy` }] } });
  assert.equal(gist(await ask(gather, question(upstream.host, "acme/web:1.0"))), `known ${digest}`);
  assert.equal(upstream.log.length, 0);
});

test("absent, unreachable, broken or slow mirrors are passed over", async (t) => {
  for (const fault of [undefined, { is: "status", status: 500 }, { is: "hang" }, { is: "drop-connection" }] as const) {
    const [mirror, upstream] = [await registry(t, { faults: () => fault }), await registry(t)];
    const digest = upstream.putImage("acme/web", "1.0");
    const limits = { responseMs: 400, questionMs: 2000, retries: 1, backoffMs: 1 };
    const gather = gatherer(t, { limits, policy: { mirrors: [{ from: upstream.host, to: mirror.host }] } });
    assert.equal(gist(await ask(gather, question(upstream.host, "acme/web:1.0"))), `known ${digest}`, fault?.is);
  }
});

test("absent at the mirror and no word from the registry is unknown", async (t) => {
  const [mirror, upstream] = [await registry(t), await registry(t)];
  await upstream.close();
  const gather = gatherer(t, { policy: { mirrors: [{ from: upstream.host, to: mirror.host }] } });
  const answer = await ask(gather, question(upstream.host, "acme/web:1.0"));
  assert.equal(gist(answer), "unreachable");
  assert.match(message(answer), new RegExp(`the mirror ${mirror.host} does not have it`));
});

test("a mirror that refuses or lies is not passed over", async (t) => {
  for (const [fault, code] of [[{ is: "status", status: 403 }, "forbidden"], [{ is: "wrong-body" }, "wrong-bytes"]] as const) {
    const [mirror, upstream] = [await registry(t, { faults: () => fault }), await registry(t)];
    mirror.putImage("acme/web", "1.0");
    upstream.putImage("acme/web", "1.0");
    const gather = gatherer(t, { policy: { mirrors: [{ from: upstream.host, to: mirror.host }] } });
    assert.equal(gist(await ask(gather, question(upstream.host, "acme/web:1.0", true))), code);
    assert.equal(upstream.log.length, 0);
  }
});

test("plain HTTP: loopback and what the policy lists, nothing else", async (t) => {
  const demo = await registry(t);
  const schemes = createSchemes({ registries: { ...DEFAULT_POLICY.registries, plainHttp: ["plain.test:5000", "short.test"] } });
  assert.equal(await schemes(demo.host), "http");
  assert.equal(await schemes("plain.test:5000"), "http");
  assert.equal(await schemes("short.test:80"), "http");
  assert.equal(await schemes("plain.test"), "https");
  assert.equal(await schemes("ghcr.io"), "https");
  assert.equal(await schemes("127.0.0.1.evil.test"), "https");
});

test("redirects to plain HTTP: only from plain HTTP, to itself, loopback or what is listed", () => {
  const policy = { registries: { ...DEFAULT_POLICY.registries, plainHttp: ["plain.test:5000"] } };
  const may = (target: string, from: string): boolean => mayGoPlain(new URL(target), new URL(from), policy);
  assert.ok(may("http://127.0.0.1:2/", "http://127.0.0.1:1/"));
  assert.ok(may("http://plain.test:5000/x", "http://plain.test:5000/"));
  assert.ok(!may("http://127.0.0.1:2/", "http://plain.test:5000/"));
  assert.ok(!may("http://other.test/", "http://127.0.0.1:1/"));
  assert.ok(!may("http://plain.test:5000/", "https://ghcr.io/"));
});
