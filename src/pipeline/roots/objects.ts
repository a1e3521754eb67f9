/** Objects of the few kinds that deploy something, or that those refer to. */
import type { ObjectHere } from "./found.ts";
import { documentsOf, type Tree } from "./tree.ts";
import { itemsAt, stringAt, type Value } from "./value.ts";

/** By group, the kinds that are read. Everything else in the repository is passed over unparsed. */
const KINDS: Readonly<Record<string, RegExp>> = {
  "argoproj.io": /^Application(?:Set)?$/,
  "kustomize.toolkit.fluxcd.io": /^Kustomization$/,
  "helm.toolkit.fluxcd.io": /^HelmRelease$/,
  "source.toolkit.fluxcd.io": /^(?:GitRepository|OCIRepository|HelmRepository|HelmChart|Bucket)$/,
};

const MENTIONS = /argoproj\.io\/|toolkit\.fluxcd\.io\//;
const NAMED = /\b(?:Application|ApplicationSet|Kustomization|HelmRelease|GitRepository|OCIRepository|HelmRepository|HelmChart|Bucket)\b/;

/** A definition of these kinds is larger than all objects of them. */
const isKind = (kind: string | undefined): boolean => kind !== undefined && (kind === "ConfigMap" || kind.endsWith("List") || Object.values(KINDS).some((kinds) => kinds.test(kind)));

export const isManifest = (file: string): boolean => /\.(?:ya?ml|json)$/i.test(file);

/** Every such object in the checked files. */
export async function objectsIn(tree: Tree): Promise<ObjectHere[]> {
  return search(tree, (text) => MENTIONS.test(text) && NAMED.test(text), ({ group, kind }) => KINDS[group]?.test(kind) === true);
}

/** The ConfigMaps that HelmReleases name in valuesFrom. */
export async function configMapsFor(releases: readonly ObjectHere[], tree: Tree): Promise<ObjectHere[]> {
  const items = releases.filter(({ kind }) => kind === "HelmRelease").flatMap(({ value }) => itemsAt(value, "spec", "valuesFrom"));
  const names = new Set(items.flatMap((item) => (stringAt(item, "kind") === "ConfigMap" ? (stringAt(item, "name") ?? []) : [])));
  if (names.size === 0) return [];
  const mentioned = (text: string): boolean => text.includes("ConfigMap") && [...names].some((name) => text.includes(name));
  return search(tree, mentioned, ({ group, kind, name }) => group === "" && kind === "ConfigMap" && names.has(name));
}

async function search(tree: Tree, mentions: (text: string) => boolean, wanted: (one: ObjectHere) => boolean): Promise<ObjectHere[]> {
  const found: ObjectHere[] = [];
  for (const file of tree.files) {
    if (!isManifest(file) || tree.isTemplate(file)) continue;
    const text = tree.text(file);
    if (!text || !mentions(text.text)) continue;
    for (const document of await documentsOf(text, mentions, isKind)) found.push(...objectsOf(document).filter(wanted));
  }
  return found;
}

/** The object itself, or the items of a list of them. */
function objectsOf(value: Value): ObjectHere[] {
  const kind = stringAt(value, "kind");
  if (kind === undefined) return [];
  if (kind.endsWith("List") && itemsAt(value, "items").length > 0) return itemsAt(value, "items").flatMap(objectsOf);
  const apiVersion = stringAt(value, "apiVersion") ?? "";
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return [{ kind, group, name: stringAt(value, "metadata", "name") ?? "", namespace: stringAt(value, "metadata", "namespace"), value }];
}
