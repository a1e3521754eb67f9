/**
 * Places that may supply an image of a chart: scalars of its values that spell a part of what was rendered, the
 * appVersion of a chart, and words of templates. Which of them does is not told here.
 */
import type { Span } from "../../model/site.ts";
import { follow, get, isNull, type Node, SCALAR, scalarText } from "../../syntax/tree.ts";
import { splitImage } from "../image-entry.ts";
import { below } from "../relative-path.ts";
import type { Chart, Layer } from "./charts.ts";
import type { Part, Place } from "./origin.ts";
import type { Located, Sources } from "./sources.ts";
import type { StreamImage } from "./stream.ts";

/** A place that may supply a part of some image. */
export interface Leaf {
  readonly place: Place;
  readonly says: string;
  /** What stands there. */
  readonly text: string;
  /** What it spells of an image. */
  readonly spells: Part | "reference";
  /** Where the values of the root chart have it; none for what is no value. */
  readonly paths: readonly (readonly string[])[];
  /** Of what is no value: the ways to the chart that it belongs to. */
  readonly charts?: Chart["prefixes"];
  /** Its layer in the root's list, where it has to be changed there and not in a file. */
  readonly index?: number;
}

/** What of an image a text spells; undefined when it spells nothing of it. */
export function spelled(key: string, text: string, raw: string): Leaf["spells"] | undefined {
  if (text === "" || text.length > 512) return undefined;
  const { name, tag, digest } = splitImage(raw);
  const whole = text === raw || (/[/:@]/.test(text) && raw.endsWith(`/${text}`) && /[:@]/.test(text));
  if (whole && /image|repo|reference|tag|override/i.test(key)) return text === name && tag + digest === "" ? "name" : "reference";
  if (digest !== "" && (text === digest || `sha256:${text}` === digest || text.endsWith(`@${digest}`))) return "digest";
  if (tag !== "" && TAG_KEY.test(key) && spellsTag(text, tag)) return "tag";
  if (NAME_KEY.test(key) && (text === name || name.endsWith(`/${text}`) || name.startsWith(`${text.replace(/\/+$/, "")}/`) || name.includes(`/${text}/`))) return "name";
  return undefined;
}

const TAG_KEY = /tag|version|image/i;
const NAME_KEY = /image|repo|registry|name|hub/i;

/** Templates put a `v` in front and flavours behind; YAML reads 1.10 as a number. */
function spellsTag(text: string, tag: string): boolean {
  return tag === text || tag === `v${text}` || (text.length > 2 && tag.includes(text)) || (/^[\d.]+$/.test(text) && String(Number(text)) === tag);
}

/** Every such place, for the images of one stream. */
export async function leavesFor(sources: Sources, images: readonly StreamImage[], charts: readonly Chart[], layers: readonly Layer[]): Promise<readonly Leaf[]> {
  const raws = [...new Set(images.map(({ site }) => site.raw))];
  const found: Leaf[] = [];
  for (const layer of layers) found.push(...valuesIn(sources, layer, raws));
  for (const chart of charts) found.push(...(await appVersion(sources, chart, raws)), ...words(sources, chart, raws));
  const places = new Map(found.map((leaf) => [`${leaf.place.file} ${leaf.place.span.start}`, leaf]));
  return [...places.values()];
}

function spellsAny(key: string, text: string, raws: readonly string[]): Leaf["spells"] | undefined {
  for (const raw of raws) {
    const spells = spelled(key, text, raw);
    if (spells) return spells;
  }
  return undefined;
}

function valuesIn(sources: Sources, { says, document, node, prefixes, index }: Layer, raws: readonly string[]): Leaf[] {
  const found: Leaf[] = [];
  const entered = new Set<Node>();
  const visit = (from: Node, path: readonly string[], key: string): void => {
    const at = follow(from);
    if (!at || entered.has(at)) return;
    if (at.kind !== SCALAR) {
      entered.add(at);
      for (const [i, child] of (at.children ?? []).entries()) visit(child, [...path, child.key ?? String(i)], child.key ?? key);
      return;
    }
    const text = isNull(document.text, at) ? "" : scalarText(document.text, at);
    const spells = spellsAny(key, text, raws);
    if (spells) found.push({ place: sources.placeOf(document, at), says, text, spells, paths: prefixes.map((prefix) => [...prefix, ...path]), ...(index === undefined ? {} : { index }) });
  };
  visit(node, [], prefixes[0]?.at(-1) ?? "");
  return found;
}

async function appVersion(sources: Sources, { folder, name, prefixes }: Chart, raws: readonly string[]): Promise<Leaf[]> {
  const documents: readonly Located[] = await sources.documents(below(folder, "Chart.yaml"));
  return documents.flatMap((document): Leaf[] => {
    const node = get(document.root, "appVersion");
    const text = node?.kind === SCALAR ? scalarText(document.text, node) : "";
    if (!node || spellsAny("appVersion", text, raws) !== "tag") return [];
    const says = prefixes.some(({ length }) => length === 0) ? "appVersion of the chart" : `appVersion of the subchart ${name}`;
    return [{ place: sources.placeOf(document, node), says, text, spells: "tag", paths: [], charts: prefixes }];
  });
}

/** References and tags that a template spells itself. */
function words(sources: Sources, { folder, prefixes }: Chart, raws: readonly string[]): Leaf[] {
  const start = below(folder, "templates/");
  const files = new Set([...sources.files.filter((file) => file.startsWith(start)), `${start}_helpers.tpl`]);
  return [...files].flatMap((file) => {
    const text = sources.text(file);
    return text === undefined ? [] : raws.flatMap((raw) => wordsOf(raw).flatMap(({ word, spells, quoted }) => occurrences(text, word, quoted).map((span): Leaf => ({ place: sources.place(file, span), says: "template", text: word, spells, paths: [], charts: prefixes }))));
  });
}

function wordsOf(raw: string): { word: string; spells: Leaf["spells"]; quoted: boolean }[] {
  const { name, tag, digest } = splitImage(raw);
  const last = name.slice(name.lastIndexOf("/") + 1);
  const behind = raw.slice(name.length);
  if (behind === "") return [{ word: raw, spells: "name", quoted: false }];
  return [{ word: `${last}${behind}`, spells: "reference", quoted: false }, ...(tag === "" || digest !== "" ? [] : [{ word: tag, spells: "tag" as const, quoted: true }])];
}

/** Where a word stands by itself, or in quotes of its own. */
function occurrences(text: string, word: string, quoted: boolean): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text[at - 1] ?? "", text[at + word.length] ?? ""];
    if (quoted ? /["']/.test(before) && before === after : !/[\w.-]/.test(before) && !/[\w.:@-]/.test(after)) spans.push({ start: at, end: at + word.length });
  }
  return spans;
}
