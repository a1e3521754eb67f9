/** The input of a number: the same on every run with the same seed, whatever came before it. */
import fc from "fast-check";
import { decode } from "../../src/files/load.ts";
import { generated } from "./manifests.ts";
import { mutate, toBytes } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Seed } from "./cases.ts";
import { drawSeed, type Seeds } from "./seeds.ts";
import type { Input } from "./trial.ts";

/** One input in so many is generated; half of those stay as they are. */
const GENERATED = 6;

const manifests = generated();

export function inputAt(index: number, seed: number, seeds: Seeds): Input {
  const random = new Random(seed, index);
  if (!random.oneIn(GENERATED)) return mutant(drawSeed(seeds, random), random, seeds);
  const [made] = fc.sample(manifests, { seed: random.next() | 0, numRuns: 1 });
  return random.oneIn(2) ? made! : mutant(asSeed(made!), random, seeds);
}

function mutant({ path, chart, role, text }: Seed, random: Random, seeds: Seeds): Input {
  return { path, chart, role, bytes: toBytes(mutate(text, random, () => drawSeed(seeds, random).text), random) };
}

function asSeed({ path, chart, role, bytes }: Input): Seed {
  const source = decode(path, bytes);
  return { path, chart, role, text: "text" in source ? source.text : "" };
}
