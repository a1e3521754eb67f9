/**
 * What an object says, as a tree that can be laid over another one and filled in, and in which every value still
 * knows where it stands: an Application's source and the file that overrides it are two texts.
 */
import type { Position, SourceFile, Span } from "../../model/site.ts";
import { innerText } from "../../syntax/inner.ts";
import { Lines } from "../../syntax/lines.ts";
import { follow, isNull, MAP, type Node, PLAIN, SCALAR, SEQ, scalarText } from "../../syntax/tree.ts";

/** A text that values stand in. */
export interface Text {
  readonly file: string;
  readonly text: string;
  readonly lines: Lines;
}

export const textOf = ({ path, text }: SourceFile): Text => ({ file: path, text, lines: new Lines(text) });

export interface Value {
  readonly is: "map" | "list" | "scalar" | "null";
  readonly in: Text;
  readonly span: Span;
  /** Of a scalar: what it reads. */
  readonly text: string;
  /** Of a scalar: without quotes, so that it may be a number or a truth value. */
  readonly plain: boolean;
  readonly fields: ReadonlyMap<string, Value>;
  readonly items: readonly Value[];
}

/** Aliases of aliases can stand for more than fits into memory. */
const MAX_VALUES = 100_000;

const NO_FIELDS: ReadonlyMap<string, Value> = new Map();

/** The tree below a node; undefined when aliases make it too large. */
export function valueOf(source: Text, node: Node): Value | undefined {
  let left = MAX_VALUES;
  const make = (one: Node): Value | undefined => {
    if (left-- <= 0) return undefined;
    const base = { in: source, span: { start: one.start, end: one.end }, text: "", plain: false, fields: NO_FIELDS, items: [] };
    if (one.kind === SCALAR) {
      if (isNull(source.text, one)) return { ...base, is: "null" };
      return { ...base, is: "scalar", text: innerText(source.text, one)?.text ?? scalarText(source.text, one), plain: one.style === PLAIN && !one.tagged };
    }
    const parts = (one.children ?? []).map((child) => ({ key: child.key, value: valueAt(child) }));
    const known = parts.flatMap(({ value }) => value ?? []);
    const span = { start: one.start, end: Math.max(one.end, ...known.map((value) => value.span.end), one.start) };
    if (one.kind === SEQ) return { ...base, is: "list", span, items: known };
    const fields = new Map<string, Value>();
    for (const { key, value } of parts) if (key === "<<" && value) for (const [name, merged] of mergedOf(value)) if (!fields.has(name)) fields.set(name, merged);
    for (const { key, value } of parts) if (key !== undefined && key !== "<<" && value) fields.set(key, value);
    return { ...base, is: one.kind === MAP ? "map" : "null", span, fields };
  };
  const valueAt = (child: Node): Value | undefined => {
    const target = follow(child);
    return target && make(target);
  };
  const made = make(node);
  return left < 0 ? undefined : made;
}

const mergedOf = ({ fields, items }: Value): (readonly [string, Value])[] => [...fields, ...items.flatMap((item) => [...item.fields])];

/** The value at the end of some keys. */
export function at(value: Value | undefined, ...keys: readonly string[]): Value | undefined {
  return keys.reduce<Value | undefined>((here, key) => here?.fields.get(key), value);
}

/** The text of a scalar; undefined when it is none, or empty. */
export function stringAt(value: Value | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(value, ...keys);
  return found?.is === "scalar" && found.text !== "" ? found.text : undefined;
}

/** The items of a list; none when it is no list. */
export const itemsAt = (value: Value | undefined, ...keys: readonly string[]): readonly Value[] => at(value, ...keys)?.items ?? [];

/** The scalars of a list. */
export const stringsAt = (value: Value | undefined, ...keys: readonly string[]): Value[] => itemsAt(value, ...keys).filter(({ is }) => is === "scalar");

export const isTrue = (value: Value | undefined): boolean => value?.is === "scalar" && value.text === "true";

/** Whether a field says something: an empty map or list does not. */
export const says = (value: Value | undefined): boolean =>
  value !== undefined && value.is !== "null" && (value.is === "scalar" ? value.text !== "" : value.fields.size + value.items.length > 0);

export const saidAt = ({ in: { file, lines }, span }: Value): { readonly file: string; readonly position: Position } => ({ file, position: lines.at(span.start) });

/** Lays one value over another, as a JSON merge patch does (RFC 7396). */
export function mergePatch(below: Value | undefined, over: Value): Value {
  if (over.is !== "map") return over;
  const fields = new Map(below?.fields ?? []);
  for (const [key, value] of over.fields) {
    if (value.is === "null") fields.delete(key);
    else fields.set(key, mergePatch(fields.get(key), value));
  }
  return { ...over, fields };
}

/** The same tree with every text, keys as well, as `fill` makes it. */
export function filled(value: Value, fill: (text: string) => string): Value {
  if (value.is === "scalar") return value.text.includes("{{") ? { ...value, text: fill(value.text) } : value;
  if (value.is === "list") return { ...value, items: value.items.map((item) => filled(item, fill)) };
  return { ...value, fields: new Map([...value.fields].map(([key, one]) => [fill(key), filled(one, fill)])) };
}

/** Some text in the tree that fits, if there is one. */
export function findText(value: Value | undefined, fits: (text: string) => boolean): Value | undefined {
  if (!value) return undefined;
  if (value.is === "scalar") return fits(value.text) ? value : undefined;
  for (const one of [...value.fields.values(), ...value.items]) {
    const found = findText(one, fits);
    if (found) return found;
  }
  return undefined;
}

/** What a reader of YAML may take for a number, a truth value, a date or nothing. */
const MAY_BE_TYPED = /^[-+.\w:~]+$/;

/** The tree as YAML of one line, with each scalar of the type that it has where it stands. */
export function yamlOf(value: Value): string {
  switch (value.is) {
    case "null": return "null";
    case "scalar": return value.plain && MAY_BE_TYPED.test(value.text) ? value.text : JSON.stringify(value.text);
    case "list": return `[${value.items.map(yamlOf).join(", ")}]`;
    case "map": return `{${[...value.fields].map(([key, one]) => `${JSON.stringify(key)}: ${yamlOf(one)}`).join(", ")}}`;
  }
}
