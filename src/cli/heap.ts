/**
 * Settings of V8: they keep a run over a large repository small, and the compiler from working in vain. V8 lets its
 * young generation grow to 100 MB and its old one to twice what lives in it, which is faster for servers and worth
 * nothing to a command that reads one file after another (figures: docs/decisions/0014-what-a-large-run-costs.md).
 */
import { setFlagsFromString } from "node:v8";

/** An unknown flag would be complained about on standard error, so releases that were not tried do without. */
const TRIED = [20, 26] as const;

const major = Number(process.versions.node.split(".")[0]);
const set = (flag: string): void => {
  if (major >= TRIED[0] && major <= TRIED[1]) setFlagsFromString(flag);
};

/**
 * On Node 20 V8 compiles a function for speed after little use; later saves a third of a cold check's processor time.
 * Later releases are not helped by it.
 */
export const compileLater = (): void => {
  if (major === 20) setFlagsFromString("--interrupt-budget=400000");
};

/** The young generation stays as it is at the start, until it is known how much there is to do. */
export const keepYoungSmall = (): void => set("--semi-space-growth-factor=1");

/** Files from which on memory matters more than 3 % of time. */
const MANY = 30_000;

/** Many files: the old generation is collected sooner as well. Few: V8 has its way, and works less often. */
export const expect = (files: number): void => set(files > MANY ? "--heap-growing-percent=40" : "--semi-space-growth-factor=2");
