/** The differences from the ground truth that were looked at one by one, and whether the list is right. Pure. */
import type { ReportedReference } from "../../src/model/report.ts";
import { type Comparison, isRequired, placeKey } from "./compare.ts";

export type DifferenceKind = "missed" | "extra" | "differs";

export interface Difference {
  readonly kind: DifferenceKind;
  /** `file:line:column` */
  readonly place: string;
}

export interface Argued extends Difference {
  readonly argument: string;
  /** An extra report of a kind that the truth does not set out to list, so that it says nothing about precision. */
  readonly beyond: boolean;
}

const ENTRY = /^- (missed|extra|beyond|differs) `([^`]+)`: (.+)$/;

/**
 * Reads `- extra \`file:line:column\`: argument` items; lines that go on are indented.
 * @throws when an item has another form, or a place is argued twice
 */
export function readArguments(markdown: string): Argued[] {
  const items = markdown.split("\n").reduce<string[]>((all, line) => {
    if (line.startsWith("- ")) return [...all, line];
    if (line.startsWith("  ") && all.length > 0) return [...all.slice(0, -1), `${all.at(-1)} ${line.trim()}`];
    return all;
  }, []);
  const argued = items.map((item): Argued => {
    const [, kind, place, argument] = ENTRY.exec(item) ?? [];
    if (kind === undefined || argument!.trim().length < 20) throw new Error(`no argued difference: ${item}`);
    return { kind: kind === "beyond" ? "extra" : (kind as DifferenceKind), place: place!, argument: argument!, beyond: kind === "beyond" };
  });
  const keys = argued.map(keyOf);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw new Error(`argued twice: ${twice}`);
  return argued;
}

/** Every difference that has to be argued: what is missed of what is required, what is extra, what reads otherwise. */
export function differencesOf({ missed, extra, disagreements }: Comparison): Difference[] {
  return [
    ...missed.filter(isRequired).map((site): Difference => ({ kind: "missed", place: placeKey(site) })),
    ...extra.map((reference: ReportedReference): Difference => ({ kind: "extra", place: placeKey(reference) })),
    ...disagreements.map(({ reported }): Difference => ({ kind: "differs", place: placeKey(reported) })),
  ];
}

/** Differences that nobody argued, and arguments about differences that are no more. */
export function settle(differences: readonly Difference[], argued: readonly Argued[]): { readonly open: readonly Difference[]; readonly stale: readonly Argued[] } {
  const known = new Set(argued.map(keyOf));
  const there = new Set(differences.map(keyOf));
  return { open: differences.filter((one) => !known.has(keyOf(one))), stale: argued.filter((one) => !there.has(keyOf(one))) };
}

const keyOf = ({ kind, place }: Difference): string => `${kind} ${place}`;
