/** Digests that name no content but a candidate: whatever is rendered from one tells which it came from. */
import type { Digest } from "../../model/reference.ts";

/** No digest of a real image begins with it seven times over. */
const MARK = "5ca1ab1e";
const FOUND = new RegExp(`${MARK}([0-9a-f]{4})`, "g");

/** The digest that stands for a candidate: 64 hex digits that repeat its number, so that a piece of it will do. */
export const markerOf = (candidate: number): Digest => `sha256:${`${MARK}${candidate.toString(16).padStart(4, "0")}`.repeat(6).slice(0, 64)}`;

/** The candidates whose digests, or enough of them, stand in a text. */
export function markersIn(text: string): ReadonlySet<number> {
  return new Set([...text.matchAll(FOUND)].map(([, index]) => Number.parseInt(index!, 16)));
}
