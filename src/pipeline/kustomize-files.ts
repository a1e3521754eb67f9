/** Files that a few kustomizations name and that are no manifests: read when a kustomization is followed, never before. */
import type { FieldSpec, ImageEntry, Replacement } from "../model/kustomization.ts";
import { entryOf, fieldSpecsOf, replacementOf } from "../surfaces/kustomization.ts";
import { readStream } from "../syntax/read.ts";
import { follow, get, getText, type Node, SEQ } from "../syntax/tree.ts";

/** What a transformer does to images: what an entry does, or nothing. */
export interface Transformer {
  readonly entry?: Omit<ImageEntry, "index">;
  readonly specs: readonly FieldSpec[];
}

/** Built-in transformers that change no image. */
const HARMLESS = /^(?:Labels?|Annotations?|Prefix|Suffix|PrefixSuffix|Namespace|ReplicaCount)Transformer$/;

/** The image fields that a configuration adds; undefined when it cannot be read. */
export async function readConfiguration(text: string | undefined): Promise<FieldSpec[] | undefined> {
  const roots = await read(text);
  return roots?.flatMap((root) => fieldSpecsOf(text!, get(root, "images")));
}

/** The replacements of a file, which holds one or a list of them. */
export async function readReplacements(text: string | undefined): Promise<Replacement[] | undefined> {
  const roots = await read(text);
  const items = roots?.flatMap((root) => (root.kind === SEQ ? root.children!.map(follow) : [root]));
  return items?.flatMap((item) => (item && replacementOf(text!, item)) ?? []);
}

/** The transformers of a file; undefined in the place of each that is not known here. */
export async function readTransformer(text: string | undefined): Promise<(Transformer | undefined)[]> {
  const roots = await read(text);
  return roots?.map((root) => transformerOf(text!, root)) ?? [undefined];
}

function transformerOf(text: string, root: Node): Transformer | undefined {
  const kind = getText(text, root, "kind") ?? "";
  if (HARMLESS.test(kind)) return { specs: [] };
  const entry = kind === "ImageTagTransformer" ? entryOf(text, get(root, "imageTag")) : undefined;
  return entry && { entry, specs: fieldSpecsOf(text, get(root, "fieldSpecs")) };
}

async function read(text: string | undefined): Promise<Node[] | undefined> {
  if (text === undefined) return undefined;
  const stream = await readStream(text, { wanted: () => true });
  return stream.broken.length > 0 ? undefined : stream.documents.map(({ root }) => root);
}
