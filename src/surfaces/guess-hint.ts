/**
 * Where a document says something about images that its surface did not take. Told from the text: a walk through
 * every document costs as much as the surfaces themselves, and nearly all of it would lead nowhere.
 */
import type { Span } from "../model/site.ts";
import type { Draft, FileRole } from "./surface.ts";

/** A registry's host with a path and a tag, a scheme, a name in capitals. */
const ANYWHERE = String.raw`\.[a-z]{2,10}(?::\d+)?\/[\w./-]+[:@]\w|(?:docker|ko):\/\/|IMAGE(?!_PULL)`;
const SUFFIX = "[_-]?(?:[nN]ame|[rR]ef|[uU]r[il]|UR[IL])";
/** The end of a name that sounds like an image: of a flag, and of what is called so. */
const NAMED = String.raw`mages?(?:${SUFFIX})?(?:=|["']?[ \t\r]*(?:[\n,}\]]|$))`;
/** A key with something behind it, of an image or of the parts of one. */
const KEY = String.raw`mages?(?:${SUFFIX})?["']?[ \t]*:(?:[ \t]*(?:[^\s{'"]|["'][^"']|\{[^{}])|[ \t\r]*\n\s*(?:-|["']?(?:name|tag|registry)))|epository["']?[ \t]*:[ \t]*\S`;

/** What every guess has in its text. */
const HINT = new RegExp(`${NAMED}|${KEY}|${ANYWHERE}`, "g");
/** The surface of values reads keys that end in image, and parts, itself. */
const IN_VALUES = new RegExp(`mages?${SUFFIX}|${NAMED}|${ANYWHERE}`, "g");
/** In pipelines a word alone can be an image. */
const IN_PIPELINES = new RegExp(`${NAMED}|${KEY}|${ANYWHERE}|(?:container|services)["']?[ \\t]*:`, "g");

/**
 * Offsets in the file, rising.
 * @param text of the document alone; `from` is where it begins in the file
 */
export function hintsIn(text: string, from: number, { values, ci }: FileRole, drafts: readonly Draft[]): number[] {
  const pattern = values ? IN_VALUES : ci ? IN_PIPELINES : HINT;
  const found: number[] = [];
  let taken: Span[] | undefined;
  let next = 0;
  pattern.lastIndex = 0;
  for (let hint = pattern.exec(text); hint !== null; hint = pattern.exec(text)) {
    const at = from + hint.index;
    taken ??= placesOf(drafts);
    while (next < taken.length && taken[next]!.end <= at) next++;
    if (next === taken.length || taken[next]!.start > at) found.push(at);
  }
  return found;
}

/** What the drafts cover, keys included, in order. */
function placesOf(drafts: readonly Draft[]): Span[] {
  const places: Span[] = [];
  for (const { parts } of drafts) for (const { keyStart, start, end } of parts) places.push({ start: keyStart >= 0 && keyStart < start ? keyStart : start, end });
  return places.sort((a, b) => a.start - b.start);
}
