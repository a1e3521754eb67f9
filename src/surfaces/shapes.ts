/**
 * The shapes in which manifests spell an image, whatever the surface: one scalar, or a map with parts.
 * A shape says what the text amounts to and which slots, when filled, write a reference back.
 */
import { type ImageReference, isDigest, parseReference } from "../model/reference.ts";
import type { Reading, Slot } from "../model/site.ts";
import { contentSpan, DOUBLE, FOLDED, isNull, LITERAL, MAP, type Node, own, PLAIN, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import { isTemplated, readReference } from "./reading.ts";

/** The part of a draft that a shape decides. */
export interface Shape {
  readonly node: Node;
  readonly raw: string;
  readonly reading: Reading;
  readonly slots: readonly Slot[];
  readonly parts: readonly Node[];
  readonly unpinnable?: string;
  readonly unsafe?: string;
}

/** A scalar that holds a whole reference. Undefined when there is none: another kind of node, empty, or null. */
export function wholeReference(text: string, node: Node): Shape | undefined {
  const template = unquotedTemplate(text, node);
  if (template !== undefined) return { node, raw: template, reading: { is: "templated" }, slots: [], parts: [node] };
  if (node.kind !== SCALAR || isNull(text, node)) return undefined;
  const raw = own(scalarText(text, node));
  if (raw === "") return undefined;
  const reading = readReference(raw);
  const refusal = refusalToEdit(text, node);
  if (refusal !== undefined) return { node, raw, reading, slots: [], parts: [node], unpinnable: refusal };
  return { node, raw, reading, slots: [{ span: contentSpan(text, node), spells: "reference" }], parts: [node] };
}

/**
 * `image: {{ .Values.image }}` without quotes is a flow map to YAML. Gives its text, so that the reference
 * is counted as templated.
 */
export function unquotedTemplate(text: string, node: Node): string | undefined {
  if ((node.kind !== MAP && node.kind !== SEQ) || !text.startsWith("{{", node.start)) return undefined;
  return /^\{\{.*?\}\}[^\s#]*/.exec(text.slice(node.start, node.start + 1000))?.[0] ?? "{{";
}

/** Why a scalar's text cannot be replaced in place, if so. */
function refusalToEdit(text: string, node: Node): string | undefined {
  const { start, end } = contentSpan(text, node);
  const source = text.slice(start, end);
  if (source.includes("\n")) return "the reference spans several lines; write it on one";
  if (node.style === DOUBLE && source.includes("\\")) return "the reference is spelled with escapes; write it plainly";
  return undefined;
}

/** The keys of a map that spell one image in parts. */
export interface Parts {
  readonly registry?: Node | undefined;
  readonly repository?: Node | undefined;
  readonly tag?: Node | undefined;
  readonly digest?: Node | undefined;
  /** A digest without its `sha256:`. */
  readonly hex?: Node | undefined;
  /** Why the chart does not look at the digest, if so. */
  readonly unused?: string | undefined;
}

/** What an empty tag means to the reader of the map. */
const NO_TAG = "the tag (the chart's default applies)";

/** An image in parts, as Helm values spell it. The main place is the repository, else the tag. */
export function partsReference(text: string, parts: Parts): Shape | undefined {
  const repository = filled(text, parts.repository);
  const registry = filled(text, parts.registry);
  const tag = filled(text, parts.tag);
  const digest = filled(text, parts.digest);
  const hex = filled(text, parts.hex);
  const main = parts.repository && repository !== undefined ? parts.repository : parts.tag;
  if (!main || (repository === undefined && tag === undefined)) return undefined;
  const raw = own(scalarText(text, main));
  const nodes = [parts.registry, parts.repository, parts.tag, parts.digest, parts.hex].filter((node) => node !== undefined);
  const shape = (reading: Reading, slots: readonly Slot[] = [], rest: { unpinnable?: string; unsafe?: string } = {}): Shape =>
    ({ node: main, raw, reading, slots, parts: nodes, ...rest });

  if ([repository, registry, tag, digest, hex].some((part) => part !== undefined && isTemplated(part)))
    return shape({ is: "templated" });
  if (repository === undefined) return shape({ is: "incomplete", missing: "the repository (set in another file)" });

  const pinned = digest ?? (hex === undefined ? undefined : hex.startsWith("sha256:") ? hex : `sha256:${hex}`);
  const whole = `${registry === undefined ? "" : `${registry.replace(/\/+$/, "")}/`}${repository}`
    + `${tag === undefined ? "" : `:${tag}`}${pinned === undefined ? "" : `@${pinned}`}`;
  const parsed = parseReference(whole);
  if (!parsed.ok) return shape({ is: "invalid", problem: parsed.problem });
  const { reference } = parsed;
  if (reference.tag === undefined && reference.digest === undefined) return shape({ is: "incomplete", missing: NO_TAG });
  const reading: Reading = { is: "reference", reference };

  const number = parts.tag && tag !== undefined ? numberTrap(parts.tag, tag) : undefined;
  if (number !== undefined) return shape(reading, [], { unpinnable: number });
  if (parts.unused !== undefined) return shape(withoutDigest(reference), [], { unpinnable: parts.unused });
  const place = digestPlace(text, parts);
  if (place && parts.digest === undefined && hex === undefined)
    return shape(reading, [place], { unsafe: "charts differ on whether sha has its sha256: in front" });
  if (place) return shape(reading, [place]);
  const inTag = tag === undefined ? undefined : parts.tag;
  const target = inTag ?? parts.repository!;
  const refusal = refusalToEdit(text, target);
  if (refusal !== undefined) return shape(reading, [], { unpinnable: refusal });
  return shape(
    reading,
    [{ span: contentSpan(text, target), spells: inTag ? "tag@digest" : "reference" }],
    // Charts put the tag in labels and compare it as a version (docs/decisions/0006-safe-and-unsafe-pins.md).
    { unsafe: "the chart may use the tag elsewhere, in a label or a version comparison" },
  );
}

const withoutDigest = ({ name, tag }: ImageReference): Reading => ({ is: "reference", reference: { name, ...(tag === undefined ? {} : { tag }) } });

/** The slot of an existing digest key, filled or empty. */
function digestPlace(text: string, parts: Parts): Slot | undefined {
  const node = parts.digest ?? parts.hex;
  if (!node || node.kind !== SCALAR || node.style === LITERAL || node.style === FOLDED) return undefined;
  const prefixed = parts.digest !== undefined || scalarText(text, node).startsWith("sha256:");
  return fieldSlot(text, node, prefixed ? "digest" : "digest-hex");
}

/** The slot of a field that exists, whatever stands in it: a value, `""`, `null`, nothing. */
export function fieldSlot(text: string, node: Node, spells: Slot["spells"]): Slot | undefined {
  // The place of an empty value is in front of its anchor or tag.
  if (node.start === node.end && node.style === PLAIN && (node.anchored || node.tagged)) return undefined;
  const span = { start: node.start, end: node.end };
  if (node.style !== PLAIN) return { span, spells };
  const space = node.start === node.end ? " " : "";
  // A plain `null` under a quoted key is JSON, where a text needs its quotes.
  const quote = text[node.keyStart] === '"' ? '"' : "";
  const before = `${space}${quote}`;
  return { span, spells, ...(before === "" ? {} : { before }), ...(quote === "" ? {} : { after: quote }) };
}

/** `tag: 1.10` is the number 1.1 to Helm: the text and the image differ, and no digest can be right for both. */
function numberTrap(node: Node, tag: string): string | undefined {
  if (node.kind !== SCALAR || node.style !== PLAIN || node.tagged || !/^[-+]?[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$|^0[xo]/.test(tag))
    return undefined;
  const number = Number(tag.replaceAll("_", ""));
  // Helm reads numbers as floats, and Go prints those from a million up with an exponent.
  const shown = number >= 1e6 ? number.toExponential() : String(number);
  return shown === tag ? undefined : `the tag ${tag} is the number ${shown} to Helm; put it in quotes`;
}

function filled(text: string, node: Node | undefined): string | undefined {
  if (!node || node.kind !== SCALAR || isNull(text, node)) return undefined;
  const value = own(scalarText(text, node).trim());
  return value === "" ? undefined : value;
}

/** A string that is surely meant as an image although only its key says so: a valid reference with a slash, tag or digest. */
export function looksLikeReference(raw: string): boolean {
  if (isTemplated(raw)) return true;
  if (!/[/:@]/.test(raw) || /\.(?:png|jpe?g|gif|svg|ico|webp|iso|qcow2|img|vmdk|vhdx?|ova|raw)$/i.test(raw)) return false;
  const parsed = parseReference(raw);
  return parsed.ok || (parsed.problem.code.startsWith("digest") && isDigestLike(raw));
}

const isDigestLike = (raw: string): boolean => raw.includes("@sha") && !isDigest(raw);
