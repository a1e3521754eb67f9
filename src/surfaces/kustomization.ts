/** What a kustomization names besides its images: where its resources come from, and what else may write them. */
import type { FieldSpec, ImageEntry, Kustomization, Replacement, ReplacementTarget } from "../model/kustomization.ts";
import { follow, get, getText, isNull, MAP, type Node, own, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";

/** What is written in the document, unresolved: the same text can stand in several folders. */
export function kustomizationOf(text: string, root: Node): Kustomization {
  const strings = (key: string): string[] => [...texts(text, get(root, key))];
  const patches = [...maps(get(root, "patches")), ...maps(get(root, "patchesJson6902"))];
  // An item of patchesStrategicMerge is a file's name or the patch itself.
  const merges = strings("patchesStrategicMerge");
  const inline = [...patches.map((patch) => getText(text, patch, "patch")).filter((patch) => patch !== undefined), ...merges.filter((merge) => /[\n:]/.test(merge))];
  const replacements = maps(get(root, "replacements"));
  return {
    component: getText(text, root, "kind") === "Component",
    resources: [...strings("resources"), ...strings("bases")],
    components: strings("components"),
    entries: entriesOf(text, get(root, "images")),
    patchFiles: [...pathsOf(text, patches), ...merges.filter((merge) => !/[\n:]/.test(merge))],
    patchWords: [...new Set(inline.flatMap(imageWords))],
    replacements: replacements.flatMap((one) => replacementOf(text, one) ?? []),
    replacementFiles: pathsOf(text, replacements),
    configurations: strings("configurations"),
    transformers: strings("transformers"),
    generated: GENERATED.filter((key) => (get(root, key)?.children?.length ?? 0) > 0),
  };
}

/** Keys that bring resources which stand in no manifest. Generators of ConfigMaps and Secrets bring no image. */
const GENERATED = ["generators", "helmCharts", "helmChartInflationGenerator"];

/** The words of a text that speaks of an image, else none: a patch that does not mention one changes none. */
export function imageWords(patch: string): string[] {
  return /image|container/i.test(patch) ? patch.split(/[\s"',{}[\]]+/).filter((word) => word !== "").map(own) : [];
}

function entriesOf(text: string, images: Node | undefined): ImageEntry[] {
  if (images?.kind !== SEQ) return [];
  return images.children!.flatMap((child, index) => {
    const entry = entryOf(text, follow(child));
    return entry ? [{ index, ...entry }] : [];
  });
}

/** An entry that changes something; also the `imageTag` of an ImageTagTransformer. */
export function entryOf(text: string, entry: Node | undefined): Omit<ImageEntry, "index"> | undefined {
  const name = filled(text, entry, "name");
  const changes = Object.fromEntries((["newName", "newTag", "digest", "tagSuffix"] as const).flatMap((key) => {
    const value = filled(text, entry, key);
    return value === undefined ? [] : [[key, value]];
  }));
  return name === undefined || Object.keys(changes).length === 0 ? undefined : { name, ...changes };
}

/** One replacement; undefined when its item only names a file. */
export function replacementOf(text: string, node: Node): Replacement | undefined {
  const from = getText(text, get(node, "source"), "fieldPath");
  const targets = maps(get(node, "targets")).map((target): ReplacementTarget => {
    const select = get(target, "select");
    const [kind, name] = [filled(text, select, "kind"), filled(text, select, "name")];
    const delimiter = filled(text, get(target, "options"), "delimiter");
    return {
      ...(kind === undefined ? {} : { kind }),
      ...(name === undefined ? {} : { name }),
      fields: [...texts(text, get(target, "fieldPaths"))],
      ...(delimiter === undefined ? {} : { delimiter }),
    };
  });
  return targets.length === 0 ? undefined : { ...(from === undefined ? {} : { from: own(from) }), targets };
}

/** Items of a list under `images` in a transformer configuration, or of `fieldSpecs`. */
export function fieldSpecsOf(text: string, list: Node | undefined): FieldSpec[] {
  return maps(list).flatMap((spec) => {
    const [path, kind, group] = [filled(text, spec, "path"), filled(text, spec, "kind"), filled(text, spec, "group")];
    return path === undefined ? [] : [{ path, ...(kind === undefined ? {} : { kind }), ...(group === undefined ? {} : { group }) }];
  });
}

const pathsOf = (text: string, items: readonly Node[]): string[] => items.flatMap((item) => filled(text, item, "path") ?? []);

function maps(list: Node | undefined): Node[] {
  return list?.kind === SEQ ? list.children!.map(follow).filter((item): item is Node => item?.kind === MAP) : [];
}

function* texts(text: string, list: Node | undefined): Generator<string> {
  if (list?.kind !== SEQ) return;
  for (const item of list.children!.map(follow)) if (item?.kind === SCALAR && !isNull(text, item)) yield own(scalarText(text, item));
}

function filled(text: string, map: Node | undefined, key: string): string | undefined {
  const node = get(map, key);
  if (node?.kind !== SCALAR || isNull(text, node)) return undefined;
  const value = scalarText(text, node);
  return value === "" ? undefined : own(value);
}
