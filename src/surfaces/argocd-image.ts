/** `[name=]newname[:tag][@digest]`, the text that Argo CD hands to `kustomize edit set image`. */
import { parseReference } from "../model/reference.ts";
import type { Reading } from "../model/site.ts";
import { contentSpan, type Node, scalarText } from "../syntax/tree.ts";
import { readReference } from "./reading.ts";
import { type Shape, wholeReference } from "./shapes.ts";

/** What the text amounts to; its slot is the part behind the `=`, which names what the manifests say. */
export function kustomizeImage(text: string, node: Node): Shape | undefined {
  const whole = wholeReference(text, node);
  if (!whole) return undefined;
  const raw = scalarText(text, node);
  const equals = raw.indexOf("=");
  const wanted = raw.slice(equals + 1);
  const reading = read(wanted);
  if (reading.is !== "reference") return { ...whole, reading, slots: [] };
  const { start, end } = contentSpan(text, node);
  const slots = whole.slots.length === 0 ? [] : [{ span: { start: end - wanted.length, end }, spells: "reference" as const }];
  return start + raw.length === end || slots.length === 0 ? { ...whole, reading, slots } : { ...whole, reading, slots: [], unpinnable: "the text is spelled in an unusual way; write it plainly" };
}

function read(wanted: string): Reading {
  // `name=*:tag` keeps the name that the manifests have.
  if (wanted.startsWith("*")) return { is: "incomplete", missing: "the name (the manifests' own is kept)" };
  const reading = readReference(wanted);
  const parsed = parseReference(wanted);
  if (!parsed.ok || reading.is !== "reference") return reading;
  const { tag, digest } = parsed.reference;
  return tag === undefined && digest === undefined ? { is: "incomplete", missing: "the tag (set in the manifests that the entry matches)" } : reading;
}
