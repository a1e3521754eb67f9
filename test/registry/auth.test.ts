import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";

import { parseChallenges } from "../../src/registry/challenge.ts";
import { SYSTEM_CLOCK } from "../../src/registry/limits.ts";
import { Secret } from "../../src/registry/secret.ts";
import { ask, folder, gatherer, gist, message, question, registry } from "./helpers.ts";

const PASSWORD = "hunter2-correct-horse";
const login = (host: string, password = PASSWORD): Record<string, string> => ({
  LADING_REGISTRY_0_HOST: host,
  LADING_REGISTRY_0_USERNAME: "robot",
  LADING_REGISTRY_0_PASSWORD: password,
});
const account = { username: "robot", password: PASSWORD };
const tokens = (demo: { log: { path: string }[] }): number => demo.log.filter(({ path }) => path.startsWith("/token")).length;

test("basic: one 401, then the password from the start", async (t) => {
  const demo = await registry(t, { auth: { kind: "basic", ...account } });
  const questions = Array.from({ length: 10 }, (_, index) => {
    demo.putImage(`acme/app${index}`, "1");
    return question(demo.host, `acme/app${index}:1`);
  });
  const gather = gatherer(t, { environment: login(demo.host) });
  for (const answer of (await gather(questions)).values()) assert.match(gist(answer), /^known/);
  assert.equal(demo.log.filter(({ status }) => status === 401).length, 1);
  assert.equal(demo.log.length, 11);
});

test("bearer: one token per repository, however many ask at once", async (t) => {
  const demo = await registry(t, { auth: { kind: "bearer", ...account } });
  const questions = Array.from({ length: 20 }, (_, index) => {
    demo.putImage(`acme/app${index % 2}`, `${index}`);
    return question(demo.host, `acme/app${index % 2}:${index}`);
  });
  const gather = gatherer(t, { environment: login(demo.host) });
  for (const answer of (await gather(questions)).values()) assert.match(gist(answer), /^known/);
  assert.equal(tokens(demo), 2);
  assert.equal(demo.log.filter(({ status }) => status === 401).length, 1);
  assert.match(demo.log.find(({ path }) => path.startsWith("/token"))?.path ?? "", /service=lading-demo&scope=repository%3Aacme%2Fapp\d%3Apull/);
});

test("bearer: public repositories without any login", async (t) => {
  const demo = await registry(t, { auth: { kind: "bearer", ...account, anonymousPull: true } });
  const digest = demo.putImage("acme/web", "1.0");
  assert.equal(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), `known ${digest}`);
});

test("bearer: a token that ran out is renewed", async (t) => {
  const demo = await registry(t, { auth: { kind: "bearer", ...account, tokenSeconds: 60 } });
  let later = 0;
  const clock = { ...SYSTEM_CLOCK, now: () => Date.now() + later };
  const gather = gatherer(t, { environment: login(demo.host), clock });
  demo.putImage("acme/web", "1.0");
  demo.putImage("acme/web", "2.0");
  assert.match(gist(await ask(gather, question(demo.host, "acme/web:1.0"))), /^known/);
  later = 55_000; // Not 60: a token must not run out on its way.
  assert.match(gist(await ask(gather, question(demo.host, "acme/web:2.0"))), /^known/);
  assert.equal(tokens(demo), 2);
});

test("bearer: a token that the registry forgot is fetched anew, once", async (t) => {
  const demo = await registry(t, { auth: { kind: "bearer", ...account } });
  const gather = gatherer(t, { environment: login(demo.host) });
  demo.putImage("acme/web", "1.0");
  demo.putImage("acme/web", "2.0");
  await ask(gather, question(demo.host, "acme/web:1.0"));
  let refused = false;
  demo.setFaults(({ path }) => (refused || path.startsWith("/token") ? undefined : ((refused = true), { is: "status", status: 401 })));
  assert.match(gist(await ask(gather, question(demo.host, "acme/web:2.0"))), /^known/);
  assert.equal(tokens(demo), 2);
});

test("an identity token is traded by POST", async (t) => {
  const demo = await registry(t, { auth: { kind: "bearer", identityToken: PASSWORD } });
  demo.putImage("acme/web", "1.0");
  const home = folder(t);
  mkdirSync(join(home, ".docker"));
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify({ auths: { [demo.host]: { identitytoken: PASSWORD } } }));
  assert.match(gist(await ask(gatherer(t, { environment: { HOME: home } }), question(demo.host, "acme/web:1.0"))), /^known/);
  assert.equal(demo.log.filter(({ method, path }) => method === "POST" && path === "/token").length, 1);
});

for (const kind of ["basic", "bearer"] as const)
  test(`${kind}: a wrong password is unauthorized, and is told nowhere`, async (t) => {
    const demo = await registry(t, { auth: { kind, ...account } });
    demo.putImage("acme/web", "1.0");
    const wrong = "not-the-password-9000";
    const answer = await ask(gatherer(t, { environment: login(demo.host, wrong) }), question(demo.host, "acme/web:1.0"));
    assert.equal(gist(answer), "unauthorized");
    assert.match(message(answer), /LADING_REGISTRY_0_PASSWORD/);
    const everything = JSON.stringify(answer) + inspect(answer, { depth: 9 });
    assert.ok(!everything.includes(wrong));
    assert.ok(!everything.includes(Buffer.from(`robot:${wrong}`).toString("base64")));
  });

