/**
 * Follows a kustomization to everything that kustomize would read for it, before kustomize runs: copies it, and
 * refuses what would be fetched, what would run a program and what leads out of the checked folder.
 */
import type { SaidAt } from "../model/render.ts";
import { BUILTIN_KINDS, DATA_KEYS, DATA_LISTS, FILE_LISTS, KUSTOMIZATION_KEYS, PATH_KEYS, PATH_LISTS, PLUGIN_LISTS, RESOURCE_LISTS } from "./kustomization-keys.ts";
import { checkInflation, inflations, type ChartUse } from "./inflation.ts";
import { quoted, Refusal, refused, startOf } from "./refusal.ts";
import { looksRemote } from "./remote.ts";
import { type Place, Scratch } from "./scratch.ts";
import { takeChart } from "./chart.ts";
import { exactKeys, isNothing, listValue, type MapValue, mapsUnder, readValues, textsUnder, textUnder, textValue, type Value, withEntry, writeValue } from "./yaml-value.ts";

export const KUSTOMIZATION_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

type Written = { readonly text: string; readonly said: SaidAt };

export class Reach {
  /** Whether a chart is inflated somewhere, so that helm has to run. */
  charts = false;
  private readonly scratch: Scratch;
  private readonly done = new Set<string>();

  constructor(scratch: Scratch) {
    this.scratch = scratch;
  }

  /** Takes a folder's kustomization and all that it names. `change` is applied to the outermost one. */
  async folder(path: string, said: SaidAt, change?: (map: MapValue) => MapValue, stack: readonly string[] = []): Promise<void> {
    if (stack.includes(path)) throw refused(`kustomizations name each other in a circle: ${[...stack.slice(stack.indexOf(path)), path].map(named).join(" → ")}`, said);
    if (this.done.has(path)) return;
    const file = this.kustomizationIn(path, said);
    const map = await this.read(file, said);
    const checked = await this.follow(map, path, [...stack, path]);
    await this.scratch.put(file, `${writeValue(change ? change(checked) : checked)}\n`);
    this.done.add(path);
  }

  /** Takes a kustomization that stands in no file. */
  async madeUp(path: string, map: MapValue): Promise<void> {
    await this.follow(map, path, [path]);
    await this.scratch.put(join(path, KUSTOMIZATION_NAMES[0]), `${writeValue(map)}\n`);
  }

  /** The file that makes a folder a kustomization. */
  private kustomizationIn(path: string, said: SaidAt): string {
    const names = KUSTOMIZATION_NAMES.filter((name) => this.scratch.find(join(path, name), said)?.is === "file");
    if (names.length === 1) return join(path, names[0]!);
    const what = names.length === 0 ? `has none of ${KUSTOMIZATION_NAMES.join(", ")}` : `has ${names.join(" and ")}, and kustomize takes one`;
    throw new Refusal("failed", `${named(path)} ${what}`, said);
  }

  private async read(file: string, said: SaidAt): Promise<MapValue> {
    const place = this.scratch.find(file, said);
    const values = place ? readValues(await this.scratch.text(place, said), file) : [];
    const [map] = values;
    if (map?.is !== "map" || values.length !== 1) throw new Refusal("failed", "a kustomization is one document with a map", map?.said ?? startOf(file));
    exactKeys(map, KUSTOMIZATION_KEYS, true);
    return map;
  }

  /** Takes what a kustomization names, and answers it with the objects inside of it as they were read. */
  private async follow(map: MapValue, folder: string, stack: readonly string[]): Promise<MapValue> {
    for (const key of FILE_LISTS) for (const one of textsUnder(map, key)) await this.file(folder, one, key);
    for (const key of RESOURCE_LISTS) for (const one of textsUnder(map, key)) await this.resource(folder, one, key, stack);
    for (const one of textsUnder(map, "components")) await this.resource(folder, one, "components", stack);
    for (const key of PATH_LISTS) for (const one of mapsUnder(map, key)) await this.pathOf(folder, one, key);
    for (const key of DATA_LISTS) for (const one of mapsUnder(map, key)) await this.data(folder, one);
    for (const one of textsUnder(map, "patchesStrategicMerge")) await this.patch(folder, one, "patchesStrategicMerge");
    let checked = map;
    for (const key of PLUGIN_LISTS) {
      const items: Value[] = [];
      for (const one of textsUnder(map, key)) items.push(textValue(await this.plugin(folder, one, key), one.said));
      if (items.length > 0) checked = withEntry(checked, key, listValue(items, map.said));
    }
    const schema = map.entries.get("openapi");
    if (schema?.is === "map") {
      exactKeys(schema, ["path", "version"], true);
      await this.pathOf(folder, schema, "openapi");
    }
    for (const use of inflations(map)) await this.chart(folder, use);
    return checked;
  }

