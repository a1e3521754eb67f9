/** Goes through every n-th input. It says before each one which it is, so that one that hangs can be named. */
import { parentPort, workerData } from "node:worker_threads";
import { minimal } from "./minimise.ts";
import { inputAt } from "./input.ts";
import { Random } from "./random.ts";
import { loadSeeds } from "./seeds.ts";
import { type Tally, Tallies } from "./tally.ts";
import { attempt, type Input } from "./trial.ts";

/** What a worker is told. */
export interface Task {
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly count: number;
  /** The slow proof is run on one input in so many. */
  readonly prove: number;
  /** Two numbers: the input under way, and one that changes with each attempt at it. */
  readonly progress: Int32Array;
}

/** What a worker says. */
export type Said =
  | { readonly is: "failure"; readonly index: number; readonly why: string; readonly path: string; readonly bytes: Uint8Array }
  | { readonly is: "tally"; readonly tally: Tally };

const { seed, first, step, count, prove, progress } = workerData as Task;
const say = (said: Said): void => parentPort!.postMessage(said);
const seeds = loadSeeds();
const tallies = new Tallies();
const EVERY = 500;

for (let index = first, done = 1; index < count; index += step, done++) {
  Atomics.store(progress, 0, index);
  const input = inputAt(index, seed, seeds);
  const proof = new Random(seed ^ 0x5eed, index).oneIn(prove);
  const outcome = await attempt(input, proof);
  tallies.add(index, outcome, proof);
  if (outcome.failure !== undefined) await fail(index, input, outcome.failure);
  if (done % EVERY === 0) say({ is: "tally", tally: tallies.take() });
}
say({ is: "tally", tally: tallies.take() });

async function fail(index: number, input: Input, why: string): Promise<void> {
  const bytes = await minimal(input, why, () => Atomics.add(progress, 1, 1));
  say({ is: "failure", index, why, path: input.path, bytes });
}
