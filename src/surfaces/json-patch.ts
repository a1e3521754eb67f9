/** JSON patches (RFC 6902) as kustomize takes them: a list of operations, whose path and value say whether an image is set. */
import { follow, get, getText, MAP, type Node, SCALAR, scalarText, SEQ } from "../syntax/tree.ts";
import { imagesInValue } from "./kubernetes.ts";
import { looksLikeReference, wholeReference } from "./shapes.ts";
import type { Draft, Surface, SurfaceDocument } from "./surface.ts";

/** Operations that put a value somewhere. */
const PUTS = new Set(["add", "replace"]);

/** The image of a container or an image volume, by where it stands in an object. */
const IMAGE_POINTER = /\/(?:containers|initContainers|ephemeralContainers)\/(?:\d+|-)\/image$|\/volumes\/(?:\d+|-)\/image\/reference$/;

export const jsonPatch: Surface = {
  id: "json-patch",
  summary: "JSON 6902 patches: values put where an image or a container stands",
  claims: ({ root, text }) => root.kind === SEQ && root.children!.length > 0 && root.children!.every((child) => isOperation(text, child)),
  *locate(document) {
    for (const [i, child] of document.root.children!.entries()) yield* locateOperation(document, follow(child)!, i);
  },
};

function isOperation(text: string, node: Node): boolean {
  const operation = follow(node);
  return operation?.kind === MAP && getText(text, operation, "op") !== undefined && getText(text, operation, "path")?.startsWith("/") === true;
}

function* locateOperation(document: SurfaceDocument, operation: Node, index: number): Generator<Draft> {
  const { text, root } = document;
  const value = get(operation, "value");
  if (!value || !PUTS.has(getText(text, operation, "op")!)) return;
  const pointer = getText(text, operation, "path")!;
  const at = { path: [index, "value"], ancestors: [root, operation] };
  if (value.kind === SCALAR) {
    const sure = IMAGE_POINTER.test(pointer);
    if (!sure && !(pointer.endsWith("/image") && looksLikeReference(scalarText(text, value)))) return;
    const shape = wholeReference(text, value);
    if (shape) yield { ...shape, ...at, resource: undefined, confidence: sure ? "certain" : "likely", because: `a value that a JSON patch puts at ${pointer}` };
    return;
  }
  const steps = pointer.split("/");
  const inList = /^(?:\d+|-)$/.test(steps.at(-1)!);
  for (const draft of imagesInValue(document, value, steps.at(inList ? -2 : -1)!, inList)) {
    yield { ...draft, path: [...at.path, ...draft.path], ancestors: [...at.ancestors, ...draft.ancestors], because: `${draft.because}, put there by a JSON patch` };
  }
}
