/** What a kustomization fetches: remote resources and bases, and charts that it inflates. */
import { follow, get, type Node, SCALAR, SEQ } from "../syntax/tree.ts";
import { type ArtifactDraft, textIn } from "./artifact-draft.ts";
import type { SurfaceDocument } from "./surface.ts";

const LISTS = ["resources", "bases", "components"];

export function* kustomizationArtifacts(document: SurfaceDocument): Generator<ArtifactDraft> {
  for (const list of LISTS) yield* remotes(document, list);
  const charts = get(document.root, "helmCharts");
  if (charts?.kind === SEQ) for (const [i, child] of charts.children!.entries()) yield* chart(document, follow(child), i, charts);
}

function* remotes({ text, root }: SurfaceDocument, key: string): Generator<ArtifactDraft> {
  const list = get(root, key);
  if (list?.kind !== SEQ) return;
  for (const [i, child] of list.children!.entries()) {
    const node = follow(child);
    const url = node?.kind === SCALAR ? textIn(text, node) : undefined;
    if (url === undefined || !isRemote(url)) continue;
    const ref = refOf(url);
    yield { node: node!, path: [key, i], resource: root, raw: url, ancestors: [root, list], artifact: { is: "base", url, ...(ref === undefined ? {} : { ref }) } };
  }
}

function* chart({ text, root }: SurfaceDocument, node: Node | undefined, i: number, list: Node): Generator<ArtifactDraft> {
  const [name, repository, version] = ["name", "repo", "version"].map((key) => textIn(text, get(node, key)));
  // Without a repository the chart stands in the tree.
  if (!node || name === undefined || repository === undefined) return;
  const field = version === undefined ? "name" : "version";
  yield {
    node: get(node, field)!, path: ["helmCharts", i, field], resource: root, raw: version === undefined ? name : `${name} ${version}`, ancestors: [root, list, node],
    artifact: { is: "chart", name, repository, ...(version === undefined ? {} : { version }), field: "version" },
  };
}

/**
 * An address, and no path: a scheme, `git@host:`, or a host in front, as in `github.com/owner/repository`. A folder can
 * have the name of a host, so of other hosts it takes what only an address has: `//folder`, `.git`, `?ref=`.
 */
export const isRemote = (written: string): boolean =>
  (/^(?:[a-z][a-z+.-]*:\/\/|git::|[\w.-]+@[\w.-]+:|(?:github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com)\/)|[?&]ref=/i.test(written) || /^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?\/.*(?:\/\/|\.git(?:\/|$))/i.test(written)) &&
  !/^(?:\.|file:)/.test(written) && !/\{\{|\$\{/.test(written);

/** The revision that an address names: `?ref=`, its old name `?version=`, or a part of a raw file's path. */
function refOf(url: string): string | undefined {
  const named = /[?&](?:ref|version)=([^&#]+)/.exec(url)?.[1];
  if (named !== undefined) return named;
  const raw = /^https?:\/\/raw\.githubusercontent\.com\/[^/]+\/[^/]+\/(?:refs\/(?:heads|tags)\/)?([^/]+)\//.exec(url) ?? /\/(?:raw|blob|-\/raw)\/([^/]+)\//.exec(url) ?? /\/releases\/download\/([^/]+)\//.exec(url);
  return raw?.[1];
}
