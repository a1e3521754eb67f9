import assert from "node:assert/strict";
import { test } from "node:test";

import { RegistryFault } from "../../src/registry/fault.ts";
import { Lane } from "../../src/registry/lane.ts";
import { Deadline, DEFAULT_LIMITS, type Clock } from "../../src/registry/limits.ts";
import { retry, retryAfter } from "../../src/registry/retry.ts";
import type { HttpReply } from "../../src/registry/transport.ts";

function reply(status: number, headers: Record<string, string> = {}): HttpReply {
  return { status, headers, body: Buffer.alloc(0), url: new URL("https://registry.test/"), elsewhere: false };
}

/** A clock that only sleeping moves; chance always says `chance`. */
function fakeClock(chance: number): Clock & { slept: number[] } {
  const slept: number[] = [];
  let now = Date.parse("2030-01-01T00:00:00Z");
  return {
    slept,
    now: () => now,
    random: () => chance,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}

async function run(outcomes: readonly (HttpReply | RegistryFault)[], chance = 0.5): Promise<{ slept: number[]; outcome: unknown; tried: number }> {
  const clock = fakeClock(chance);
  let tried = 0;
  const attempt = async (): Promise<HttpReply> => {
    const outcome = outcomes[Math.min(tried++, outcomes.length - 1)]!;
    if (outcome instanceof RegistryFault) throw outcome;
    return outcome;
  };
  const outcome = await retry(attempt, { limits: DEFAULT_LIMITS, clock, deadline: new Deadline(clock, 60_000) }).catch((error: unknown) => error);
  return { slept: clock.slept, outcome, tried };
}

test("four retries, full jitter over a bound that doubles", async () => {
  const { slept, tried, outcome } = await run([reply(503)]);
  assert.deepEqual(slept, [250, 500, 1000, 2000]);
  assert.equal(tried, 5);
  assert.equal((outcome as HttpReply).status, 503);
  assert.deepEqual((await run([reply(500)], 0)).slept, [0, 0, 0, 0]);
});

test("what passes is tried again, what does not is not", async () => {
  for (const status of [408, 429, 500, 502, 503, 504]) assert.equal((await run([reply(status), reply(200)])).tried, 2, `${status}`);
  for (const status of [200, 400, 401, 403, 404, 405, 501]) assert.equal((await run([reply(status)])).tried, 1, `${status}`);
  assert.equal((await run([new RegistryFault("unreachable", "reset", true), reply(200)])).tried, 2);
  assert.equal((await run([new RegistryFault("unreachable", "no such host")])).tried, 1);
});

test("Retry-After is obeyed, in seconds and as a date", async () => {
  assert.deepEqual((await run([reply(429, { "retry-after": "7" }), reply(200)], 0)).slept, [7000]);
  const date = "Tue, 01 Jan 2030 00:00:09 GMT";
  assert.deepEqual((await run([reply(503, { "retry-after": date }), reply(200)], 0)).slept, [9000]);
  assert.deepEqual((await run([reply(429, { "retry-after": "7" }), reply(200)], 0.5)).slept, [7250], "spread out behind it");
});

test("Retry-After is read strictly", () => {
  const at = (text: string, status = 429): number | undefined => retryAfter(reply(status, { "retry-after": text }), 0);
  assert.equal(at("3"), 3000);
  assert.equal(at("Thu, 01 Jan 1970 00:00:02 GMT"), 2000);
  assert.equal(at("soon"), undefined);
  assert.equal(at("3", 500), undefined);
  assert.equal(retryAfter(reply(429, { "retry-after": "Thu, 01 Jan 1970 00:00:02 GMT" }), 5000), 0);
});

test("a longer wait than a minute is not waited for, and said", async () => {
  const { outcome, slept, tried } = await run([reply(429, { "retry-after": "3600" })]);
  assert.ok(outcome instanceof RegistryFault && outcome.code === "rate-limited");
  assert.match(outcome.message, /3600 s/);
  assert.deepEqual([slept, tried], [[], 1]);
  const busy = await run([reply(503, { "retry-after": "3600" })]);
  assert.ok(busy.outcome instanceof RegistryFault && busy.outcome.code === "server-error");
});

test("no retry begins after the deadline, but an asked wait is not held against it", async () => {
  const clock = fakeClock(1);
  const deadline = new Deadline(clock, 1000);
  let tried = 0;
  const attempt = async (): Promise<HttpReply> => (tried++, reply(503));
  await retry(attempt, { limits: DEFAULT_LIMITS, clock, deadline });
  assert.equal(tried, 2);
  const patient = fakeClock(0);
  let told = 0;
  const limited = async (): Promise<HttpReply> => (told++ < 3 ? reply(429, { "retry-after": "50" }) : reply(200));
  const answer = await retry(limited, { limits: DEFAULT_LIMITS, clock: patient, deadline: new Deadline(patient, 1000) });
  assert.equal(answer.status, 200);
});

test("a lane halves once per overload and widens by one per window", async () => {
  const lane = new Lane({ concurrency: 32, giveUpAfter: 3 });
  await Promise.all(Array.from({ length: 20 }, () => lane.watch(async () => reply(429))));
  assert.equal(lane.width, 16, "twenty refusals of one wave are one overload");
  await lane.watch(async () => reply(503));
  assert.equal(lane.width, 8);
  await assert.rejects(lane.watch(() => Promise.reject(new RegistryFault("timeout", "no answer", true))));
  assert.equal(lane.width, 4);
  for (let index = 0; index < 4; index++) await lane.watch(async () => reply(200));
  assert.equal(lane.width, 5);
  for (let index = 0; index < 4; index++) await lane.watch(async () => reply(200));
  assert.equal(lane.width, 5);
  for (let index = 0; index < 1000; index++) await lane.watch(async () => reply(404));
  assert.equal(lane.width, 32);
  for (let index = 0; index < 10; index++) await lane.watch(async () => reply(429));
  assert.equal(lane.width, 1);
});

test("a lane runs no more at a time than it is wide", async () => {
  const lane = new Lane({ concurrency: 4, giveUpAfter: 3 });
  let running = 0;
  let most = 0;
  const work = async (): Promise<{ is: "absent" }> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return { is: "absent" };
  };
  await Promise.all(Array.from({ length: 40 }, () => lane.run(work)));
  assert.equal(most, 4);
});
