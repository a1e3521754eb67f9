/** `valuesFrom` of a HelmRelease: ConfigMaps and Secrets of the cluster, where the repository makes them. */
import type { ValuesLayer } from "../../model/render.ts";
import { folderAround, pathFrom } from "../relative-path.ts";
import { inlineLayer } from "./argocd-helm.ts";
import type { ObjectHere, Search } from "./found.ts";
import { at, isTrue, itemsAt, saidAt, stringAt, stringsAt, type Value } from "./value.ts";

export interface ValuesFrom {
  readonly layers: readonly ValuesLayer[];
  /** Items with a `targetPath`, which win over `values`. */
  readonly targeted: readonly ValuesLayer[];
  readonly open: readonly string[];
}

/** The values under a key of a ConfigMap. */
type Held = { readonly is: "text"; readonly value: Value } | { readonly is: "file"; readonly path: string; readonly said: Value };

export async function valuesFrom({ value, namespace }: ObjectHere, search: Search): Promise<ValuesFrom> {
  const layers: ValuesLayer[] = [];
  const targeted: ValuesLayer[] = [];
  const open: string[] = [];
  for (const item of itemsAt(value, "spec", "valuesFrom")) {
    const [kind, name, key] = [stringAt(item, "kind") ?? "", stringAt(item, "name") ?? "", stringAt(item, "valuesKey") ?? "values.yaml"];
    const held = kind === "ConfigMap" ? await heldBy({ name, key, namespace, folder: folderAround(value.in.file) }, search) : undefined;
    const target = stringAt(item, "targetPath");
    if (held === undefined) open.push(`${key} of the ${kind} ${name}, which is not in this repository${isTrue(at(item, "optional")) ? " (it is optional)" : ""}`);
    else if (target === undefined) layers.push(held.is === "file" ? { is: "file", path: held.path, said: saidAt(held.said), optional: false } : inlineLayer(held.value, held.value.text));
    else if (held.is === "text") targeted.push({ is: "parameter", name: target, value: held.value.text.replace(/\n$/, ""), asString: false, file: held.value.in.file, span: held.value.span, said: saidAt(held.value) });
    else open.push(`${target} is set to what ${held.path} holds`);
  }
  return { layers, targeted, open };
}

interface Wanted {
  readonly name: string;
  readonly key: string;
  readonly namespace: string | undefined;
  /** Of the HelmRelease's file. */
  readonly folder: string;
}

/** What the repository puts under the key; undefined when it does not, or in several places of which none is nearer. */
async function heldBy(wanted: Wanted, search: Search): Promise<Held | undefined> {
  const maps = (await search.configMaps())
    .filter(({ name, namespace }) => name === wanted.name && (namespace === undefined || wanted.namespace === undefined || namespace === wanted.namespace))
    .flatMap((one) => {
      const held = at(one.value, "data", wanted.key);
      return held?.is === "scalar" ? [{ file: one.value.in.file, held: { is: "text", value: held } as Held }] : [];
    });
  const all = [...maps, ...(await generated(wanted, search))];
  const near = all.filter(({ file }) => folderAround(file) === wanted.folder);
  return all.length === 1 ? all[0]!.held : near.length === 1 ? near[0]!.held : undefined;
}

async function generated({ name, key }: Wanted, { tree, folders }: Search): Promise<{ file: string; held: Held }[]> {
  const found: { file: string; held: Held }[] = [];
  for (const { tool, folder, file } of folders.values()) {
    if (tool !== "kustomize") continue;
    for (const document of await tree.documents(file)) {
      for (const generator of itemsAt(document, "configMapGenerator")) {
        const held = stringAt(generator, "name") === name ? heldByGenerator(generator, key, folder) : undefined;
        if (held && (held.is !== "file" || tree.files.has(held.path))) found.push({ file, held });
      }
    }
  }
  return found;
}

function heldByGenerator(generator: Value, key: string, folder: string): Held | undefined {
  for (const item of stringsAt(generator, "files")) {
    const equals = item.text.indexOf("=");
    const written = item.text.slice(equals + 1);
    const name = equals < 0 ? written.slice(written.lastIndexOf("/") + 1) : item.text.slice(0, equals);
    const path = name === key ? pathFrom(folder, written) : undefined;
    if (path !== undefined) return { is: "file", path, said: item };
  }
  for (const item of stringsAt(generator, "literals")) if (item.text.startsWith(`${key}=`)) return { is: "text", value: { ...item, text: item.text.slice(key.length + 1).replace(/^(['"])(.*)\1$/s, "$2") } };
  return undefined;
}
