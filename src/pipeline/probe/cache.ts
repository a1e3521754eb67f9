/**
 * What was found out about a chart, by everything that decides it: the chart and its values, and what it renders to.
 * A template that changed renders otherwise, so an old answer is never taken for it; and each pin is proved again.
 */
import { createHash } from "node:crypto";
import type { Rendered, Root } from "../../model/render.ts";
import { PIN_FORMS } from "../../surfaces/pin-forms.ts";
import type { Candidate } from "./candidates.ts";
import type { LayerText } from "./layers.ts";
import type { ProbeOutcome } from "./outcome.ts";

/** Raised when the same chart is judged otherwise. */
const FORMAT = 1;

/** A chart, as one root calls it, and the images in its values that are asked about. */
export interface ProbedChart {
  readonly root: Root;
  /** The chart's name, for the order of the attempts. */
  readonly chart: string;
  readonly layers: readonly LayerText[];
  readonly candidates: readonly Candidate[];
}

export interface ProbeCache {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** Names the question: which forms the candidates of a chart that renders like this can be pinned in. */
export function keyOf({ root, chart, layers, candidates }: ProbedChart, { program, text }: Rendered): string {
  const about = [
    FORMAT, program, chart, root.folder, text, layers.map(({ key, text: values }) => [key, values]),
    candidates.map(({ layer, path, forms }) => [layer.key, path, [...forms.keys()]]),
  ];
  return createHash("sha256").update(JSON.stringify(about)).digest("hex");
}

/** The outcomes in the order of the candidates. */
export function keep(outcomes: ReadonlyMap<Candidate, ProbeOutcome>, candidates: readonly Candidate[]): string {
  return JSON.stringify(candidates.map((candidate) => outcomes.get(candidate)));
}

/** What was kept; undefined when it is not what is asked for. */
export function recall(kept: string | undefined, candidates: readonly Candidate[]): ReadonlyMap<Candidate, ProbeOutcome> | undefined {
  if (kept === undefined) return undefined;
  try {
    const list = JSON.parse(kept) as readonly ProbeOutcome[];
    if (!Array.isArray(list) || list.length !== candidates.length || !list.every(isOutcome)) return undefined;
    return new Map(candidates.map((candidate, i) => [candidate, list[i]!]));
  } catch {
    return undefined;
  }
}

function isOutcome(one: ProbeOutcome): boolean {
  if (one.is === "inactive") return true;
  if (one.is === "refused") return typeof one.reason.why === "string" && Array.isArray(one.tried);
  return one.is === "pinned" && PIN_FORMS.includes(one.form) && typeof one.image.name === "string";
}
