/** A draft found in a program's object → the place in a file where that text stands, and how a digest is written there. */
import { Node } from "ts-morph";
import type { Reading, Slot, Span } from "../../model/site.ts";
import { readReference } from "../reading.ts";
import type { Draft } from "../surface.ts";
import type { Handed } from "./calls.ts";
import type { Leaf, ProgramDocument } from "./document.ts";
import type { Loaded, Program } from "./program.ts";
import type { Piece, Text } from "./text.ts";

/** A place, before other images are known that share its literals. */
export interface Place {
  readonly file: Loaded;
  /** The expression that stands there. */
  readonly node: Node;
  readonly span: Span;
  readonly raw: string;
  readonly reading: Reading;
  readonly slots: readonly Slot[];
  readonly unpinnable?: string;
  readonly unsafe?: string;
  /** Every literal that spells a part of the reference. */
  readonly pieces: readonly Piece[];
  /** Literals that a pin writes to. */
  readonly written: readonly Piece[];
  /** Names by which the literals were reached. */
  readonly trail: readonly Node[];
  /** The reference is made of several literals: none of them can be written as if it were the whole. */
  readonly composed: boolean;
  readonly draft: Draft;
  readonly handed: Handed;
  /** A part of it is a parameter whose values were not found. */
  readonly parameter: boolean;
}

export function placeOf(program: Program, document: ProgramDocument, draft: Draft, handed: Handed): Place | undefined {
  const main = document.leafAt(draft.node.start);
  if (!main) return undefined;
  const { node } = main.value;
  const file = program.fileOf(node);
  const leaves = draft.parts.map((part) => document.leafAt(part.start)).filter((leaf) => leaf !== undefined);
  const common = {
    file, node, draft, handed, pieces: leaves.flatMap(piecesOf), composed: draft.parts.length > 1 || main.text.is === "joined",
    trail: leaves.flatMap(trailOf), parameter: leaves.some(({ text }) => text.is === "computed" && text.parameter),
  };
  if (main.text.is === "computed") {
    const source = node.getText().replace(/\s+/g, " ");
    return { ...common, span: expressionSpan(node), raw: source.length > 200 ? `${source.slice(0, 197)}...` : source, reading: { is: "templated" }, slots: [], written: [], unpinnable: `${main.text.why}; pin it where it is set` };
  }
  const span = main.text.is === "literal" ? main.text.piece.span : expressionSpan(node);
  const raw = textOf(main.text);
  const reading: Reading = draft.parts.length === 1 && draft.reading.is !== "reference" && main.text.is !== "other" ? readReference(raw) : draft.reading;
  const first = leaves.find(({ text }) => text.is === "computed");
  if (first?.text.is === "computed") return { ...common, span, raw, reading, slots: [], written: [], unpinnable: `${first.text.why}; pin it where it is set` };
  const how = write(document, draft, main, file);
  return { ...common, span, raw, reading, ...how, ...(how.unsafe ?? draft.unsafe) === undefined ? {} : { unsafe: (how.unsafe ?? draft.unsafe)! } };
}

const expressionSpan = (node: Node): Span => ({ start: node.getStart(), end: node.getEnd() });

const textOf = (text: Text): string => (text.is === "literal" ? text.piece.text : text.is === "computed" ? "" : text.text);

export function piecesOf({ text }: Leaf): readonly Piece[] {
  return text.is === "literal" ? [text.piece] : text.is === "joined" ? text.pieces : [];
}

export const trailOf = ({ value, text }: Leaf): readonly Node[] => [...value.way.trail, ...(text.is === "joined" ? text.pieces.flatMap(({ trail }) => trail) : [])];

interface Written {
  readonly slots: readonly Slot[];
  readonly written: readonly Piece[];
  readonly unpinnable?: string;
  readonly unsafe?: string;
}

const refuse = (unpinnable: string): Written => ({ slots: [], written: [], unpinnable });

/** The draft's slots, moved to the literals that they fall into. */
function write(document: ProgramDocument, draft: Draft, main: Leaf, file: Loaded): Written {
  if (draft.slots.length === 0) return { slots: [], written: [], ...(draft.unpinnable === undefined ? {} : { unpinnable: draft.unpinnable }) };
  const slots: Slot[] = [];
  const written: Piece[] = [];
  let unsafe: string | undefined;
  for (const slot of draft.slots) {
    const leaf = document.leafAt(slot.span.start) ?? main;
    const moved = leaf.text.is === "literal" ? moveInto(leaf.text.piece, leaf.start, slot) : leaf.text.is === "joined" ? behind(leaf.text, slot) : "it is no text";
    if (typeof moved === "string") return refuse(moved);
    if (moved.piece.node.getSourceFile() !== file.tree) return refuse(`its last part stands in another file (${moved.piece.node.getSourceFile().getFilePath().slice(1)})`);
    if (leaf.text.is === "joined" && !moved.piece.own && isExported(moved.piece.node)) unsafe = "other files may use the constant that ends it by itself";
    slots.push(moved.slot);
    written.push(moved.piece);
  }
  return { slots, written, ...(unsafe === undefined ? {} : { unsafe }) };
}

type Moved = { readonly slot: Slot; readonly piece: Piece } | string;

const NOT_PLAIN = "the reference is spelled with escapes or on several lines; write it plainly";

/** A slot of the document's text, in the literal that the text was taken from. */
function moveInto(piece: Piece, start: number, slot: Slot): Moved {
  if (!piece.plain) return NOT_PLAIN;
  if (slot.before?.includes("\n") || slot.after !== undefined) return "there is no field for a digest yet; add one";
  const by = piece.span.start - start;
  return { slot: { ...slot, span: { start: slot.span.start + by, end: slot.span.end + by } }, piece };
}

/** A joined text takes a digest behind its last piece. */
function behind({ pieces, text }: Extract<Text, { is: "joined" }>, slot: Slot): Moved {
  if (slot.spells !== "reference" && slot.spells !== "tag@digest") return "its digest is joined of several texts";
  const last = pieces.at(-1);
  if (!last) return "it is empty";
  if (!last.plain) return Node.isNumericLiteral(last.node) ? "its last part is a number" : NOT_PLAIN;
  const at = text.lastIndexOf("@");
  if (at < 0) return { slot: { span: { start: last.span.end, end: last.span.end }, spells: "digest", before: "@" }, piece: last };
  const digest = text.length - at - 1;
  if (digest > last.text.length) return "its digest is joined of several texts";
  return { slot: { span: { start: last.span.end - digest, end: last.span.end }, spells: "digest" }, piece: last };
}

/** Whether a literal belongs to something that other files can name. */
function isExported(node: Node): boolean {
  return node.getAncestors().some((one) => (Node.isVariableStatement(one) || Node.isEnumDeclaration(one) || Node.isClassDeclaration(one)) && one.isExported());
}