test("a token server's trouble is told apart", async (t) => {
  for (const [status, code] of [[403, "forbidden"], [429, "rate-limited"], [500, "server-error"], [404, "malformed"]] as const) {
    const demo = await registry(t, { auth: { kind: "bearer", ...account } });
    demo.setFaults(({ path }) => (path.startsWith("/token") ? { is: "status", status } : undefined));
    assert.equal(gist(await ask(gatherer(t, { environment: login(demo.host) }), question(demo.host, "acme/web:1.0"))), code);
  }
  const demo = await registry(t, { auth: { kind: "bearer", ...account } });
  demo.setFaults(({ path }) => (path.startsWith("/token") ? { is: "status", status: 200, body: "html" } : undefined));
  assert.equal(gist(await ask(gatherer(t, { environment: login(demo.host) }), question(demo.host, "acme/web:1.0"))), "malformed");
});

test("a plain HTTP realm on another host is refused", async (t) => {
  for (const [realm, code] of [
    ["http://tokens.test/token", "insecure"],
    ["http://169.254.169.254/latest", "insecure"],
    ["file:///etc/passwd", "insecure"],
    ["http://me:pw@127.0.0.1/token", "malformed"],
    ["nowhere", "malformed"],
  ] as const) {
    const demo = await registry(t, { auth: { kind: "bearer", ...account, realm } });
    const answer = await ask(gatherer(t, { environment: login(demo.host) }), question(demo.host, "acme/web:1.0"));
    assert.equal(gist(answer), code, realm);
    assert.ok(!JSON.stringify(answer).includes(PASSWORD));
    assert.ok(!message(answer).includes("me:pw"));
  }
});

test("a loopback registry may have its token server on another loopback port", async (t) => {
  const server = await registry(t, { auth: { kind: "bearer", ...account } });
  const demo = await registry(t, { auth: { kind: "bearer", ...account, realm: `${server.url}/token` } });
  await ask(gatherer(t, { environment: login(demo.host) }), question(demo.host, "acme/web:1.0"));
  assert.ok(server.log[0]?.authorised, "the token server was shown the login");
});

test("a redirect to another port sheds Authorization", async (t) => {
  const other = await registry(t);
  const digest = other.putImage("acme/web", "1.0");
  const demo = await registry(t, { auth: { kind: "basic", ...account } });
  const gather = gatherer(t, { environment: login(demo.host) });
  demo.setFaults(({ count }) => (count === 0 ? undefined : { is: "redirect-to", url: `${other.url}/v2/acme/web/manifests/1.0` }));
  assert.equal(gist(await ask(gather, question(demo.host, "acme/web:1.0"))), `known ${digest}`);
  assert.deepEqual(demo.log.map(({ authorised }) => authorised), [false, true]);
  assert.deepEqual(other.log.map(({ authorised }) => authorised), [false]);
});

test("a redirect on the same host keeps it", async (t) => {
  const demo = await registry(t, { auth: { kind: "basic", ...account } });
  const digest = demo.putImage("acme/new", "1.0");
  demo.setFaults(({ path }) => (path.includes("/old/") ? { is: "redirect-to", url: "/v2/acme/new/manifests/1.0" } : undefined));
  const answer = await ask(gatherer(t, { environment: login(demo.host) }), question(demo.host, "acme/old:1.0"));
  assert.equal(gist(answer), `known ${digest}`);
});

test("a login wanted where a redirect led is not given ours", async (t) => {
  const other = await registry(t, { auth: { kind: "basic", ...account } });
  const demo = await registry(t, { faults: () => ({ is: "redirect-to", url: `${other.url}/v2/acme/web/manifests/1.0` }) });
  const answer = await ask(gatherer(t, { environment: login(demo.host) }), question(demo.host, "acme/web:1.0"));
  assert.equal(gist(answer), "unauthorized");
  assert.ok(other.log.every(({ authorised }) => !authorised));
});

test("a name and password in a Location are not used", async (t) => {
  const other = await registry(t);
  other.putImage("acme/web", "1.0");
  const url = `${other.url.replace("//", "//me:pw@")}/v2/acme/web/manifests/1.0`;
  const demo = await registry(t, { faults: () => ({ is: "redirect-to", url }) });
  assert.match(gist(await ask(gatherer(t), question(demo.host, "acme/web:1.0"))), /^known/);
  assert.ok(other.log.every(({ authorised }) => !authorised));
});

test("challenges: several, quoted, with commas inside", () => {
  assert.deepEqual(parseChallenges('Bearer realm="https://a/token",service="r,s",scope="repository:x:pull,push", Basic realm="a \\"b\\""'), [
    { scheme: "bearer", parameters: { realm: "https://a/token", service: "r,s", scope: "repository:x:pull,push" } },
    { scheme: "basic", parameters: { realm: 'a "b"' } },
  ]);
  assert.deepEqual(parseChallenges("Negotiate abc==, BASIC Realm=plain"), [
    { scheme: "negotiate", parameters: {} },
    { scheme: "basic", parameters: { realm: "plain" } },
  ]);
  assert.deepEqual(parseChallenges("Negotiate"), [{ scheme: "negotiate", parameters: {} }]);
  assert.deepEqual(parseChallenges(""), []);
  assert.deepEqual(parseChallenges('Bearer realm="unclosed'), []);
});

test("a secret does not print", () => {
  const secret = new Secret(PASSWORD);
  const texts = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ a: [secret] }, { showHidden: true })];
  for (const text of texts) assert.ok(!text.includes(PASSWORD) && text.includes("[secret]"), text);
  assert.equal(secret.reveal(), PASSWORD);
});
