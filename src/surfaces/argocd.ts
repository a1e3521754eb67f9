/**
 * Argo CD: what an Application overrides in its sources. `helm` and `kustomize` maps are looked for wherever they
 * stand: source, sources, an ApplicationSet's template and the templates of its generators.
 */
import type { Owner, Path } from "../model/site.ts";
import { follow, get, MAP, type Node, SCALAR, SEQ } from "../syntax/tree.ts";
import { kustomizeImage } from "./argocd-image.ts";
import { parameterImages } from "./argocd-parameters.ts";
import { imageUpdaterOwner } from "./argocd-image-updater.ts";
import { valuesIn } from "./helm-values.ts";
import type { Draft, ManifestPlace, Surface, SurfaceDocument } from "./surface.ts";

/** Files beside an application's manifests, which have the form of its source. */
export const argocdSource: Surface = {
  id: "argocd-source",
  summary: "Argo CD's .argocd-source files: kustomize.images, helm.parameters, helm.values",
  claims: ({ role, root }) => role.argocdSource === true && root.kind === MAP,
  *locate(document) {
    yield* new Walk(document, undefined).all(document.root, [], []);
  },
};

/** What an Application or ApplicationSet holds. */
export function* applicationImages({ document, manifest, path, ancestors }: ManifestPlace): Generator<Draft> {
  const walk = new Walk(document, manifest);
  const owner = imageUpdaterOwner(document, manifest);
  const spec = get(manifest, "spec");
  if (!spec) return;
  for (const draft of walk.all(spec, [...path, "spec"], [...ancestors, manifest])) {
    const own: Owner | undefined = owner(draft);
    yield own ? { ...draft, owner: own } : draft;
  }
}

class Walk {
  private readonly document: SurfaceDocument;
  private readonly resource: Node | undefined;
  private readonly found: Draft[] = [];

  constructor(document: SurfaceDocument, resource: Node | undefined) {
    this.document = document;
    this.resource = resource;
  }

  all(node: Node, path: Path, ancestors: readonly Node[]): readonly Draft[] {
    this.visit(node, path, ancestors);
    return this.found;
  }

  private visit(node: Node, path: Path, ancestors: readonly Node[]): void {
    if (node.kind !== MAP && node.kind !== SEQ) return;
    const below = [...ancestors, node];
    for (const [i, child] of node.children!.entries()) {
      const step = node.kind === SEQ ? i : child.key;
      if (step === undefined) continue;
      const at = [...path, step];
      if (step === "helm") this.helm(follow(child), at, below);
      else if (step === "kustomize") this.kustomize(follow(child), at, below);
      else if (step === "elements") this.elements(follow(child), at, below);
      else this.visit(child, at, below);
    }
  }

  private helm(helm: Node | undefined, path: Path, ancestors: readonly Node[]): void {
    if (helm?.kind !== MAP) return;
    const { document, resource } = this;
    const above = [...ancestors, helm];
    const values = get(helm, "valuesObject");
    if (values?.kind === MAP) this.found.push(...valuesIn({ document, root: values, path: [...path, "valuesObject"], ancestors: above, resource }));
    const parameters = get(helm, "parameters");
    if (parameters?.kind === SEQ) this.found.push(...parameterImages({ document, root: parameters, path: [...path, "parameters"], ancestors: above, resource }));
  }

  private kustomize(map: Node | undefined, path: Path, ancestors: readonly Node[]): void {
    const images = get(map, "images");
    if (images?.kind !== SEQ) return;
    for (const [i, child] of images.children!.entries()) {
      const node = follow(child);
      if (node?.kind !== SCALAR) continue;
      const shape = kustomizeImage(this.document.text, node);
      if (shape) this.found.push({
        ...shape, path: [...path, "images", i], resource: this.resource, confidence: "certain",
        because: "kustomize.images of an Argo CD source", ancestors: [...ancestors, map!, images],
      });
    }
  }

  /** What a list generator hands to the template. */
  private elements(list: Node | undefined, path: Path, ancestors: readonly Node[]): void {
    if (list?.kind !== SEQ) return;
    const { document, resource } = this;
    for (const draft of valuesIn({ document, root: list, path, ancestors, resource })) this.found.push({ ...draft, because: `${draft.because}, in an element of a list generator` });
  }
}
