/** Whatever goes wrong on the way: never a wrong digest, never "there is none", never an exception. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import type { Fault } from "../../src/demo/registry.ts";
import { ask, gatherer, gist, message, question, registry } from "./helpers.ts";

const faults: readonly [Fault, readonly string[]][] = [
  [{ is: "hang" }, ["timeout"]],
  [{ is: "drop-connection" }, ["unreachable"]],
  [{ is: "redirect-loop" }, ["redirect"]],
  [{ is: "redirect-to", url: "ftp://127.0.0.1/x" }, ["redirect"]],
  [{ is: "redirect-to", url: "http://registry.test/x" }, ["insecure"]],
  [{ is: "truncate" }, ["wrong-bytes"]],
  [{ is: "wrong-body" }, ["wrong-bytes"]],
  [{ is: "wrong-digest" }, ["wrong-bytes"]],
  [{ is: "huge-body", bytes: 5 * 1024 * 1024 }, ["too-large"]],
  [{ is: "slow-body", pauseMs: 40 }, ["timeout"]],
  [{ is: "status", status: 200, body: "html" }, ["wrong-bytes", "malformed"]],
  [{ is: "status", status: 200, body: "empty" }, ["wrong-bytes", "malformed"]],
  [{ is: "status", status: 200, body: "oci" }, ["wrong-bytes", "malformed"]],
];

for (const [fault, codes] of faults)
  test(`${fault.is} ${"url" in fault ? fault.url : ""}: a failure, by tag and by digest`, async (t) => {
    const demo = await registry(t);
    const digest = demo.putImage("acme/web", "1.0", { platforms: ["linux/amd64", "linux/arm64"] });
    demo.setFaults(() => fault);
    const limits = { connectMs: 500, responseMs: 400, questionMs: 1000, retries: 1, backoffMs: 1 };
    const answers = await Promise.all(
      [`acme/web:1.0`, `acme/web@${digest}`].map((name) => ask(gatherer(t, { limits }), question(demo.host, name, true))),
    );
    for (const answer of answers) assert.ok(codes.includes(gist(answer)), `${gist(answer)}: ${message(answer)}`);
  });

test("a HEAD by digest whose header names another digest is wrong-bytes", async (t) => {
  const demo = await registry(t, { faults: () => ({ is: "wrong-digest" }) });
  const digest = demo.putImage("acme/web", "1.0");
  assert.equal(gist(await ask(gatherer(t), question(demo.host, `acme/web@${digest}`))), "wrong-bytes");
});

test("a malformed digest header is not used; the bytes are", async (t) => {
  const demo = await registry(t, { faults: () => ({ is: "wrong-digest", digest: "sha256:ABC" }) });
  const digest = demo.putImage("acme/web", "1.0");
  assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), `known ${digest}`);
});

test("wrong bytes are noticed when HEAD gave no digest", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  demo.setFaults(({ method }) => ({ is: method === "HEAD" ? "no-digest-header" : "wrong-body" }));
  assert.equal(gist(await ask(gatherer(t), question(demo.host, `acme/web@${digest}`))), "wrong-bytes");
});

test("a 404 with an endless page is no absence", async (t) => {
  const demo = await registry(t);
  demo.setFaults(({ method }) => (method === "GET" ? { is: "huge-body", bytes: 200_000 } : { is: "status", status: 404 }));
  assert.notEqual(gist(await ask(gatherer(t), question(demo.host, "acme/none:1.0"))), "absent");
});

test("nobody listens", async (t) => {
  const demo = await registry(t);
  await demo.close();
  const answer = await ask(gatherer(t), question(demo.host, "acme/web:1.0"));
  assert.equal(gist(answer), "unreachable");
  assert.match(message(answer), /ECONNREFUSED/);
});

test("something that does not speak HTTP", async (t) => {
  const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  const answer = await ask(gatherer(t), question(`127.0.0.1:${(server.address() as AddressInfo).port}`, "acme/web:1.0"));
  assert.ok(["malformed", "unreachable"].includes(gist(answer)), gist(answer));
});

test("a passing fault is tried again and forgotten", async (t) => {
  for (const fault of [{ is: "drop-connection" }, { is: "status", status: 503 }, { is: "truncate" }, { is: "hang" }] as const) {
    const demo = await registry(t);
    const digest = demo.putImage("acme/web", "1.0");
    demo.setFaults(({ count }) => (count === 0 ? fault : undefined));
    assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0", true))), `known ${digest}`, fault.is);
  }
});

test("a host that is given up is not asked a thousand times", async (t) => {
  const demo = await registry(t, { faults: () => ({ is: "status", status: 429 }) });
  const limits = { retries: 0, backoffMs: 1, concurrency: 2 };
  const gather = gatherer(t, { limits });
  const questions = Array.from({ length: 50 }, (_, index) => question(demo.host, `acme/web:${index}`));
  const answers = [...(await gather(questions)).values()];
  assert.deepEqual([...new Set(answers.map(gist))], ["rate-limited"]);
  assert.ok(demo.log.length < 8, `${demo.log.length} requests`);
  assert.match(message(answers.at(-1)!), /not asked again/);
});
