/** What stands in a known field, by the shape that the catalogue or the policy gives it. */
import { type ImageReference, parseReference } from "../model/reference.ts";
import type { PartRole } from "../model/field.ts";
import type { Reading } from "../model/site.ts";
import { contentSpan, get, isNull, MAP, type Node, own, SCALAR, scalarText } from "../syntax/tree.ts";
import type { FieldEnd } from "./field-tree.ts";
import { type FieldShapeRead, readParts } from "./field-parts.ts";
import { isTemplated, readReference } from "./reading.ts";
import { type Shape, wholeReference } from "./shapes.ts";

/** What stands in the field; undefined when it names no image. */
export function readField(text: string, field: FieldEnd, node: Node): FieldShapeRead | undefined {
  const shape = readShape(text, field, node);
  if (!shape) return undefined;
  const unwritten = field.role === "tracked" || field.role === "build-output" || field.role === "pattern";
  if (field.pin !== "report" && field.origin !== "recall") return field.unsafe && shape.slots.length > 0 && !isPinned(shape.reading) ? { ...shape, unsafe: field.unsafe } : shape;
  const why = unwritten ? WHY_NOT[field.role as keyof typeof WHY_NOT] : field.origin === "recall" && field.pin !== "report" ? HEARSAY : NO_PLACE;
  const elsewhere = unwritten ? undefined : (field.elsewhere ?? (field.origin === "recall" && field.pin !== "report" ? VOUCH : undefined));
  return { ...shape, slots: [], unpinnable: why, ...(elsewhere ? { elsewhere } : {}) };
}

const isPinned = (reading: Reading): boolean => reading.is === "reference" && reading.reference.digest !== undefined;

const WHY_NOT = {
  tracked: "another tool follows this image; a digest would end that",
  "build-output": "a build pushes to this name; a digest would break it",
  pattern: "this matches images, and names none",
} as const;
const HEARSAY = "no schema or document that we have confirms this field";
const VOUCH = "name the field under fields: in the policy, and it is pinned";
const NO_PLACE = "this field takes no digest";

function readShape(text: string, field: FieldEnd, node: Node): FieldShapeRead | undefined {
  switch (field.shape) {
    case "ref": return wholeReference(text, node);
    case "docker-url": return behindScheme(text, node, "docker://", true);
    case "oci-url": return behindScheme(text, node, "oci://", true);
    case "object": return readObject(text, field, node);
    case "repository": return alone(text, node, "the tag (the controller's)");
    case "tag": return part(text, node, "the repository (the controller's)");
    case "version-only": return version(text, field, node);
    case "version-or-ref": return /[/:@]/.test(valueOf(text, node) ?? "") ? wholeReference(text, node) : withPlace(version(text, field, node), field);
    default: return undefined;
  }
}

/** The text of a scalar that says something. */
function valueOf(text: string, node: Node | undefined): string | undefined {
  if (node?.kind !== SCALAR || isNull(text, node)) return undefined;
  return own(scalarText(text, node).trim()) || undefined;
}

/** A version in a field that takes a reference as well: what to write is known, and not ours to decide. */
const withPlace = (shape: Shape | undefined, { elsewhere }: FieldEnd): FieldShapeRead | undefined =>
  shape && { ...shape, unpinnable: "a version alone takes no digest", ...(elsewhere ? { elsewhere } : {}) };

/** A reference behind a scheme. Another scheme names no image. */
function behindScheme(text: string, node: Node, scheme: string, required: boolean): Shape | undefined {
  const raw = valueOf(text, node);
  if (raw === undefined || (!raw.startsWith(scheme) && (required || raw.includes("://")))) return undefined;
  const whole = wholeReference(text, node);
  if (!whole || !raw.startsWith(scheme)) return whole;
  const { start, end } = contentSpan(text, node);
  const slots = whole.slots.length > 0 && text.startsWith(scheme, start) ? [{ span: { start: start + scheme.length, end }, spells: "reference" as const }] : [];
  return { ...whole, reading: readReference(raw.slice(scheme.length)), slots };
}

function part(text: string, node: Node, missing: string): Shape | undefined {
  const raw = valueOf(text, node);
  if (raw === undefined) return undefined;
  return { node, raw, reading: isTemplated(raw) ? { is: "templated" } : { is: "incomplete", missing }, slots: [], parts: [node] };
}

/** A repository, which may hold a tag or a digest all the same. */
function alone(text: string, node: Node, missing: string): Shape | undefined {
  const shape = part(text, node, missing);
  const parsed = shape && parseReference(shape.raw);
  if (!shape || shape.reading.is === "templated" || !parsed) return shape;
  if (!parsed.ok) return { ...shape, reading: { is: "invalid", problem: parsed.problem } };
  return isWhole(parsed.reference) ? { ...shape, reading: { is: "reference", reference: parsed.reference } } : shape;
}

const isWhole = ({ tag, digest }: ImageReference): boolean => tag !== undefined || digest !== undefined;

function version(text: string, { implies }: FieldEnd, node: Node): Shape | undefined {
  const raw = valueOf(text, node);
  return part(text, node, implies === undefined ? "the repository (the operator's)" : `the repository (the operator runs ${implies}:${raw})`);
}

function readObject(text: string, field: FieldEnd, map: Node): FieldShapeRead | undefined {
  if (map.kind !== MAP) return undefined;
  const nodes: Partial<Record<PartRole, Node>> = {};
  for (const [role, key] of Object.entries(field.keys ?? {})) {
    const found = get(map, key);
    if (found?.kind === SCALAR) nodes[role as PartRole] = found;
  }
  if (nodes.ref) {
    const { ref } = nodes;
    const shape = behindScheme(text, ref, "oci://", false);
    const key = field.keys!.ref!;
    return shape && withChecksum(text, { ...shape, key }, nodes.digestHex);
  }
  return readParts(text, field, map, nodes);
}

/** A checksum beside a URL holds its content as a digest does. */
function withChecksum(text: string, shape: FieldShapeRead, node: Node | undefined): FieldShapeRead {
  const hex = valueOf(text, node);
  if (hex === undefined || node === undefined || shape.reading.is !== "reference") return shape;
  const parsed = parseReference(`${shape.raw.replace(/^oci:\/\//, "").replace(/@.*$/, "")}@sha256:${hex.replace(/^sha256:/, "")}`);
  if (!parsed.ok) return { ...shape, slots: [], reading: { is: "invalid", problem: parsed.problem }, parts: [...shape.parts, node] };
  return { ...shape, reading: { is: "reference", reference: parsed.reference }, slots: [{ span: { start: node.start, end: node.end }, spells: hex.startsWith("sha256:") ? "digest" : "digest-hex" }], parts: [...shape.parts, node] };
}