  /** A file that kustomize loads: it takes an address as well. */
  private async file(folder: string, { text, said }: Written, key: string): Promise<void> {
    await this.scratch.file(this.local(folder, text, said, key, "file"), said);
  }

  private async resource(folder: string, { text, said }: Written, key: string, stack: readonly string[]): Promise<void> {
    const place = this.local(folder, text, said, key);
    if (place.is === "folder") await this.folder(place.path, said, undefined, stack);
    else if (key === "components") throw new Refusal("failed", `${key}: ${quoted(text)} is no folder`, said);
    else await this.scratch.file(place, said);
  }

  /** Where a written path leads; it is there, it is local, and it is what is wanted. */
  private local(folder: string, text: string, said: SaidAt, key: string, wanted?: Place["is"]): Place {
    if (looksRemote(text)) throw refused(`${key}: ${quoted(text)} would be fetched, and rendering asks no network; vendor it into the repository`, said);
    const place = this.scratch.find(Scratch.resolve(folder, text, said), said);
    if (place === undefined) throw new Refusal("failed", `${key}: there is no ${quoted(text)}`, said);
    if (wanted !== undefined && place.is !== wanted) throw new Refusal("failed", `${key}: ${quoted(text)} is no ${wanted}`, said);
    return place;
  }

  private async pathOf(folder: string, map: MapValue, key: string): Promise<void> {
    exactKeys(map, PATH_KEYS, false);
    const text = textUnder(map, "path");
    if (text !== undefined && text !== "") await this.file(folder, { text, said: map.entries.get("path")!.said }, key);
  }

  /** `files:` of ConfigMaps and Secrets are paths, or `key=path`. */
  private async data(folder: string, map: MapValue): Promise<void> {
    exactKeys(map, DATA_KEYS, false);
    for (const { text, said } of textsUnder(map, "files")) await this.file(folder, { text: text.slice(text.indexOf("=") + 1), said }, "files");
    for (const one of textsUnder(map, "envs")) await this.file(folder, one, "envs");
    const env = textUnder(map, "env");
    if (env) await this.file(folder, { text: env, said: map.entries.get("env")!.said }, "env");
  }

  /** A patch itself or its file: kustomize tries both, in this order. */
  private async patch(folder: string, one: Written, key: string): Promise<void> {
    if (!isInline(one.text)) await this.file(folder, one, key);
    else if (looksRemote(one.text)) throw refused(`${key}: ${quoted(one.text)} would be fetched`, one.said);
  }

  /**
   * Objects that configure generators and transformers: their path, or they themselves. Only what is built into
   * kustomize is let through, and written as it was read.
   */
  private async plugin(folder: string, { text, said }: Written, key: string): Promise<string> {
    if (isInline(text)) {
      if (looksRemote(text)) throw refused(`${key}: ${quoted(text)} would be fetched`, said);
      // Lines count inside of the text; the item is what is named.
      const values = readValues(text, said.file).map((value) => at(value, said));
      for (const value of values) await this.configuration(folder, value, key);
      return stream(values);
    }
    const place = this.local(folder, text, said, key);
    if (place.is === "folder") await this.pluginFolder(folder, place.path, key, said);
    else await this.configurations(folder, place, key, said);
    return text;
  }

  private async configurations(folder: string, place: Place, key: string, said: SaidAt): Promise<void> {
    const values = readValues(await this.scratch.text(place, said), place.path);
    for (const value of values) await this.configuration(folder, value, key);
    await this.scratch.put(place.path, stream(values));
  }

