/**
 * Kustomize `images:` entries (kustomize api/types/image.go). An entry's name is a match key and never
 * changes; a pin is its `digest`, next to `newTag`, which kustomize 4.5.3 and later render together.
 */
import { nameProblem, parseReference, tagProblem } from "../model/reference.ts";
import type { Path, Reading } from "../model/site.ts";
import { contentSpan, follow, get, getText, isNull, MAP, type Node, own, PLAIN, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import { valuesIn } from "./helm-values.ts";
import { kustomizationOf } from "./kustomization.ts";
import { isTemplated } from "./reading.ts";
import { newField } from "./new-field.ts";
import { fieldSlot } from "./shapes.ts";
import type { Draft, Surface, SurfaceDocument } from "./surface.ts";
import { resolvePath } from "./roles.ts";

const GROUP = /^kustomize\.config\.k8s\.io\//;

export const kustomize: Surface = {
  id: "kustomize",
  summary: "Kustomize images: entries, in every form",
  claims({ role, root, text }) {
    if (root.kind !== MAP) return false;
    const apiVersion = getText(text, root, "apiVersion");
    if (apiVersion !== undefined) return GROUP.test(apiVersion);
    return role.kustomization || getText(text, root, "kind") === "Kustomization";
  },
  *locate(document) {
    const { root } = document;
    yield* entriesIn(document, { map: root, path: [], ancestors: [], resource: root, because: "an entry of images: in a Kustomization" });
    for (const [i, child] of (get(root, "helmCharts")?.children ?? []).entries()) {
      const values = get(follow(child), "valuesInline");
      if (values?.kind === MAP) yield* valuesIn({ document, root: values, path: ["helmCharts", i, "valuesInline"], ancestors: [root, follow(child)!], resource: root });
    }
  },
  kustomization: ({ text, root }) => kustomizationOf(text, root),
  *valuesFiles({ file, root, text }) {
    const charts = get(root, "helmCharts");
    if (charts?.kind !== SEQ) return;
    for (const chart of charts.children!) {
      const files = [get(follow(chart), "valuesFile"), ...(get(follow(chart), "additionalValuesFiles")?.children ?? [])];
      for (const node of files) if (node?.kind === SCALAR) yield resolvePath(file, scalarText(text, node));
    }
  },
};

/** A map with an `images:` list of kustomize's form: a Kustomization, or a part of an object that stands for one. */
export interface EntriesPlace {
  readonly map: Node;
  readonly path: Path;
  /** Nodes above `map`. */
  readonly ancestors: readonly Node[];
  readonly resource: Node | undefined;
  /** What says that these are images. */
  readonly because: string;
}

/** The images of such a list. */
export function* entriesIn(document: SurfaceDocument, place: EntriesPlace): Generator<Draft> {
  const images = get(place.map, "images");
  if (images?.kind !== SEQ) return;
  for (const [i, child] of images.children!.entries()) {
    const entry = follow(child);
    if (entry?.kind === MAP) yield* locateEntry(document, entry, i, images, place);
  }
}

interface Entry {
  readonly name: string | undefined;
  readonly newName: string | undefined;
  readonly newTag: string | undefined;
  readonly digest: string | undefined;
}

function* locateEntry(document: SurfaceDocument, entry: Node, index: number, images: Node, place: EntriesPlace): Generator<Draft> {
  const { text } = document;
  const nodes = { name: get(entry, "name"), newName: get(entry, "newName"), newTag: get(entry, "newTag"), digest: get(entry, "digest") };
  const part = (node: Node | undefined): string | undefined =>
    node?.kind === SCALAR && !isNull(text, node) && scalarText(text, node) !== "" ? own(scalarText(text, node)) : undefined;
  const values: Entry = { name: part(nodes.name), newName: part(nodes.newName), newTag: part(nodes.newTag), digest: part(nodes.digest) };
  const key = (["digest", "newTag", "newName", "name"] as const).find((candidate) => values[candidate] !== undefined);
  if (key === undefined) return;
  const node = nodes[key]!;
  const reading = read(values, nodes.newTag);
  yield {
    node,
    raw: values[key]!,
    path: [...place.path, "images", index, key],
    resource: place.resource,
    reading,
    ...placeDigest(text, entry, nodes, values, reading),
    confidence: "certain",
    because: place.because,
    parts: Object.values(nodes).filter((one) => one !== undefined),
    ancestors: [...place.ancestors, place.map, images, entry],
  };
}

function read(values: Entry, newTag: Node | undefined): Reading {
  const { newName, digest } = values;
  if (Object.values(values).some((value) => value !== undefined && isTemplated(value))) return { is: "templated" };
  // `name: nginx:1.25` matches that tag alone.
  const [matched, matchedTag] = splitTag(values.name ?? "");
  const name = newName ?? matched;
  const problem = nameProblem(name);
  if (problem) return { is: "invalid", problem };
  const [tag, inTag] = splitDigest(values.newTag);
  if (newTag && values.newTag !== undefined && isNumber(newTag, values.newTag))
    return { is: "invalid", problem: { code: "bad-tag", message: `newTag ${tag} is a number to YAML, and kustomize refuses it; put it in quotes` } };
  const wrongTag = tagProblem(tag);
  if (wrongTag) return { is: "invalid", problem: wrongTag };
  const shownTag = tag ?? (newName === undefined ? matchedTag : undefined);
  const pin = digest ?? inTag;
  if (tag === undefined && pin === undefined)
    return { is: "incomplete", missing: "the tag (set in the manifests that the entry matches)" };
  const parsed = parseReference(`${name}${shownTag === undefined ? "" : `:${shownTag}`}${pin === undefined ? "" : `@${pin}`}`);
  return parsed.ok ? { is: "reference", reference: parsed.reference } : { is: "invalid", problem: parsed.problem };
}

type Nodes = Readonly<Record<"name" | "newName" | "newTag" | "digest", Node | undefined>>;

function placeDigest(text: string, entry: Node, nodes: Nodes, values: Entry, reading: Reading): Pick<Draft, "slots" | "unpinnable"> {
  if (reading.is !== "reference") return { slots: [] };
  const { digest, newTag } = nodes;
  if (digest?.kind === SCALAR) {
    const slot = fieldSlot(text, digest, "digest");
    return slot ? { slots: [slot] } : { slots: [], unpinnable: "the digest is empty but for an anchor or a tag; remove that" };
  }
  if (newTag?.kind !== SCALAR || values.newTag === undefined) return { slots: [] };
  if (values.newTag.includes("@")) return { slots: [{ span: contentSpan(text, newTag), spells: "tag@digest" }] };
  // The tag belongs to another map (a merge or an alias): a digest next to it would reach other entries.
  if (!entry.children!.includes(newTag)) return { slots: [], unpinnable: "newTag comes from an anchor; write it in the entry itself" };
  const slot = newField(text, entry, newTag, "digest", "digest");
  return slot ? { slots: [slot] } : { slots: [], unpinnable: "newTag is spelled in an unusual way; write it as newTag: \"tag\" on one line" };
}

function splitTag(name: string): [string, string | undefined] {
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  return colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)];
}

function splitDigest(tag: string | undefined): [string | undefined, string | undefined] {
  const at = tag?.indexOf("@") ?? -1;
  return tag === undefined || at < 0 ? [tag, undefined] : [tag.slice(0, at), tag.slice(at + 1)];
}

/** Plain scalars that YAML 1.1 resolves to a number or a boolean, which kustomize cannot put in a string field. */
const isNumber = (node: Node, tag: string): boolean =>
  node.style === PLAIN && !node.tagged && /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|0x[0-9a-fA-F]+|0o[0-7]+)$|^(?:true|false|yes|no|on|off)$/i.test(tag);
