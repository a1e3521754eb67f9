/** Why a scalar is not taken for an image, as far as the program knows. */
import type { Path, Position, SourceFile } from "../model/site.ts";
import { parseReference } from "../model/reference.ts";
import { Lines } from "../syntax/lines.ts";
import { readStream } from "../syntax/read.ts";
import { ALIAS, type Document, getText, MAP, type Node, own, SCALAR, scalarText } from "../syntax/tree.ts";
import { candidates } from "./candidates.ts";
import { namesImage, passes } from "./guess-gate.ts";
import type { OwnFields } from "./known-fields.ts";
import { isPattern } from "./policies.ts";
import type { FileRole } from "./surface.ts";

/** A scalar that was passed over. */
export interface PassedOver {
  readonly path: Path;
  readonly raw: string;
  readonly position: Position;
  readonly why: string;
}

/** What stands on a line where no image does. */
export interface OnLine {
  readonly scalars: readonly PassedOver[];
  /** Why there are none, if so. */
  readonly nothing?: string;
}

interface Place {
  readonly node: Node;
  readonly path: Path;
  readonly around: readonly Node[];
}

/** Looks at a line again, this time at everything in it. */
export async function passedOverAt(source: SourceFile, role: FileRole, line: number, fields: OwnFields): Promise<OnLine> {
  const { text } = source;
  const lines = new Lines(text);
  if (line > lines.count) return { scalars: [], nothing: `the file has ${lines.count} lines` };
  const content = lines.line(line).trim();
  if (content === "" || content.startsWith("#")) return { scalars: [], nothing: content === "" ? "the line is empty" : "the line is a comment" };
  const stream = await readStream(text, { wanted: () => true, template: role.template });
  const wanted = candidates(text, role, fields.toRead);
  const found: PassedOver[] = [];
  for (const document of stream.documents) {
    const read = wanted(document.from, document.to, false);
    for (const place of scalarsIn(document)) if (touches(lines, place.node, line)) found.push(passedOver(text, lines, place, read));
  }
  if (found.length > 0) return { scalars: found };
  const [broken] = stream.broken;
  return { scalars: [], nothing: broken ? `a document of this file is not YAML${broken.template ? " until its template is rendered" : ""}: ${broken.message}` : "no value stands on this line" };
}

function touches(lines: Lines, { start, end, keyStart }: Node, line: number): boolean {
  return lines.at(keyStart >= 0 ? Math.min(keyStart, start) : start).line <= line && lines.at(Math.max(start, end - 1)).line >= line;
}

function passedOver(text: string, lines: Lines, { node, path, around }: Place, read: boolean): PassedOver {
  const raw = own(scalarText(text, node));
  return { path, raw, position: lines.at(node.start), why: reason(text, node, raw, path, around, read) };
}

function reason(text: string, node: Node, raw: string, path: Path, around: readonly Node[], read: boolean): string {
  const manifest = around.findLast((one) => getText(text, one, "apiVersion") !== undefined && getText(text, one, "kind") !== undefined);
  const below = manifest === undefined ? path : path.slice(around.indexOf(manifest));
  if (getText(text, manifest, "kind") === "CustomResourceDefinition") return "it is part of a CustomResourceDefinition, which says what may stand elsewhere";
  if (!read) return "the document has no key, name or text that speaks of an image, so it was not read";
  if (below[0] === "status") return "status is what a controller reports, not what anyone asks for";
  if (below.includes("rbd")) return "rbd.image names a RADOS image, not a container's";
  if (below.includes("managedFields")) return "managedFields say who wrote which field";
  if (isPattern(getText(text, manifest, "apiVersion") ?? "")) return "it is part of a policy, whose texts are patterns to compare with";
  return aboutText(node.key ?? nearestKey(path), raw);
}

function aboutText(key: string | undefined, raw: string): string {
  if (raw === "") return "it is empty";
  const parsed = parseReference(raw);
  const named = key !== undefined && namesImage(key);
  if (!parsed.ok) return named ? `the key sounds like an image, but the text is no reference: ${parsed.problem.message}` : `${aboutKey(key)}, and the text is no reference: ${parsed.problem.message}`;
  if (!named) return `${aboutKey(key)}, no surface knows the field, and the text alone does not show that it is an image`;
  return passes(raw, "path") ? "the key sounds like an image, but no surface takes such a key here" : "the key sounds like an image, but the text could as well be something else: it has no path, tag or digest";
}

const aboutKey = (key: string | undefined): string => (key === undefined ? "it has no key" : `the key ${key} is not one of an image`);

const nearestKey = (path: Path): string | undefined => path.findLast((step): step is string => typeof step === "string");

/** Every scalar of a document. What an alias repeats is met where it stands. */
function* scalarsIn({ root }: Document): Generator<Place> {
  yield* walk(root, [], []);
}

function* walk(node: Node, path: Path, around: readonly Node[]): Generator<Place> {
  if (node.kind === SCALAR) yield { node, path, around };
  if (node.kind === SCALAR || node.kind === ALIAS) return;
  for (const [i, child] of node.children!.entries()) yield* walk(child, [...path, node.kind === MAP ? (child.key ?? "?") : i], [...around, node]);
}
