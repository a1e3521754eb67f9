/**
 * YAML as a tree of values that can be looked at, changed and written again. What kustomize is given is written
 * from this tree, so that it reads exactly what was checked: two readers of one text can differ.
 */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Scalar, type YAMLMap } from "yaml";
import type { SaidAt } from "../model/render.ts";
import { Refusal, refused, startOf } from "./refusal.ts";

export type Value = { readonly said: SaidAt } & (
  | { readonly is: "map"; readonly entries: ReadonlyMap<string, Value> }
  | { readonly is: "list"; readonly items: readonly Value[] }
  /** `plain`: written without quotes, so that the reader decides whether it is a number. */
  | { readonly is: "text"; readonly text: string; readonly plain: boolean }
);

export type MapValue = Extract<Value, { is: "map" }>;

/** More values than a person writes, and fewer than a bomb of aliases unfolds to. */
const VALUES = 200_000;

/** Deeper than any object of Kubernetes. */
const DEPTH = 100;

/** Tags that say what is there anyway. */
const PLAIN_TAGS = ["tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!"];

/** The documents of a text that hold anything. */
export function readValues(text: string, file: string): Value[] {
  const lines = new LineCounter();
  const documents = parse(text, file, lines);
  const at = (offset: number): SaidAt => {
    const { line, col } = lines.linePos(offset);
    return { file, position: { line: Math.max(line, 1), column: Math.max(col, 1) } };
  };
  let count = 0;
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error?.message.includes("call stack")) throw tooDeep(file);
    if (error) throw new Refusal("failed", `this is not YAML that can be checked: ${error.message.split("\n")[0]}`, at(error.pos[0]));
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return [];
    return [valueOf(document.contents as Node, document, at, () => {
      if (++count > VALUES) throw new Refusal("too-large", `${file} unfolds to more than ${VALUES} values`, startOf(file));
    })];
  });
}

/** Of two equal keys the last one holds, as for the readers of Helm and kustomize. */
function parse(text: string, file: string, lineCounter: LineCounter): readonly Document[] {
  try {
    const parsed = parseAllDocuments(text, { lineCounter, merge: true, version: "1.2", uniqueKeys: false, logLevel: "silent" });
    return "empty" in parsed ? [] : parsed;
  } catch {
    // It throws for nothing but a text so deep that it runs out of stack.
    throw tooDeep(file);
  }
}

const tooDeep = (file: string): Refusal => new Refusal("too-large", "this is nested too deeply", startOf(file));

function valueOf(node: Node | null, document: Document, at: (offset: number) => SaidAt, count: () => void, above: readonly Node[] = []): Value {
  count();
  const said = at(node?.range?.[0] ?? 0);
  if (node === null) return { is: "text", text: "null", plain: true, said };
  if (isAlias(node)) return aliased(node, document, at, count, above);
  if (node.tag !== undefined && !PLAIN_TAGS.includes(node.tag)) throw refused(`the tag ${node.tag} is not read here`, said);
  if (above.length > DEPTH) throw tooDeep(said.file);
  const below = [...above, node];
  const inner = (child: unknown): Value => valueOf((child ?? null) as Node | null, document, at, count, below);
  if (isMap(node)) return { is: "map", entries: entriesOf(node, inner, document), said };
  if (isSeq(node)) return { is: "list", items: node.items.map(inner), said };
  return { is: "text", ...textOf(node as Scalar), said };
}

function aliased(node: Alias, document: Document, at: (offset: number) => SaidAt, count: () => void, above: readonly Node[]): Value {
  const target = node.resolve(document);
  if (target === undefined || above.includes(target)) throw refused(`the alias *${node.source} leads nowhere`, at(node.range?.[0] ?? 0));
  return valueOf(target, document, at, count, above);
}

/** Keys of a map; what `<<` brings comes after, and gives way. */
function entriesOf(map: YAMLMap, inner: (child: unknown) => Value, document: Document): Map<string, Value> {
  const entries = new Map<string, Value>();
  const merged: Value[] = [];
  for (const { key, value } of map.items) {
    const named = isAlias(key) ? key.resolve(document) : key;
    const name = isScalar(named) ? textOf(named).text : undefined;
    if (name === undefined) throw refused("a key that is no text", inner(key).said);
    if (name !== "<<") entries.set(name, inner(value));
    // Readers differ about one in quotes.
    else if (isScalar(named) && named.type === "PLAIN") merged.push(inner(value));
    else throw refused("the key << in quotes", inner(value).said);
  }
  for (const source of merged.flatMap((one) => (one.is === "list" ? one.items : [one]))) {
    if (source.is !== "map") throw refused("<< without a map", source.said);
    for (const [name, value] of source.entries) if (!entries.has(name)) entries.set(name, value);
  }
  return entries;
}

