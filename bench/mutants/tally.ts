/** What many inputs came to, added up. */
import type { Outcome } from "./trial.ts";

export interface Tally {
  readonly inputs: number;
  readonly sites: number;
  /** Edits that were applied and read back. */
  readonly edits: number;
  /** Inputs that went through all of `lading pin`. */
  readonly proved: number;
  /** Why the program did not write: how often, and one input of each. */
  readonly refused: ReadonlyMap<string, { readonly times: number; readonly index: number }>;
  readonly slowest: { readonly index: number; readonly milliseconds: number };
}

export const NOTHING: Tally = { inputs: 0, sites: 0, edits: 0, proved: 0, refused: new Map(), slowest: { index: -1, milliseconds: 0 } };

export function sum(a: Tally, b: Tally): Tally {
  const refused = new Map(a.refused);
  for (const [why, { times, index }] of b.refused) refused.set(why, { index: refused.get(why)?.index ?? index, times: (refused.get(why)?.times ?? 0) + times });
  return {
    inputs: a.inputs + b.inputs, sites: a.sites + b.sites, edits: a.edits + b.edits, proved: a.proved + b.proved, refused,
    slowest: a.slowest.milliseconds >= b.slowest.milliseconds ? a.slowest : b.slowest,
  };
}

export class Tallies {
  private tally = NOTHING;

  add(index: number, { sites, edits, refused, milliseconds }: Outcome, proved: boolean): void {
    const one = { times: 1, index };
    this.tally = sum(this.tally, {
      inputs: 1, sites, edits: refused === undefined ? edits : 0, proved: proved && edits > 0 ? 1 : 0,
      refused: new Map(refused === undefined ? [] : [[general(refused), one]]), slowest: { index, milliseconds },
    });
  }

  take(): Tally {
    const { tally } = this;
    this.tally = NOTHING;
    return tally;
  }
}

/** A reason without the names and numbers of its input. */
const general = (why: string): string => why.replace(/\$\.\S.* would change/, "$… would change").replaceAll(/\d+/g, "N").replace(/would read .*/, "would read otherwise");
