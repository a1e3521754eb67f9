/** KRM functions: the annotation `config.kubernetes.io/function` names the image that kustomize or kpt runs. */
import { get } from "../syntax/tree.ts";
import { wholeReference } from "./shapes.ts";
import type { Draft, SurfaceDocument } from "./surface.ts";

/** The image in the text of that annotation: `container: {image: …}`. */
export function* functionImages({ text, root }: SurfaceDocument): Generator<Draft> {
  const container = get(root, "container");
  const image = get(container, "image");
  const shape = image && wholeReference(text, image);
  if (!shape) return;
  yield {
    ...shape, path: ["container", "image"], resource: undefined, confidence: "certain",
    because: "container.image of a KRM function", ancestors: [root, container!],
  };
}
