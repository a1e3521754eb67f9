import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { LadingError } from "../../src/model/errors.ts";
import { type Answer, type Manifest, questionKey } from "../../src/model/facts.ts";
import type { AnswerCache } from "../../src/registry/gather.ts";
import { SYSTEM_CLOCK } from "../../src/registry/limits.ts";
import { ask, folder, gatherer, gist, message, question, registry } from "./helpers.ts";

function memoryCache(): AnswerCache & { entries: Map<string, Answer<Manifest>> } {
  const entries = new Map<string, Answer<Manifest>>();
  return { entries, get: (key) => entries.get(key), set: (key, answer) => void entries.set(key, answer) };
}

/** A clock that is some seconds ahead. */
const ahead = (seconds: number) => ({ ...SYSTEM_CLOCK, now: () => Date.now() + seconds * 1000 });

test("each unique question is asked once in a run", async (t) => {
  const demo = await registry(t);
  demo.putImage("acme/web", "1.0");
  const gather = gatherer(t);
  const asked = question(demo.host, "acme/web:1.0");
  await Promise.all([gather([asked, { ...asked }, asked]), gather([asked])]);
  await gather([asked]);
  assert.equal(demo.log.length, 1);
});

test("reading a manifest also answers whether it is there", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0", { platforms: ["linux/amd64"] });
  const [head, get] = [question(demo.host, "acme/web:1.0"), question(demo.host, "acme/web:1.0", true)];
  const answers = await gatherer(t)([head, get]);
  assert.deepEqual(demo.log.map(({ method }) => method), ["GET"]);
  const [short, whole] = [answers.get(questionKey(head)), answers.get(questionKey(get))];
  assert.ok(short?.is === "known" && whole?.is === "known");
  assert.equal(short.value.digest, digest);
  assert.equal(short.value.children, undefined);
  assert.equal(whole.value.children?.length, 1);
});

test("the answers do not depend on the order of the questions", async (t) => {
  const demo = await registry(t);
  const names = Array.from({ length: 30 }, (_, index) => `acme/app${index % 5}:${index}`);
  for (const name of names.slice(0, 20)) demo.putImage(name.split(":")[0]!, name.split(":")[1]!, { seed: name });
  const questions = names.map((name) => question(demo.host, name));
  const table = (answers: ReadonlyMap<string, Answer<Manifest>>): string[] => [...answers].map(([key, answer]) => `${key} ${gist(answer)}`).sort();
  const forward = table(await gatherer(t)(questions));
  const backward = table(await gatherer(t)([...questions].reverse()));
  assert.deepEqual(forward, backward);
  assert.equal(forward.filter((line) => line.endsWith("absent")).length, 10);
});

test("connections are kept: no more than questions at a time", async (t) => {
  const demo = await registry(t);
  demo.putImage("acme/web", "1.0");
  await gatherer(t, { limits: { concurrency: 4 } })(Array.from({ length: 60 }, (_, index) => question(demo.host, `acme/web:${index}`)));
  assert.ok(demo.connections() <= 5, `${demo.connections()} connections`); // One to learn whether it speaks TLS.
});

test("progress counts every unique question", async (t) => {
  const demo = await registry(t);
  const seen: string[] = [];
  const gather = gatherer(t, { onProgress: (done, total) => seen.push(`${done}/${total}`) });
  const questions = [1, 2, 2, 3].map((tag) => question(demo.host, `acme/web:${tag}`));
  await gather(questions);
  assert.deepEqual(seen, ["1/3", "2/3", "3/3"]);
});

test("only known answers are cached, and come back as from the cache", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const cache = memoryCache();
  await gatherer(t, { cache })([question(demo.host, "acme/web:1.0"), question(demo.host, "acme/web:2.0")]);
  assert.deepEqual([...cache.entries.keys()], [`HEAD ${demo.host}/acme/web:1.0`]);
  demo.log.length = 0;
  const answer = await ask(gatherer(t, { cache }), question(demo.host, "acme/web:1.0"));
  assert.equal(gist(answer), `known ${digest}`);
  assert.ok(answer.is === "known" && answer.value.from === "cache");
  assert.equal(demo.log.length, 0);
});

test("a tag is asked again after an hour, a digest after a day", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const [byTag, byDigest] = [question(demo.host, "acme/web:1.0"), question(demo.host, `acme/web@${digest}`)];
  const cache = memoryCache();
  await gatherer(t, { cache })([byTag, byDigest]);
  const kept = new Map(cache.entries);
  for (const [seconds, expected] of [[3500, 0], [3700, 1], [86_500, 2], [-3600, 2]] as const) {
    demo.log.length = 0;
    for (const [key, answer] of kept) cache.entries.set(key, answer);
    await gatherer(t, { cache, clock: ahead(seconds) })([byTag, byDigest]);
    assert.equal(demo.log.length, expected, `${seconds} s later`);
  }
  demo.log.length = 0;
  await gatherer(t, { cache, maxAgeSeconds: { tag: 0 }, clock: ahead(1) })([byTag, byDigest]);
  assert.equal(demo.log.length, 1);
});

test("offline: the cache or not asked, at any age", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const cache = memoryCache();
  await gatherer(t, { cache })([question(demo.host, "acme/web:1.0")]);
  demo.log.length = 0;
  const gather = gatherer(t, { cache, offline: true, clock: ahead(1_000_000) });
  assert.equal(gist(await ask(gather, question(demo.host, "acme/web:1.0"))), `known ${digest}`);
  const missing = await ask(gather, question(demo.host, "acme/web:2.0"));
  assert.equal(gist(missing), "not-asked");
  assert.match(message(missing), /offline/);
  assert.equal(demo.log.length, 0);
});

test("a cached answer that does not fit its question is not used", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const asked = question(demo.host, `acme/web@${digest}`);
  const cache = memoryCache();
  const learned = new Date().toISOString();
  cache.set(questionKey(asked), { is: "known", value: { digest: `sha256:${"b".repeat(64)}`, mediaType: "x", kind: "image", learned, from: "registry" } });
  assert.equal(gist(await ask(gatherer(t, { cache }), asked)), `known ${digest}`);
});

test("a broken login file is the user's to mend, and thrown; it is read only when a registry wants a login", async (t) => {
  const home = folder(t);
  mkdirSync(join(home, ".docker"));
  writeFileSync(join(home, ".docker", "config.json"), "{ broken");
  const open = await registry(t);
  open.putImage("acme/web", "1.0");
  const gather = gatherer(t, { environment: { HOME: home } });
  assert.match(gist(await ask(gather, question(open.host, "acme/web:1.0"))), /^known/);
  for (const kind of ["basic", "bearer"] as const) {
    const demo = await registry(t, { auth: { kind, username: "robot", password: "pw" } });
    const questions = ["1", "2", "3"].map((tag) => question(demo.host, `acme/web:${tag}`));
    await assert.rejects(gather(questions), (error: unknown) => error instanceof LadingError && error.kind === "usage");
  }
});
