/**
 * Argo CD and Flux objects that point at values files in the same repository. The images that stand in these
 * objects themselves are not this file's business.
 */
import { follow, get, getText, MAP, type Node, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import { resolvePath } from "./roles.ts";
import type { SurfaceDocument } from "./surface.ts";

/** Values files named by Applications (`helm.valueFiles`) and HelmReleases (`chart.spec.valuesFiles`). */
export function* gitopsValuesFiles({ text, root }: SurfaceDocument): Generator<string> {
  const manifests = getText(text, root, "kind")?.endsWith("List") ? (get(root, "items")?.children ?? []) : [root];
  for (const child of manifests) {
    const manifest = follow(child);
    if (manifest?.kind !== MAP) continue;
    const kind = getText(text, manifest, "kind");
    const spec = get(manifest, "spec");
    if (kind === "Application") yield* application(text, spec);
    if (kind === "ApplicationSet") yield* application(text, get(get(spec, "template"), "spec"));
    if (kind === "HelmRelease") yield* strings(text, get(get(get(spec, "chart"), "spec"), "valuesFiles"));
  }
}

function* application(text: string, spec: Node | undefined): Generator<string> {
  const sources = [get(spec, "source"), ...(get(spec, "sources")?.children ?? [])];
  for (const child of sources) {
    const source = follow(child);
    const path = getText(text, source, "path") ?? "";
    for (const file of strings(text, get(get(source, "helm"), "valueFiles"))) {
      // `$ref/path` counts from the root of the repository that the ref names.
      yield file.startsWith("$") ? resolvePath("", file.slice(file.indexOf("/") + 1)) : resolvePath(`${path}/x`, file);
    }
  }
}

function* strings(text: string, list: Node | undefined): Generator<string> {
  if (list?.kind !== SEQ) return;
  for (const child of list.children!) if (child.kind === SCALAR) yield scalarText(text, child);
}
