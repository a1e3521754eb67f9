/** Which drafts are one place, and which places can be written: what anchors, aliases and merges share. */
import { textOfReading } from "../model/reading.ts";
import type { Confidence, ImageSite } from "../model/site.ts";
import { ALIAS, follow, type Node, SCALAR } from "../syntax/tree.ts";
import type { Draft } from "./surface.ts";

const WEIGHT: Readonly<Record<Confidence, number>> = { certain: 2, likely: 1, guess: 0 };

/**
 * Aliases and merges can reach one place by several paths; it is one site, by its strongest path. A place is
 * all the scalars that spell the reference: two entries can share a tag and be two images.
 */
function onePerPlace(drafts: readonly Draft[]): Draft[] {
  const byPlace = new Map<string, Draft>();
  for (const draft of drafts) {
    const place = draft.parts.map(({ start }) => start).join(" ");
    const known = byPlace.get(place);
    if (!known || WEIGHT[draft.confidence] > WEIGHT[known.confidence]) byPlace.set(place, draft);
  }
  return [...byPlace.values()];
}

/** An edit of an anchored scalar reaches every alias of it; it is safe when all of them are images as well. */
export function guardAnchors(root: Node, drafts: readonly Draft[]): Draft[] {
  const found = onePerPlace(drafts);
  if (!drafts.some(({ parts }) => parts.some(({ anchored }) => anchored))) return found;
  const uses = new Map<Node, number>();
  countUses(root, uses);
  return found.map((draft) => {
    const elsewhere = draft.parts.some((part) => part.anchored && (uses.get(part) ?? 0) > drafts.filter(({ parts }) => parts.includes(part)).length);
    return elsewhere && draft.slots.length > 0 ? { ...draft, unsafe: "an anchor repeats this text in places that are no images" } : draft;
  });
}

/** How often each anchored scalar stands in a document: once itself, once for each alias. */
function countUses(node: Node, uses: Map<Node, number>): void {
  const scalar = follow(node);
  if (scalar?.kind === SCALAR && scalar.anchored) uses.set(scalar, (uses.get(scalar) ?? 0) + 1);
  if (node.kind !== ALIAS) for (const child of node.children ?? []) countUses(child, uses);
}

/** Two images that would be written in the same place, because an anchor shares it, can neither be pinned there. */
export function withoutSharedSlots(sites: readonly ImageSite[]): readonly ImageSite[] {
  const wanted = new Map<number, Set<string>>();
  for (const { slots, reading } of sites) {
    for (const { span } of slots) wanted.set(span.start, (wanted.get(span.start) ?? new Set()).add(textOfReading(reading)));
  }
  const shared = (site: ImageSite): boolean => site.slots.some(({ span }) => wanted.get(span.start)!.size > 1);
  if (![...wanted.values()].some(({ size }) => size > 1)) return sites;
  return sites.map((site) => (shared(site) ? { ...site, slots: [], slotPositions: [], unpinnable: "an anchor shares this place with another image" } : site));
}
