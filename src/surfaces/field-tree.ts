/**
 * Image fields as trees of steps, one a kind: a document is matched by one look-up of its group and kind, and
 * then only the keys that lead to a field are followed. Built from the catalogue when the program is built, and
 * from a policy's own fields when it runs.
 */
import type { ImageField } from "../model/field.ts";
import { parseFieldPath, stepText } from "./field-path.ts";

/** What stands at the end of a path: all that does not follow from where it stands. */
export type FieldEnd = Omit<ImageField, "group" | "kind" | "path">;

/** Steps to other branches; under `=` the numbers of the fields that end here. */
export interface Branch {
  readonly [step: string]: Branch | readonly number[];
}

export interface FieldTrees {
  readonly ends: readonly FieldEnd[];
  /** By `group/kind`. */
  readonly kinds: Readonly<Record<string, Branch>>;
}

/** The mark of a branch where fields end. */
export const END = "=";

export const kindKey = (group: string, kind: string): string => `${group}/${kind}`;

type Growing = { [step: string]: Growing | number[] };

/** Merges fields into trees. Throws for a path that is none. */
export function buildTrees(fields: readonly ImageField[]): FieldTrees {
  const kinds: Record<string, Growing> = {};
  const ends = new Map<string, number>();
  for (const { group, kind, path, ...end } of fields) {
    const text = JSON.stringify(end);
    if (!ends.has(text)) ends.set(text, ends.size);
    let at = (kinds[kindKey(group, kind)] ??= {});
    const steps = parseFieldPath(path);
    if (!steps) throw new Error(`${group} ${kind}: "${path}" is no path`);
    for (const step of steps) at = (at[stepText(step)] ??= {}) as Growing;
    const here = (at[END] ??= []) as number[];
    if (!here.includes(ends.get(text)!)) here.push(ends.get(text)!);
  }
  return { ends: [...ends.keys()].map((text) => JSON.parse(text) as FieldEnd), kinds };
}

/** Keys by which a text is known to hold an image without a look at its kind (candidates.ts). */
const TELLING = /mages?$|^valuesFiles?$|^valueFiles?$/;

/**
 * Kinds with a field that no telling key leads to, as `group/kind`: their documents are read whatever keys they have.
 */
export function kindsToRead(fields: readonly ImageField[]): string[] {
  return [...new Set(fields.filter((field) => !isTelling(field)).map(({ group, kind }) => kindKey(group, kind)))].sort();
}

/** Fields of these shapes are another surface's, which has its own keys to look for. */
const HANDED_ON: ReadonlySet<string> = new Set(["embedded-yaml", "helm-values", "helm-values-string", "helm-parameters", "kustomize-images"]);
export const isHandedOn = ({ shape }: Pick<FieldEnd, "shape">): boolean => HANDED_ON.has(shape);

function isTelling(field: ImageField): boolean {
  const { path, shape, keys } = field;
  if (shape === "podSpec" || isHandedOn(field)) return true;
  const last = keys?.repository ?? keys?.ref;
  const named = parseFieldPath(path)?.flatMap((step) => ("key" in step ? [step.key] : [])) ?? [];
  return [...named, ...(shape === "object" && last !== undefined ? [last] : [])].some((key) => TELLING.test(key));
}
