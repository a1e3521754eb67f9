/**
 * Manifests of every surface in every style, as they are and damaged: what `npm run bench:mutants` does with a million.
 * One seed is the same each time; the other is new, and printed, so that a failure can be repeated.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { generated, SURFACES } from "../../bench/mutants/manifests.ts";
import { mutate, toBytes } from "../../bench/mutants/mutate.ts";
import { Random } from "../../bench/mutants/random.ts";
import { fromCases, programs } from "../../bench/mutants/cases.ts";
import { attempt, type Input } from "../../bench/mutants/trial.ts";

const FIXED = 20261124;
const fresh = Math.floor(Math.random() * 2 ** 31);
console.log(`# the other seed is ${fresh} (LADING_SEED repeats it)`);
const SEEDS = [FIXED, Number(process.env["LADING_SEED"] ?? fresh)];

/** Fails with what went wrong, and with the input. */
async function holds(input: Input, prove: boolean): Promise<number> {
  const { failure, edits } = await attempt(input, prove);
  if (failure !== undefined) assert.fail(`${failure}\n${input.path}: ${JSON.stringify(input.bytes.toString("utf8"))}`);
  return edits;
}

describe("any manifest in any style", () => {
  for (const surface of SURFACES) {
    test(`${surface}: has its images, takes their digests, and is otherwise as it was`, async () => {
      for (const seed of SEEDS) {
        let edits = 0;
        await fc.assert(fc.asyncProperty(generated([surface]), async (input) => {
          edits += await holds(input, true);
        }), { seed, numRuns: 30 });
        assert.ok(edits >= 30, `${edits} edits`);
      }
    });
  }
});

describe("any damaged file", () => {
  const seeds = [...fromCases()];
  const others = (random: Random) => (): string => random.pick(seeds).text;
  const damaged = (seed: number, index: number): Input => {
    const random = new Random(seed, index);
    const { text, ...from } = random.pick(seeds);
    return { ...from, bytes: toBytes(mutate(text, random, others(random)), random) };
  };

  for (const [i, seed] of SEEDS.entries()) {
    test(`is read without a crash, in time, and written right or not at all (${i === 0 ? "fixed" : "new"} seed)`, async () => {
      let edits = 0;
      for (let index = 0; index < 1000; index++) edits += await holds(damaged(seed, index), index % 20 === 0);
      assert.ok(edits > 200, `${edits} edits`);
    });
  }

  test("TypeScript as well", async () => {
    const files = [...programs()];
    for (let index = 0; index < 60; index++) {
      const random = new Random(SEEDS[1]!, index);
      const { text, ...from } = random.pick(files);
      await holds({ ...from, bytes: toBytes(mutate(text, random, () => random.pick(files).text), random) }, false);
    }
  });
});
