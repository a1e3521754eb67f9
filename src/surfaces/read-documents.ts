/** A file's text → its documents, and the documents that stand in their strings. */
import type { SourceFile } from "../model/site.ts";
import { innerText } from "../syntax/inner.ts";
import type { Inside, Nested } from "../syntax/nested.ts";
import { readStream } from "../syntax/read.ts";
import type { Document, Node } from "../syntax/tree.ts";
import { candidates, isLoss, type KeySearch } from "./candidates.ts";
import { loadCatalogueFor, NO_OWN_FIELDS, type OwnFields } from "./known-fields.ts";
import { type EmbeddedField, embeddedFields, mayBeDocument, stringKeys } from "./embedded.ts";
import type { FileRole } from "./surface.ts";

/** The documents of a file, with those in strings. */
export type Documents = Nested<EmbeddedField>;

type Reader = "fast" | "full";

/** Strings in strings in strings: each level doubles the escapes, so nobody writes many. */
const MAX_DEPTH = 4;

/** Reads a file's text into its documents. `reader: "full"` is for reading back a rewrite. */
export async function readDocuments({ path, text }: SourceFile, role: FileRole, reader: Reader = "fast", fields: OwnFields = NO_OWN_FIELDS): Promise<Documents> {
  await loadCatalogueFor(text);
  return readText({ file: path, text, role, reader, fields, depth: 0 });
}

async function readText(level: Level): Promise<Documents> {
  const { text, role, reader, fields, depth } = level;
  const read = await readStream(text, { wanted: candidates(text, role, fields.toRead), reader, template: role.template });
  const stream = { ...read, broken: read.broken.filter(({ from, to }) => isLoss(text.slice(from, to), role, fields.toRead)) };
  if (depth === MAX_DEPTH) return { ...stream, inside: NOTHING };
  const inside = new Map<Node, Inside<EmbeddedField>>();
  const keys = stringKeys(text);
  for (const document of stream.documents) await readInside(level, document, keys, inside);
  return { ...stream, inside };
}

const NOTHING: Documents["inside"] = new Map();

interface Level {
  readonly file: string;
  readonly text: string;
  readonly role: FileRole;
  readonly reader: Reader;
  readonly fields: OwnFields;
  readonly depth: number;
}

async function readInside(level: Level, { index, root }: Document, keys: readonly KeySearch[], inside: Map<Node, Inside<EmbeddedField>>): Promise<void> {
  const { file, text, role, fields } = level;
  for (const field of embeddedFields({ file, text, root, role, fields }, keys)) {
    const inner = innerText(text, field.node);
    if (!inner || !mayBeDocument(inner.text)) continue;
    // A string that only might be a document is passed over when it is none, as a template is.
    const innerRole = { values: field.as === "values", template: !field.certain, kustomization: false };
    inside.set(field.node, { field, document: index, inner, stream: await readText({ ...level, text: inner.text, role: innerRole, depth: level.depth + 1 }) });
  }
}
