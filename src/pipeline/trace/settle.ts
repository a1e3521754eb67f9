/** Where kustomize's record leaves several places open, a mark tells which of them it is. */
import type { HelmInput } from "./helm.ts";
import type { Candidate, Followed } from "./kustomize.ts";
import type { Leaf } from "./leaves.ts";
import { mark } from "./marks.ts";
import type { Origin, Step } from "./origin.ts";
import type { Sources } from "./sources.ts";

/** The origins, each open one settled by a mark, or said to be open. */
export async function settle({ root, sources, images, render, provenance, spent }: HelmInput, followed: readonly Followed[]): Promise<readonly Origin[]> {
  const steps = followed.flatMap((one) => (one.is === "open" ? one.candidates.map(({ source }) => source) : []));
  const leaves = [...new Map(steps.map((step) => [keyOf(step), leafOf(step, sources)])).values()];
  const marked = render && leaves.length > 0 ? await mark({ root, render, sources, images, provenance }, leaves, spent) : new Map<number, readonly Step[]>();
  return followed.map((one, i): Origin => {
    if (one.is !== "open") return one;
    const out = new Set((marked.get(i) ?? []).map(keyOf));
    const [shown, second] = one.candidates.filter(({ source }) => out.has(keyOf(source)));
    if (shown && !second) return { is: "traced", source: shown.source, chain: shown.chain, by: "mark" };
    return { is: "untraced", why: `${one.candidates.map(said).join(" and ")} can both have supplied it` };
  });
}

const keyOf = ({ place }: Step): string => `${place.file} ${place.span.start}`;
const said = ({ source: { place } }: Candidate): string => `${place.file}:${place.position.line}`;

/** A place that a step names, as one that can be marked. */
export function leafOf({ place, layer, sets }: Step, sources: Sources): Leaf {
  const text = sources.text(place.file)?.slice(place.span.start, place.span.end) ?? "";
  // What a step sets may stand in more places than the one that a pin belongs to.
  const spells = sets.includes("digest") ? "digest" : !sets.includes("tag") ? "name" : /[:/]/.test(text) ? "reference" : "tag";
  return { place, says: layer, text, spells, paths: [] };
}
