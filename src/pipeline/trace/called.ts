/** Entries that an Argo CD Application or a Flux Kustomization adds to a kustomization, among the entries that it has. */
import type { Root } from "../../model/render.ts";
import { follow, get, getText, MAP, type Node, SCALAR, scalarText, SEQ } from "../../syntax/tree.ts";
import { splitImage } from "../image-entry.ts";
import type { EntryPart } from "./kustomization-parts.ts";
import type { Located, Sources } from "./sources.ts";

/** The entries as they are rendered: Argo CD sorts them by name, Flux leaves them in their places. */
export async function withCalled(sources: Sources, { by, kustomize, said }: Root, standing: readonly EntryPart[]): Promise<readonly EntryPart[]> {
  const images = kustomize?.images ?? [];
  if (images.length === 0) return standing;
  const documents = await sources.documents(said.file);
  const added = new Map<string, EntryPart>();
  for (const image of images) {
    const part = called(sources, documents, image, standing);
    if (part) added.set(part.entry.name, part);
  }
  if (by === "flux-kustomization") {
    const names = new Set(standing.map(({ entry }) => entry.name));
    return [...standing.map((part) => added.get(part.entry.name) ?? part), ...[...added.values()].filter(({ entry }) => !names.has(entry.name))];
  }
  const all = new Map([...standing.map((part) => [part.entry.name, part] as const), ...added]);
  return [...all].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, part]) => part);
}

/** `[name=]newname[:tag][@digest]`; `*` keeps what the kustomization says. */
function called(sources: Sources, documents: readonly Located[], image: string, standing: readonly EntryPart[]): EntryPart | undefined {
  const equals = image.indexOf("=");
  const value = splitImage(image.slice(equals + 1));
  const name = equals < 0 ? value.name : image.slice(0, equals);
  const old = standing.find(({ entry }) => entry.name === name)?.entry;
  const pick = (written: string, kept: string | undefined): string | undefined => (written === "*" ? kept : written === "" ? undefined : written);
  const [newName, newTag, digest] = [pick(equals < 0 ? "" : value.name, old?.newName), pick(value.tag, old?.newTag), pick(value.digest, old?.digest)];
  const place = placeOf(sources, documents, image, name);
  if (!place) return undefined;
  return { entry: { name, ...(newName === undefined ? {} : { newName }), ...(newTag === undefined ? {} : { newTag }), ...(digest === undefined ? {} : { digest }) }, place, layer: "images of the object that deploys it" };
}

/** Where an object says so: as one string, or as a map with its name. */
function placeOf(sources: Sources, documents: readonly Located[], image: string, name: string): EntryPart["place"] | undefined {
  for (const document of documents) {
    for (const list of listsOfImages(document.root)) {
      for (const child of list.children!) {
        const item = follow(child);
        if (item?.kind === SCALAR && scalarText(document.text, item) === image) return sources.placeOf(document, item);
        if (item?.kind !== MAP || getText(document.text, item, "name") !== name) continue;
        const node = get(item, "digest") ?? get(item, "newTag") ?? get(item, "newName");
        if (node?.kind === SCALAR) return sources.placeOf(document, node);
      }
    }
  }
  return undefined;
}

function listsOfImages(node: Node): Node[] {
  const own = node.key === "images" && node.kind === SEQ ? [node] : [];
  return [...own, ...(node.children ?? []).flatMap(listsOfImages)];
}
