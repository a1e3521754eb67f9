/**
 * A million mutated manifests, without a crash, a hang or a wrong byte? `--count N`, `--seed S`, `--index I` for one
 * input alone, `--prove N`: all of `lading pin` on one input in N (20), `--workers N`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { Worker } from "node:worker_threads";
import { CACHE_FOLDER, fail, unpackCorpus } from "../tools/corpus.ts";
import { inputAt } from "./input.ts";
import { loadSeeds } from "./seeds.ts";
import { NOTHING, sum, type Tally } from "./tally.ts";
import { attempt } from "./trial.ts";
import type { Said, Task } from "./worker.ts";

const OUT = join(CACHE_FOLDER, "mutants");
/** An input under way for this long hangs: ten times what is allowed, for a machine that others use as well. */
const HANGS = 10_000;
/** Node 20 does not hand a loader on to its workers. */
const BOOT = `import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))}).then(({ register }) => { register(); return import(${JSON.stringify(new URL("./worker.ts", import.meta.url).href)}); })`;
/** So many failures say enough. */
const ENOUGH = 50;

const argument = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? usual : Number(process.argv[at + 1]);
  return Number.isSafeInteger(value) && value >= 0 ? value : fail(`--${name} takes a whole number`);
};
const seed = argument("seed", Date.now() % 1_000_000);
const count = argument("count", 1_000_000);
const workers = Math.max(1, argument("workers", availableParallelism()));
const prove = Math.max(1, argument("prove", 20));
const begun = performance.now();

let total: Tally = NOTHING;
let failures = 0;

function write(index: number, path: string, bytes: Uint8Array, why: string): void {
  failures++;
  const file = join(OUT, `${seed}-${index}-${basename(path)}`);
  writeFileSync(file, bytes);
  console.log(`FAILED input ${index} of seed ${seed} (${path}): ${why}\n  in ${file}`);
  if (failures >= ENOUGH) process.exit(1);
}

/** Runs one share of the inputs; what hangs is named, and the rest goes on without it. */
function share(first: number): Promise<void> {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  Atomics.store(progress, 0, -1);
  const worker = new Worker(BOOT, { eval: true, workerData: { seed, first, step: workers, count, prove, progress } satisfies Task });
  return new Promise((done, failed) => {
    let [last, since] = ["", performance.now()];
    const watchdog = setInterval(() => {
      const at = Atomics.load(progress, 0);
      const now = `${at} ${Atomics.load(progress, 1)}`;
      if (now !== last) [last, since] = [now, performance.now()];
      else if (at >= 0 && performance.now() - since > HANGS) {
        clearInterval(watchdog);
        const { path, bytes } = inputAt(at, seed, loadSeeds());
        write(at, path, bytes, `hangs: more than ${HANGS} ms`);
        void worker.terminate().then(() => share(at + workers)).then(done, failed);
      }
    }, 500);
    worker.on("message", (said: Said) => {
      if (said.is === "tally") total = sum(total, said.tally);
      else write(said.index, said.path, said.bytes, said.why);
    });
    worker.on("error", (error) => {
      clearInterval(watchdog);
      failed(new Error(`input ${Atomics.load(progress, 0)}: ${error.message}`));
    });
    worker.on("exit", (code) => {
      clearInterval(watchdog);
      if (code === 0) done();
    });
  });
}

const summary = (): string => {
  const { inputs, sites, edits, proved, refused, slowest } = total;
  const turnedDown = [...refused.values()].reduce((all, { times }) => all + times, 0);
  const seconds = (performance.now() - begun) / 1000;
  return `${inputs} inputs, ${sites} located sites, ${edits} edits applied, ${proved} inputs proved by the whole of pin, ${turnedDown} refused, slowest ${Math.round(slowest.milliseconds)} ms (input ${slowest.index}), ${failures} failures; ${Math.round(seconds)} s, seed ${seed}`;
};

mkdirSync(OUT, { recursive: true });
unpackCorpus();
if (process.argv.includes("--index")) {
  const input = inputAt(argument("index", 0), seed, loadSeeds());
  process.stdout.write(input.bytes);
  console.log(`\n${input.path}`, input.role, await attempt(input, true));
} else {
  console.log(`seed ${seed}`);
  const told = setInterval(() => console.log(summary()), 60_000);
  await Promise.all(Array.from({ length: workers }, (_, first) => share(first)));
  clearInterval(told);
  for (const [why, { times, index }] of [...total.refused].sort((a, b) => b[1].times - a[1].times).slice(0, 20)) console.log(`refused ${times} times, e.g. input ${index}: ${why}`);
  console.log(summary());
  process.exitCode = failures > 0 || total.inputs < count ? 1 : 0;
}
