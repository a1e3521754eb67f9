/** What a replacement of kustomize does to one image (kustomize api/filters/replacement). */
import { follow, get, getText, isNull, type Node, SCALAR, scalarText, SEQ } from "../../syntax/tree.ts";
import type { ReplacementPart } from "./kustomization-parts.ts";
import type { NamedPath } from "./named-path.ts";
import type { Part, Place } from "./origin.ts";
import type { Subject } from "./patches.ts";
import type { Sources } from "./sources.ts";
import { doubted, extend, partsIn, type Way } from "./way.ts";

/** Where the value of a field of some object stands in a file. */
export type FindValue = (kind: string | undefined, name: string | undefined, field: readonly string[]) => Promise<readonly { readonly place: Place; readonly value: string }[]>;

/** The ways after a replacement that may write the image. */
export async function throughReplacement(sources: Sources, ways: readonly Way[], { document, node }: ReplacementPart, subject: Subject, find: FindValue): Promise<readonly Way[]> {
  const { text } = document;
  const options = (items(get(node, "targets")).filter((target) => aimsAt(text, target, subject))).map((target) => cutOf(text, get(target, "options")));
  if (options.length === 0) return ways;
  const from = get(node, "source");
  const literal = get(node, "sourceValue");
  const found = literal?.kind === SCALAR
    ? [{ place: sources.placeOf(document, literal), value: scalarText(text, literal) }]
    : await find(getText(text, from, "kind"), getText(text, from, "name"), stepsOf(getText(text, from, "fieldPath") ?? "metadata.name"));
  const source = cutOf(text, get(from, "options"));
  const written = found.flatMap(({ place, value }) => ways.flatMap((way) => options.flatMap((cut) => {
    const taken = source.delimiter === undefined ? value : value.split(source.delimiter)[source.index];
    const put = taken === undefined ? undefined : putInto(way.value, taken, cut);
    return put === undefined ? [] : [extend(way, put, { place, layer: "replacement", sets: newParts(way.value, put, cut.delimiter), reads: put })];
  })));
  return [...written, ...ways.map(doubted)];
}

interface Cut {
  readonly delimiter: string | undefined;
  readonly index: number;
}

const cutOf = (text: string, options: Node | undefined): Cut => ({ delimiter: getText(text, options, "delimiter"), index: Number(getText(text, options, "index") ?? 0) });

/** A negative index puts the value in front, one beyond the end behind. */
function putInto(value: string | undefined, put: string, { delimiter, index }: Cut): string | undefined {
  if (delimiter === undefined || delimiter === "") return put;
  if (value === undefined) return undefined;
  const parts = value.split(delimiter);
  if (index < 0) parts.unshift(put);
  else if (index >= parts.length) parts.push(put);
  else parts[index] = put;
  return parts.join(delimiter);
}

/** Of a part that was put in, what differs from before was supplied by it. */
function newParts(before: string | undefined, after: string, delimiter: string | undefined): readonly Part[] {
  if (before === undefined || delimiter === undefined) return partsIn(after);
  const [tag, digest] = [delimiter === ":", delimiter === "@"];
  return partsIn(after).filter((part) => (tag ? part !== "name" : digest ? part === "digest" : part === "name"));
}

function aimsAt(text: string, target: Node, { kind, name, readName, path }: Subject): boolean {
  const select = get(target, "select");
  const [wantedKind, wantedName] = [getText(text, select, "kind"), getText(text, select, "name")];
  if (wantedKind !== undefined && wantedKind !== kind && !isPattern(wantedKind, kind)) return false;
  if (wantedName !== undefined && ![name, readName].some((one) => one === wantedName || isPattern(wantedName, one)) && !(name?.includes(wantedName) ?? false)) return false;
  return items(get(target, "fieldPaths")).some((field) => field.kind === SCALAR && !isNull(text, field) && fits(stepsOf(scalarText(text, field)), path));
}

function isPattern(pattern: string, text: string | undefined): boolean {
  try {
    return text !== undefined && new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}

/** `spec.containers.[name=web].image`, `spec.containers.*.image`, `spec.containers.0.image`. */
export const stepsOf = (field: string): string[] => (field.match(/\[[^\]]*\]|(?:\\.|[^.[\]])+/g) ?? []).map((step) => step.replaceAll("\\.", "."));

function fits(steps: readonly string[], path: NamedPath): boolean {
  return steps.length === path.length && steps.every((step, i) => {
    const at = path[i]!;
    if (step === "*") return true;
    if (typeof at === "string") return at === step;
    if (/^\d+$/.test(step)) return typeof at !== "number" || at === Number(step);
    const [, key, wanted] = /^\[([^=]+)=(.*)\]$/.exec(step) ?? [];
    return key !== undefined && (key !== "name" || typeof at !== "object" || at.named === wanted);
  });
}

const items = (list: Node | undefined): Node[] => (list?.kind === SEQ ? list.children!.flatMap((child) => follow(child) ?? []) : []);