function textOf(node: Scalar): { readonly text: string; readonly plain: boolean } {
  const plain = node.type === "PLAIN" && node.tag === undefined;
  if (!plain) return { text: String(node.value ?? ""), plain: false };
  const source = node.source ?? "";
  return { text: source === "" ? "null" : source, plain: true };
}

/** A plain word that some reader of YAML takes for a number, a date, a truth value or nothing. */
const WORD = /^(?:~|null|true|false|yes|no|on|off|y|n|[-+]?\.(?:inf|nan)|[-+]?\.?\d[-+.\w]*)$/i;

/** The tree as YAML, on one line: maps and lists in braces, texts in quotes. */
export function writeValue(value: Value): string {
  switch (value.is) {
    case "map":
      return `{${[...value.entries].map(([key, one]) => `${writeText(key)}: ${writeValue(one)}`).join(", ")}}`;
    case "list":
      return `[${value.items.map(writeValue).join(", ")}]`;
    case "text":
      return value.plain && WORD.test(value.text) ? value.text : writeText(value.text);
  }
}

/** JSON's spelling, and escapes for what YAML does not take as it is. */
const writeText = (text: string): string => JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

export const mapValue = (entries: Iterable<readonly [string, Value]>, said: SaidAt): MapValue => ({ is: "map", entries: new Map(entries), said });
export const listValue = (items: readonly Value[], said: SaidAt): Value => ({ is: "list", items, said });
export const textValue = (text: string, said: SaidAt): Value => ({ is: "text", text, plain: false, said });

/** A map with one entry set. */
export const withEntry = (map: MapValue, key: string, value: Value): MapValue => ({ ...map, entries: new Map([...map.entries, [key, value]]) });

/** Whether a value stands for nothing. */
export const isNothing = (value: Value | undefined): boolean => value === undefined || (value.is === "text" && value.plain && /^(?:~|null|Null|NULL)$/.test(value.text));

/** The text under a key; undefined when there is none. Anything else there is refused. */
export function textUnder(map: MapValue, key: string): string | undefined {
  const value = map.entries.get(key);
  if (value === undefined || isNothing(value)) return undefined;
  if (value.is !== "text") throw refused(`${key} is no text`, value.said);
  return value.text;
}

/** The items under a key; none when there is no list. */
export function itemsUnder(map: MapValue, key: string): readonly Value[] {
  const value = map.entries.get(key);
  if (value === undefined || isNothing(value)) return [];
  if (value.is !== "list") throw refused(`${key} is no list`, value.said);
  return value.items;
}

/** The maps of the list under a key. */
export const mapsUnder = (map: MapValue, key: string): readonly MapValue[] => itemsUnder(map, key).map((item) => {
  if (item.is !== "map") throw refused(`an item of ${key} is no map`, item.said);
  return item;
});

/** The texts of the list under a key, with their places. */
export const textsUnder = (map: MapValue, key: string): readonly { readonly text: string; readonly said: SaidAt }[] => itemsUnder(map, key).map((item) => {
  if (item.is !== "text") throw refused(`an item of ${key} is no text`, item.said);
  return item;
});

/**
 * Refuses keys that Go's JSON reader would take for one of `known` and that are not spelled like it: it does not
 * look at case (encoding/json), so `Resources` would be read by kustomize and not by a check of `resources`.
 */
export function exactKeys(map: MapValue, known: readonly string[], only: boolean): void {
  for (const [key, value] of map.entries) {
    if (known.includes(key)) continue;
    const meant = known.find((one) => one.toLowerCase() === key.normalize("NFKC").toLowerCase());
    if (meant !== undefined) throw refused(`the key ${JSON.stringify(key)} is read as ${meant}; write it so`, value.said);
    if (only) throw refused(`the key ${JSON.stringify(key)} is not known here, so what it would make kustomize read cannot be checked`, value.said);
  }
}
