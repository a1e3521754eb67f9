/** One way in which an image can have become what it is: its value so far, and who supplied which part of it. */
import { splitImage } from "../image-entry.ts";
import type { Part, Place, Step } from "./origin.ts";

export interface Way {
  /** The image as it reads now; undefined while it is not there yet. */
  readonly value: string | undefined;
  readonly steps: readonly Step[];
  readonly suppliers: Readonly<Partial<Record<Part, Step>>>;
  /** Decisions on it that could not be told from what was read. */
  readonly doubts: number;
}

export const NO_WAY: Way = { value: undefined, steps: [], suppliers: {}, doubts: 0 };

/** The parts that a reference has. */
export function partsIn(value: string): readonly Part[] {
  const { tag, digest } = splitImage(value);
  return ["name", ...(tag === "" ? [] : ["tag"] as const), ...(digest === "" ? [] : ["digest"] as const)];
}

/** A step that writes the whole image. */
export function whole(way: Way, value: string, place: Place, layer: string, doubts = 0): Way {
  return extend({ ...way, suppliers: {} }, value, { place, layer, sets: partsIn(value), reads: value }, doubts);
}

/** A step that supplies some parts of it. */
export function extend(way: Way, value: string, step: Step, doubts = 0): Way {
  const kept = partsIn(value);
  const suppliers = Object.fromEntries(kept.flatMap((part): [Part, Step][] => {
    const step_ = step.sets.includes(part) ? step : way.suppliers[part];
    return step_ ? [[part, step_]] : [];
  }));
  return { value, steps: [...way.steps, step], suppliers, doubts: way.doubts + doubts };
}

export const doubted = (way: Way): Way => ({ ...way, doubts: way.doubts + 1 });

/** The place where a pin belongs. */
export const sourceOf = ({ suppliers }: Way): Step | undefined => suppliers.digest ?? suppliers.tag ?? suppliers.name;

export const placeKey = ({ place }: Step): string => `${place.file} ${place.span.start}`;
const keyOf = (way: Way): string => [way.value, ...(["name", "tag", "digest"] as const).map((part) => (way.suppliers[part] ? placeKey(way.suppliers[part]) : ""))].join("\0");

/** Of ways that lead to the same, the one with the fewest doubts; and no more than can be looked at. */
export function distinct(ways: readonly Way[]): readonly Way[] {
  const best = new Map<string, Way>();
  for (const way of ways) {
    const key = keyOf(way);
    const known = best.get(key);
    if (!known || way.doubts < known.doubts) best.set(key, way);
  }
  return [...best.values()].sort((a, b) => a.doubts - b.doubts).slice(0, MOST);
}

/** Each uncertain patch doubles the ways; real trees have a handful. */
const MOST = 64;
