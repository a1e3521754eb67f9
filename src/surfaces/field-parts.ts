/** An image in parts, as custom resources spell it: composed, and where its digest goes. */
import type { PartRole } from "../model/field.ts";
import { type ImageReference, parseReference } from "../model/reference.ts";
import type { Reading, Slot } from "../model/site.ts";
import { contentSpan, get, isNull, MAP, type Node, own, PLAIN, SCALAR, scalarText } from "../syntax/tree.ts";
import type { FieldEnd } from "./field-tree.ts";
import { newField } from "./new-field.ts";
import { isTemplated } from "./reading.ts";
import { fieldSlot, type Shape } from "./shapes.ts";

/** A shape, where it is pinned instead, and the key of the map that its main scalar stands under. */
export interface FieldShapeRead extends Shape {
  readonly elsewhere?: string;
  readonly key?: string;
}

type Nodes = Readonly<Partial<Record<PartRole, Node>>>;
type Values = Readonly<Partial<Record<PartRole, string>>>;

/** Which part a finding underlines, the first that is there. */
const MAIN: readonly PartRole[] = ["repository", "tag", "version", "registry", "path", "prefix"];

/** The parts of an image in a map; undefined when none of them is there. */
export function readParts(text: string, field: FieldEnd, map: Node, nodes: Nodes): FieldShapeRead | undefined {
  const values = valuesOf(text, nodes);
  const main = MAIN.find((role) => values[role] !== undefined);
  if (main === undefined || (main === "version" && field.keys?.repository !== undefined)) return undefined;
  const shape = { node: nodes[main]!, raw: values[main]!, key: field.keys![main]!, parts: Object.values(nodes), slots: [] };
  const reading = compose(values);
  if (reading.is !== "reference") return { ...shape, reading };
  return { ...shape, reading, ...placeDigest(text, field, map, nodes, values, reading.reference) };
}

function valuesOf(text: string, nodes: Nodes): Values {
  const values: Partial<Record<PartRole, string>> = {};
  for (const [role, node] of Object.entries(nodes) as [PartRole, Node][]) {
    if (node.kind !== SCALAR || isNull(text, node)) continue;
    const value = own(scalarText(text, node).trim());
    if (value !== "") values[role] = value;
  }
  return values;
}

function compose(values: Values): Reading {
  if (Object.values(values).some(isTemplated)) return { is: "templated" };
  const { registry, path, prefix = "", repository, suffix = "", digest, digestHex } = values;
  if (repository === undefined) return { is: "incomplete", missing: "the repository (the controller's)" };
  if (prefix !== "" || suffix !== "") return { is: "incomplete", missing: "how the operator joins the prefix and suffix" };
  const name = [registry, path, repository].filter((one) => one !== undefined).map((one) => one.replace(/\/+$/, "")).join("/");
  const tag = values.tag ?? values.version;
  const pin = digest ?? digestHex;
  // Some operators take a digest where the tag stands.
  const behind = pin === undefined && tag?.startsWith("sha256:") ? `@${tag}` : `${tag === undefined ? "" : `:${tag}`}${pin === undefined ? "" : `@${prefixed(pin)}`}`;
  const parsed = parseReference(name + behind);
  if (!parsed.ok) return { is: "invalid", problem: parsed.problem };
  const { reference } = parsed;
  if (reference.tag === undefined && reference.digest === undefined) return { is: "incomplete", missing: "the tag (the operator's default applies)" };
  return { is: "reference", reference };
}

const prefixed = (digest: string): string => (/^[a-z0-9]+:/.test(digest) ? digest : `sha256:${digest}`);

type Placed = Pick<FieldShapeRead, "slots" | "unpinnable" | "unsafe">;

function placeDigest(text: string, field: FieldEnd, map: Node, nodes: Nodes, values: Values, reference: ImageReference): Placed {
  if (field.pin === "report") return { slots: [] };
  const tag = nodes.tag ?? nodes.version;
  if (tag && isNumber(text, tag)) return { slots: [], unpinnable: `${scalarText(text, tag)} is a number to YAML; put it in quotes` };
  if (field.pin === "set" && !values.tag?.includes("@")) return setKey(text, field, map, nodes, values);
  // The repository holds the whole reference.
  if (values.tag === undefined && values.version === undefined) return inPlace(text, nodes.repository!, "reference");
  if (values.tag?.startsWith("sha256:")) return inPlace(text, nodes.tag!, "digest");
  const pinned = reference.digest !== undefined;
  return { ...inPlace(text, (values.tag === undefined ? nodes.version : nodes.tag)!, "tag@digest"), ...(pinned ? {} : { unsafe: "a pin here holds only while the operator joins repository and tag as they stand" }) };
}

function inPlace(text: string, node: Node, spells: Slot["spells"]): Placed {
  const span = contentSpan(text, node);
  const source = text.slice(span.start, span.end);
  return /[\n\\]/.test(source) ? { slots: [], unpinnable: "the value spans several lines or has escapes; write it plainly on one" } : { slots: [{ span, spells }] };
}

/** A digest in a key of its own, which is made where it is absent. */
function setKey(text: string, field: FieldEnd, map: Node, nodes: Nodes, values: Values): Placed {
  const role = field.keys!.digest !== undefined ? "digest" : "digestHex";
  const existing = nodes[role];
  if (existing) {
    const written = values[role];
    // What stands there shows which form the file has, and is kept.
    const hex = written === undefined ? role === "digestHex" : !written.includes(":");
    const slot = fieldSlot(text, existing, hex ? "digest-hex" : "digest");
    return slot ? { slots: [slot] } : { slots: [], unpinnable: "the digest is empty but for an anchor or a tag; remove that" };
  }
  const beside = [nodes.tag, nodes.repository].find((node) => node !== undefined && map.kind === MAP && map.children!.includes(node));
  const key = field.keys![role]!;
  if (get(map, key) !== undefined) return { slots: [], unpinnable: `${key} holds no text` };
  const slot = beside && newField(text, map, beside, key, role === "digest" ? "digest" : "digest-hex");
  return slot ? { slots: [slot] } : { slots: [], unpinnable: `there is no simple place for a new key; add ${key}: "" to the map` };
}

/** Text that YAML 1.1 takes for a number, which an API server refuses in a field of text. */
export const isNumber = (text: string, node: Node): boolean =>
  node.kind === SCALAR && node.style === PLAIN && !node.tagged && /^[-+]?[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/.test(scalarText(text, node));
