/**
 * What documents take from elsewhere besides images. Looked for in files that are read anyway, and in Chart.yaml: by
 * the file's name or by the group and kind of its objects, so that no other document is walked for it.
 */
import { follow, get, getText, MAP, type Node, SEQ } from "../syntax/tree.ts";
import { type ArtifactDraft, textIn } from "./artifact-draft.ts";
import { gitopsArtifacts } from "./artifacts-gitops.ts";
import { kustomizationArtifacts } from "./artifacts-kustomize.ts";
import type { SurfaceDocument } from "./surface.ts";

/** `surface`: the one that claimed the document. */
export function artifactsIn(document: SurfaceDocument, surface: string): Iterable<ArtifactDraft> {
  const { role } = document;
  if (role.chart === "definition") return dependencies(document);
  if (surface === "argocd-source") return pluginOverride(document);
  if (surface === "kustomize") return kustomizationArtifacts(document);
  return surface === "kubernetes" ? objects(document) : [];
}

/** The object itself, or the items of a list. */
function* objects(document: SurfaceDocument): Generator<ArtifactDraft> {
  const { text, root } = document;
  if (root.kind !== MAP) return;
  const kind = getText(text, root, "kind");
  const items = kind?.endsWith("List") ? get(root, "items") : undefined;
  if (items?.kind !== SEQ) {
    yield* gitopsArtifacts({ document, node: root, path: [], ancestors: [], resource: root });
    return;
  }
  for (const [i, child] of items.children!.entries()) {
    const node = follow(child);
    if (node?.kind === MAP) yield* gitopsArtifacts({ document, node, path: ["items", i], ancestors: [root, items], resource: node });
  }
}

function* dependencies({ text, root }: SurfaceDocument): Generator<ArtifactDraft> {
  const list = get(root, "dependencies");
  if (list?.kind !== SEQ) return;
  for (const [i, child] of list.children!.entries()) {
    const node = follow(child);
    const name = textIn(text, get(node, "name"));
    if (!node || name === undefined) continue;
    const [repository, version] = [textIn(text, get(node, "repository")), textIn(text, get(node, "version"))];
    const main = get(node, version === undefined ? "name" : "version")!;
    yield {
      node: main, path: ["dependencies", i, version === undefined ? "name" : "version"], resource: undefined,
      raw: version === undefined ? name : `${name} ${version}`, ancestors: [root, list, node],
      artifact: { is: "dependency", name, ...(repository === undefined ? {} : { repository }), ...(version === undefined ? {} : { version }) },
    };
  }
}

/** Such a file is merged over the whole source, so it can take a plugin away, or turn what it checks (argo-cd reposerver/repository mergeSourceParameters). */
function* pluginOverride({ text, root }: SurfaceDocument): Generator<ArtifactDraft> {
  const child: Node | undefined = root.children!.find(({ key }) => key === "plugin");
  const node = follow(child);
  if (!child || !node) return;
  const removes = node.kind !== MAP;
  yield { node: child, path: ["plugin"], resource: undefined, raw: removes ? `plugin: ${textIn(text, node) ?? "null"}` : "plugin", artifact: { is: "plugin-override", removes }, ancestors: [root] };
}
