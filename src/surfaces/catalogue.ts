/** Where the fields that are known of a kind stand in a manifest of it. */
import type { FieldOrigin } from "../model/field.ts";
import type { Path } from "../model/site.ts";
import { follow, get, getText, MAP, type Node, SEQ } from "../syntax/tree.ts";
import { parseFieldPath, stepText } from "./field-path.ts";
import { type Branch, END, type FieldEnd } from "./field-tree.ts";
import { fieldsOfKind, isKnown, type OwnFields } from "./known-fields.ts";
import { groupOf } from "./policies.ts";

/** A field at its place. The node may be of any kind, and hold nothing. */
export interface FieldMatch {
  readonly field: FieldEnd;
  readonly node: Node;
  /** From the root of the document. */
  readonly path: Path;
  /** Nodes from the root to the one above. */
  readonly ancestors: readonly Node[];
  /** Names the entry, for instance `catalogue: tekton.dev Task spec.steps[*].image`. */
  readonly because: string;
}

/** A manifest, and the way to it. */
export interface Place {
  readonly text: string;
  readonly manifest: Node;
  readonly path: Path;
  /** Nodes from the root to the manifest, itself included. */
  readonly ancestors: readonly Node[];
}

/**
 * Every field that the catalogue or the policy knows of a manifest; of a list's items as well, which may leave out their kind.
 * The place may be one that changes as a walk goes on: what is found has copies.
 */
export function fieldsIn(place: Place, apiVersion: string, kind: string, own: OwnFields): Iterable<FieldMatch> {
  return isKnown(groupOf(apiVersion), kind, own) || kind.endsWith("List") ? search(place, apiVersion, kind, own) : NONE;
}

const NONE: readonly FieldMatch[] = [];

function* search({ text, manifest, path, ancestors }: Place, apiVersion: string, kind: string, own: OwnFields): Generator<FieldMatch> {
  const slash = apiVersion.indexOf("/");
  const [group, version] = slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const fieldsOf = function* (of: string, node: Node, from: Path, above: readonly Node[]): Generator<FieldMatch> {
    for (const { branch, ends } of fieldsOfKind(group, of, own)) yield* new Search(text, ends, version, `${group} ${of}`).below(node, branch, from, above, []);
  };
  yield* fieldsOf(kind, manifest, [...path], [...ancestors]);
  if (!kind.endsWith("List")) return;
  const items = get(manifest, "items");
  for (const [i, child] of (items?.kind === SEQ ? items.children! : []).entries()) {
    const item = follow(child);
    if (item?.kind === MAP && getText(text, item, "kind") === undefined) yield* fieldsOf(kind.slice(0, -"List".length), item, [...path, "items", i], [...ancestors, items!, item]);
  }
}

/** What a PodSpec holds, whatever it is part of. */
const POD_SPEC: readonly Branch[] = ["containers[*].image", "initContainers[*].image", "ephemeralContainers[*].image", "volumes[*].image.reference"].map(branchOf);

function branchOf(path: string): Branch {
  return parseFieldPath(path)!.map(stepText).reduceRight<Branch>((below, step) => ({ [step]: below }), { [END]: [0] });
}

const WHO: Readonly<Record<FieldOrigin, string>> = { catalogue: "catalogue", recall: "catalogue, unconfirmed", policy: "policy", model: "type" };

class Search {
  private readonly text: string;
  private readonly ends: readonly FieldEnd[];
  private readonly version: string;
  private readonly name: string;

  constructor(text: string, ends: readonly FieldEnd[], version: string, name: string) {
    this.text = text;
    this.ends = ends;
    this.version = version;
    this.name = name;
  }

  /** @param above nodes from the root to `node`; itself included where it is no scalar */
  *below(node: Node, branch: Branch, path: Path, above: readonly Node[], steps: readonly string[]): Generator<FieldMatch> {
    for (const step of Object.keys(branch)) {
      const next = branch[step]!;
      if (Array.isArray(next)) for (const number of next as readonly number[]) yield* this.ending(this.ends[number]!, node, path, above, steps);
      else for (const [key, child] of this.children(node, step)) {
        const to = follow(child);
        if (to === undefined) continue;
        const way = key === undefined ? path : [...path, key];
        yield* this.below(to, next as Branch, way, to === node || (to.kind !== MAP && to.kind !== SEQ) ? above : [...above, to], [...steps, step]);
      }
    }
  }

  private *ending(field: FieldEnd, node: Node, path: Path, above: readonly Node[], steps: readonly string[]): Generator<FieldMatch> {
    if (field.versions && !field.versions.includes(this.version)) return;
    if (field.shape === "podSpec") {
      const whole: FieldEnd = { ...field, shape: "ref" };
      for (const branch of POD_SPEC) yield* new Search(this.text, [whole], this.version, this.name).below(node, branch, path, above, steps);
      return;
    }
    const map = node.kind === MAP ? node : above.at(-1);
    if (field.unless?.some((key) => getText(this.text, map, key))) return;
    yield { field, node, path, ancestors: above, because: `${WHO[field.origin]}: ${this.name.trim()} ${written(steps)}` };
  }

  /** The nodes that one step leads to, each with its step in the document. */
  private children(node: Node, step: string): (readonly [string | number | undefined, Node])[] {
    const first = step.charCodeAt(0);
    if (first === BRACE) return node.kind === MAP ? node.children!.filter(({ key }) => key !== undefined).map((child) => [child.key!, child]) : [];
    if (step === "[*]") return node.kind === SEQ ? node.children!.map((child, i) => [i, child]) : [];
    if (first === BRACKET) return this.where(node, step);
    if (node.kind !== MAP) return [];
    // Kubernetes takes the last of two equal keys, other tools the first: both are read.
    const own = node.children!.filter(({ key }) => key === step);
    const found = own.length > 0 ? own : [get(node, step)];
    return found.flatMap((child) => (child === undefined ? [] : [[step, child] as const]));
  }

  private where(node: Node, step: string): (readonly [number | undefined, Node])[] {
    const equals = step.indexOf("=");
    const [key, value] = [step.slice(1, equals), step.slice(equals + 1, -1)];
    const fits = (map: Node | undefined): boolean => getText(this.text, map, key) === value;
    if (node.kind === MAP) return fits(node) ? [[undefined, node]] : [];
    return node.kind === SEQ ? node.children!.flatMap((child, i) => (fits(follow(child)) ? [[i, child] as const] : [])) : [];
  }
}

const BRACE = 123, BRACKET = 91;

/** Steps as the catalogue writes them. */
const written = (steps: readonly string[]): string => steps.reduce((path, step) => (/^[[{]/.test(step) || path === "" ? path + step : `${path}.${step}`), "");
