/** The texts that mutants are made of: corpus files by role, and the cases of the tests. */
import { lstatSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { roleOf } from "../../src/surfaces/roles.ts";
import type { FileRole } from "../../src/surfaces/surface.ts";
import { listFiles, readTruth, unpackCorpus } from "../tools/corpus.ts";
import { fromCases, programs, type Seed } from "./cases.ts";
import type { Random } from "./random.ts";

/** Larger files say nothing that smaller ones do not, and take longer. */
const MAX_BYTES = 20_000;

/** By what they are; every kind is drawn as often as its weight says. */
export type Seeds = ReadonlyMap<string, readonly Seed[]>;

/** TypeScript is read a hundred times slower than YAML. */
const WEIGHTS: Readonly<Record<string, number>> = { manifest: 34, values: 14, kustomization: 10, template: 6, ci: 6, source: 2, patch: 4, quiet: 8, case: 60, typescript: 1 };
const WHEEL = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));

export function drawSeed(seeds: Seeds, random: Random): Seed {
  const kind = random.pick(WHEEL);
  const list = seeds.get(kind) ?? [];
  if (list.length === 0) return drawSeed(seeds, random);
  // The smallest of three: most is learned from small files, and some from all.
  const drawn = [random.pick(list), random.pick(list), random.pick(list)];
  return drawn.reduce((a, b) => (b.text.length < a.text.length ? b : a));
}

export function loadSeeds(): Seeds {
  const seeds = new Map<string, Seed[]>();
  const add = (kind: string, seed: Seed): void => void (seeds.get(kind) ?? seeds.set(kind, []).get(kind)!).push(seed);
  for (const [kind, seed] of fromCorpus()) add(kind, seed);
  for (const seed of fromCases()) add("case", seed);
  for (const seed of programs()) add("typescript", seed);
  return seeds;
}

function* fromCorpus(): Generator<[string, Seed]> {
  const root = unpackCorpus();
  const files = listFiles(root);
  const charts = new Set(files.filter((file) => file.endsWith("/Chart.yaml")).map(dirname));
  const speaking = new Set(readTruth().map(({ file }) => file));
  for (const path of files.filter((file) => /\.(?:ya?ml|json)$/.test(file))) {
    const facts = lstatSync(join(root, path));
    if (!facts.isFile() || facts.size > MAX_BYTES) continue;
    const role = roleOf(path, charts, false);
    const text = readFileSync(join(root, path), "utf8");
    yield [kindOf(path, role, text, speaking.has(path)), shortened(path, role, text)];
  }
}

function kindOf(path: string, role: FileRole, text: string, speaks: boolean): string {
  if (role.ci) return "ci";
  if (role.argocdSource) return "source";
  if (role.template) return "template";
  if (role.kustomization) return "kustomization";
  if (role.values) return "values";
  if (/^\s*(?:- |\[\s*\{\s*")op/m.test(text) || /patch/.test(path)) return "patch";
  return speaks ? "manifest" : "quiet";
}

/** A path that says the same about the file, and holds nothing else. */
function shortened(path: string, role: FileRole, text: string): Seed {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (role.ci) return { path, chart: false, role, text };
  const short = role.template ? `templates/${name}` : name;
  const chart = role.template || (role.values && !roleOf(name, new Set(), false).values);
  return { path: short, chart, role: roleOf(short, new Set(chart ? [""] : []), false), text };
}
