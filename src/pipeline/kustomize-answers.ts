/** From what was seen of an entry to what may be said of it. */
import type { Answer } from "../model/facts.ts";
import type { EntryReach } from "../model/kustomization.ts";
import { matcherOf } from "./image-entry.ts";
import type { Trace } from "./kustomize-layer.ts";

/** The words of a file that speaks of an image; undefined when the file cannot be read, or is only a link to one. */
type WordsOf = (file: string) => readonly string[] | undefined;

/** What one entry did in one layer. Before anything is claimed, the files that were silent are looked at. */
export function answerTo({ entry, reach, doubt, silent, silentPatches, overwritten }: Trace, wordsOf: WordsOf): Answer<EntryReach, string> {
  if (reach.badPattern !== undefined) return { is: "known", value: reach };
  const value = overwritten === undefined ? reach : { ...reach, overwritten };
  if (value.matched > 0 && Object.keys(value).length === 1) return { is: "known", value };
  if (value.matched === 0 && doubt !== undefined) return { is: "unknown", why: doubt };
  // A patch can spell an image in a way that no surface reads.
  const words = silentPatches.flatMap((file) => wordsOf(file) ?? [entry.name]);
  if (value.matched > 0) return { is: "known", value: words.length === 0 ? value : { matched: value.matched } };
  const matcher = matcherOf(entry.name);
  if (words.some((word) => matcher.is === "pattern" && matcher.matches(word))) return { is: "known", value: { matched: 1 } };
  const missing = silent.find((file) => wordsOf(file) === undefined);
  return missing === undefined ? { is: "known", value } : { is: "unknown", why: `${missing} is not a plain file` };
}

/** An entry of a component acts once for each of its users; it does what it seems meant for when one of them has the image. */
export function together(all: readonly Answer<EntryReach, string>[]): Answer<EntryReach, string> {
  const reached = all.flatMap((one) => (one.is === "known" && one.value.matched > 0 ? [one.value] : []));
  if (reached.length > 0) return { is: "known", value: { ...Object.assign({}, ...reached), matched: reached.reduce((sum, { matched }) => sum + matched, 0) } };
  return all.find(({ is }) => is === "unknown") ?? all[0]!;
}
