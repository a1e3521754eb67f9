/** What a kustomization, or a transformer's file, does to images: each part with its place in a file. */
import type { ImageEntry } from "../../model/kustomization.ts";
import { entryOf } from "../../surfaces/kustomization.ts";
import { follow, get, getText, MAP, type Node, SCALAR, scalarText, SEQ } from "../../syntax/tree.ts";
import { folderAround, pathFrom } from "../relative-path.ts";
import type { Place } from "./origin.ts";
import type { Located, Sources } from "./sources.ts";

/** An entry of `images:`, or an ImageTagTransformer. */
export interface EntryPart {
  readonly entry: Omit<ImageEntry, "index">;
  /** What it says of the digest, else of the tag, else of the name. */
  readonly place: Place;
  /** What it is. */
  readonly layer: string;
}

/** Objects that one patch is made of; and what it aims at, if it says so. */
export interface PatchPart {
  readonly documents: readonly Located[];
  readonly target: { readonly kind?: string | undefined; readonly name?: string | undefined; readonly more: boolean } | undefined;
}

export interface ReplacementPart {
  readonly document: Located;
  readonly node: Node;
}

/** The transformers of one file, as kustomize runs them: an item of a list is one of them, where it makes one of each. */
export interface Parts {
  readonly ImageTagTransformer: readonly EntryPart[];
  readonly PatchTransformer: readonly PatchPart[];
  readonly PatchJson6902Transformer: readonly PatchPart[];
  /** One transformer for all of them. */
  readonly PatchStrategicMergeTransformer: readonly PatchPart[];
  readonly ReplacementTransformer: readonly ReplacementPart[];
}

/** The transformers that the lists of a kustomization make. */
export async function partsOf(sources: Sources, document: Located): Promise<Parts> {
  const { root } = document;
  const patches = async (key: string): Promise<PatchPart[]> => Promise.all(maps(get(root, key)).map((item) => patchOf(sources, document, item)));
  return {
    ImageTagTransformer: maps(get(root, "images")).map((node) => entryPart(sources, document, node)),
    PatchTransformer: await patches("patches"),
    PatchJson6902Transformer: await patches("patchesJson6902"),
    PatchStrategicMergeTransformer: await Promise.all(items(get(root, "patchesStrategicMerge")).map(async (item) => ({ documents: await textOrFile(sources, document, item), target: undefined }))),
    ReplacementTransformer: (await Promise.all(maps(get(root, "replacements")).map((item) => replacementsOf(sources, document, item)))).flat(),
  };
}

/** The transformer that an object of a transformer's file is. */
export async function partsOfTransformer(sources: Sources, document: Located): Promise<Parts> {
  const { text, root } = document;
  const none: Parts = { ImageTagTransformer: [], PatchTransformer: [], PatchJson6902Transformer: [], PatchStrategicMergeTransformer: [], ReplacementTransformer: [] };
  switch (getText(text, root, "kind")) {
    case "ImageTagTransformer": {
      const node = get(root, "imageTag");
      return node ? { ...none, ImageTagTransformer: [entryPart(sources, document, node)] } : none;
    }
    case "PatchTransformer": return { ...none, PatchTransformer: [await patchOf(sources, document, root)] };
    case "PatchJson6902Transformer": return { ...none, PatchJson6902Transformer: [await patchOf(sources, document, root)] };
    case "PatchStrategicMergeTransformer": {
      const found = [...items(get(root, "paths")), ...[get(root, "patches")].filter((one) => one !== undefined)];
      return { ...none, PatchStrategicMergeTransformer: await Promise.all(found.map(async (item) => ({ documents: await textOrFile(sources, document, item), target: undefined }))) };
    }
    case "ReplacementTransformer":
      return { ...none, ReplacementTransformer: (await Promise.all(maps(get(root, "replacements")).map((item) => replacementsOf(sources, document, item)))).flat() };
    default: return none;
  }
}

function entryPart(sources: Sources, document: Located, node: Node): EntryPart {
  const { text } = document;
  // One that changes nothing is a transformer all the same.
  const entry = entryOf(text, node) ?? { name: getText(text, node, "name") ?? "" };
  const key = (["digest", "newTag", "tagSuffix", "newName"] as const).find((one) => entry[one] !== undefined);
  return { entry, place: sources.placeOf(document, (key && get(node, key)) ?? node), layer: "images entry" };
}

async function patchOf(sources: Sources, document: Located, item: Node): Promise<PatchPart> {
  const { text } = document;
  const target = get(item, "target");
  const where = get(item, "patch") ?? get(item, "jsonOp") ?? get(item, "path");
  return {
    documents: where ? await textOrFile(sources, document, where) : [],
    target: target && {
      kind: getText(text, target, "kind"), name: getText(text, target, "name"),
      more: ["labelSelector", "annotationSelector", "namespace", "group", "version"].some((key) => get(target, key) !== undefined),
    },
  };
}

/** A string is a file's name, or else the patch itself. */
async function textOrFile(sources: Sources, document: Located, scalar: Node): Promise<readonly Located[]> {
  if (scalar.kind !== SCALAR) return [];
  const written = scalarText(document.text, scalar);
  const file = pathFrom(folderAround(document.file), written);
  if (file !== undefined && sources.text(file) !== undefined) return sources.documents(file);
  return /[:[{]/.test(written) ? sources.inside(document, scalar) : [];
}

async function replacementsOf(sources: Sources, document: Located, item: Node): Promise<readonly ReplacementPart[]> {
  const path = getText(document.text, item, "path");
  if (path === undefined) return [{ document, node: item }];
  const file = pathFrom(folderAround(document.file), path);
  const documents = file === undefined ? [] : await sources.documents(file);
  return documents.flatMap((one) => (one.root.kind === SEQ ? maps(one.root) : [one.root]).map((node) => ({ document: one, node })));
}

const items = (list: Node | undefined): Node[] => (list?.kind === SEQ ? list.children!.flatMap((child) => follow(child) ?? []) : []);
const maps = (list: Node | undefined): Node[] => items(list).filter(({ kind }) => kind === MAP);
