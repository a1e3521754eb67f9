/** The source that a Flux object takes its files from, and whether that is this repository. */
import type { ObjectHere, Search } from "./found.ts";
import { isOurs } from "./remote.ts";
import { stringAt, type Value } from "./value.ts";

export type SourcePlace = { readonly folder: string; readonly open: readonly string[] } | { readonly elsewhere: string; readonly open: readonly string[] };

/** Where a path in a source stands among the checked files. */
export function sourceOf(owner: ObjectHere, reference: Value | undefined, path: string, search: Search): SourcePlace {
  const { tree, remotes } = search;
  const [kind, name] = [stringAt(reference, "kind") ?? "GitRepository", stringAt(reference, "name") ?? ""];
  const source = objectNamed(kind, name, stringAt(reference, "namespace") ?? owner.namespace, search);
  const url = stringAt(source?.value, "spec", "url");
  const called = `the ${kind} ${name}${url === undefined ? "" : ` (${url})`}`;
  const ours = kind === "GitRepository" ? isOurs(url, remotes) : undefined;
  if (ours === false) return { elsewhere: `it is in another repository, ${url}`, open: [] };
  const folder = tree.fromTop(path);
  if (folder === undefined) return { elsewhere: `${path} is outside of the checked folder`, open: [] };
  if (!tree.folders.has(folder)) return { elsewhere: ours ? `there is no folder ${path} in this repository` : `there is no folder ${path} here, so ${called} is taken to be elsewhere`, open: [] };
  return { folder, open: ours ? [] : [`${called} is taken for this repository, as it has the folder ${path}`] };
}

/** The one object of a kind and name. Of several the one in the namespace, if that tells them apart. */
export function objectNamed(kind: string, name: string, namespace: string | undefined, { objects }: Pick<Search, "objects">): ObjectHere | undefined {
  const named = objects.filter((one) => one.kind === kind && one.name === name);
  const near = named.filter((one) => one.namespace === namespace);
  return near.length > 0 ? near[0] : named.length === 1 ? named[0] : undefined;
}