  /**
   * A kustomization that makes configurations. It may only list files: a patch in it could change what was checked.
   * Paths in them are read from the folder that uses them.
   */
  private async pluginFolder(folder: string, path: string, key: string, said: SaidAt): Promise<void> {
    const file = this.kustomizationIn(path, said);
    const map = await this.read(file, said);
    for (const [other, value] of map.entries) {
      if (!["apiVersion", "kind", "metadata", "resources"].includes(other)) throw refused(`${key}: a kustomization that makes them is let through with resources alone, not with ${other}`, value.said);
    }
    await this.scratch.put(file, `${writeValue(map)}\n`);
    for (const one of textsUnder(map, "resources")) await this.configurations(folder, this.local(path, one.text, one.said, "resources", "file"), key, one.said);
  }

  private async configuration(folder: string, value: Value, key: string): Promise<void> {
    if (value.is !== "map") throw refused(`an item of ${key} is no object`, value.said);
    exactKeys(value, ["apiVersion", "kind", "metadata"], false);
    const kind = textUnder(value, "kind") ?? "";
    const known = Object.hasOwn(BUILTIN_KINDS, kind) ? BUILTIN_KINDS[kind] : undefined;
    if (isFunction(value)) throw refused(`${key}: ${quoted(kind)} is a function, which would run a program or a container`, value.said);
    if (textUnder(value, "apiVersion") !== "builtin" || known === undefined) throw refused(`${key}: ${quoted(kind)} is a plugin, which would run a program; only what is built into kustomize is let through`, value.said);
    if (kind === "HelmChartInflationGenerator") return this.chart(folder, checkInflation(value));
    exactKeys(value, known, false);
    if (known === DATA_KEYS) await this.data(folder, value);
    if (known === PATH_KEYS) await this.pathOf(folder, value, kind);
    if (kind === "PatchStrategicMergeTransformer") for (const one of textsUnder(value, "paths")) await this.patch(folder, one, kind);
    if (kind === "ReplacementTransformer") for (const one of mapsUnder(value, "replacements")) await this.pathOf(folder, one, kind);
    const target = kind === "ValueAddTransformer" ? textUnder(value, "targetFilePath") : undefined;
    if (target) await this.file(folder, { text: target, said: value.said }, kind);
  }

  private async chart(folder: string, use: ChartUse): Promise<void> {
    this.charts = true;
    const path = Scratch.resolve(folder, use.folder, use.said);
    const place = this.scratch.find(path, use.said);
    if (place?.is !== "folder") throw new Refusal("elsewhere", `the chart ${quoted(use.name)} is not in ${path}, and rendering asks no network; vendor it there`, use.said);
    await takeChart(this.scratch, place, use.said);
    for (const one of use.values) await this.file(folder, one, "valuesFile");
  }
}

const stream = (values: readonly Value[]): string => values.map((value) => `---\n${writeValue(value)}\n`).join("");

/** kustomize takes a text that parses as objects for these objects. */
const isInline = (text: string): boolean => text.includes("\n") || text.trimStart().startsWith("{");

/** A value whose place is that of the text that it stands in. */
function at(value: Value, said: SaidAt): Value {
  switch (value.is) {
    case "map":
      return { ...value, said, entries: new Map([...value.entries].map(([key, one]) => [key, at(one, said)])) };
    case "list":
      return { ...value, said, items: value.items.map((one) => at(one, said)) };
    case "text":
      return { ...value, said };
  }
}

/** KRM functions are marked by an annotation; kustomize's own reader knows a second spelling. */
function isFunction(value: MapValue): boolean {
  const metadata = value.entries.get("metadata");
  const annotations = metadata?.is === "map" ? metadata.entries.get("annotations") : undefined;
  return annotations?.is === "map" && [...annotations.entries].some(([key, one]) => /^config\.(?:kubernetes|k8s)\.io\/function$/i.test(key) && !isNothing(one));
}

const join = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
const named = (folder: string): string => (folder === "" ? "." : folder);
