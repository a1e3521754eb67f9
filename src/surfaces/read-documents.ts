/** A file's text → its documents, and the documents that stand in their strings. */
import type { SourceFile } from "../model/site.ts";
import { innerText } from "../syntax/inner.ts";
import type { Inside, Nested } from "../syntax/nested.ts";
import { readStream } from "../syntax/read.ts";
import type { Document, Node } from "../syntax/tree.ts";
import { candidates } from "./candidates.ts";
import { type EmbeddedField, embeddedFields, mayBeDocument } from "./embedded.ts";
import type { FileRole } from "./surface.ts";

/** The documents of a file, with those in strings. */
export type Documents = Nested<EmbeddedField>;

type Reader = "fast" | "full";

/** Strings in strings in strings: each level doubles the escapes, so nobody writes many. */
const MAX_DEPTH = 4;

/** Reads a file's text into its documents. `reader: "full"` is for reading back a rewrite. */
export function readDocuments({ path, text }: SourceFile, role: FileRole, reader: Reader = "fast"): Promise<Documents> {
  return readText(path, text, role, reader, 0);
}

async function readText(file: string, text: string, role: FileRole, reader: Reader, depth: number): Promise<Documents> {
  const stream = await readStream(text, { wanted: candidates(text, role), reader, template: role.template });
  if (depth === MAX_DEPTH) return { ...stream, inside: NOTHING };
  const inside = new Map<Node, Inside<EmbeddedField>>();
  for (const document of stream.documents) await readInside({ file, text, role, reader, depth }, document, inside);
  return { ...stream, inside };
}

const NOTHING: Documents["inside"] = new Map();

interface Level {
  readonly file: string;
  readonly text: string;
  readonly role: FileRole;
  readonly reader: Reader;
  readonly depth: number;
}

async function readInside({ file, text, role, reader, depth }: Level, { index, root }: Document, inside: Map<Node, Inside<EmbeddedField>>): Promise<void> {
  for (const field of embeddedFields({ file, text, root, role })) {
    const inner = innerText(text, field.node);
    if (!inner || !mayBeDocument(inner.text)) continue;
    // A string that only might be a document is passed over when it is none, as a template is.
    const innerRole = { values: field.as === "values", template: !field.certain, kustomization: false };
    inside.set(field.node, { field, document: index, inner, stream: await readText(file, inner.text, innerRole, reader, depth + 1) });
  }
}
