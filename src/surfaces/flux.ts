/** Flux: the values and post-renderers of a HelmRelease, the `images` of a Kustomization. */
import { follow, get, MAP, type Node, SEQ } from "../syntax/tree.ts";
import { valuesIn } from "./helm-values.ts";
import { entriesIn } from "./kustomize.ts";
import type { Draft, ManifestPlace } from "./surface.ts";

/** `spec.values` and `spec.postRenderers[].kustomize.images`. */
export function* helmReleaseImages({ document, manifest, path, ancestors }: ManifestPlace): Generator<Draft> {
  const spec = get(manifest, "spec");
  if (spec?.kind !== MAP) return;
  const above: readonly Node[] = [...ancestors, manifest, spec];
  const values = get(spec, "values");
  if (values?.kind === MAP) yield* valuesIn({ document, root: values, path: [...path, "spec", "values"], ancestors: above, resource: manifest });
  const renderers = get(spec, "postRenderers");
  if (renderers?.kind !== SEQ) return;
  for (const [i, child] of renderers.children!.entries()) {
    const map = get(follow(child), "kustomize");
    if (map) yield* entriesIn(document, {
      map, path: [...path, "spec", "postRenderers", i, "kustomize"], ancestors: [...above, renderers, follow(child)!], resource: manifest,
      because: "an entry of kustomize.images in a HelmRelease's postRenderers",
    });
  }
}

/** `spec.images`. */
export function* kustomizationImages({ document, manifest, path, ancestors }: ManifestPlace): Generator<Draft> {
  const map = get(manifest, "spec");
  if (map) yield* entriesIn(document, {
    map, path: [...path, "spec"], ancestors: [...ancestors, manifest], resource: manifest, because: "an entry of spec.images in a Flux Kustomization",
  });
}
