/** A chart and its subcharts, as far as they stand in the checked files, with the layers of values that reach them. */
import type { Root, ValuesLayer } from "../../model/render.ts";
import { follow, get, getText, MAP, type Node, SEQ } from "../../syntax/tree.ts";
import { below } from "../relative-path.ts";
import type { Located, Sources } from "./sources.ts";

export interface Chart {
  readonly folder: string;
  readonly name: string;
  /** The ways from the values of the root chart to those of this one: one for each alias that it is used under. */
  readonly prefixes: readonly (readonly string[])[];
}

/** The charts of a folder, subcharts before those that use them, as their values are laid over each other. */
export async function chartsOf(sources: Sources, folder: string): Promise<readonly Chart[]> {
  return collect(sources, folder, [[]]);
}

async function collect(sources: Sources, folder: string, prefixes: Chart["prefixes"]): Promise<Chart[]> {
  const [chart] = await sources.documents(below(folder, "Chart.yaml"));
  if (!chart) return [];
  const dependencies = [chart, ...(await sources.documents(below(folder, "requirements.yaml")))].flatMap((one) => named(one, get(one.root, "dependencies")));
  const charts: Chart[] = [];
  for (const sub of subfolders(sources, below(folder, "charts"))) {
    const [document] = await sources.documents(below(sub, "Chart.yaml"));
    const name = document && getText(document.text, document.root, "name");
    if (name === undefined) continue;
    const aliases = dependencies.filter((one) => one.name === name).map((one) => one.alias ?? name);
    const names = aliases.length > 0 ? [...new Set(aliases)] : [name];
    charts.push(...(await collect(sources, sub, prefixes.flatMap((prefix) => names.map((one) => [...prefix, one])))));
  }
  return [...charts, { folder, name: getText(chart.text, chart.root, "name") ?? folder, prefixes }];
}

function named({ text }: Located, list: Node | undefined): { name: string | undefined; alias: string | undefined }[] {
  const items = list?.kind === SEQ ? list.children!.map(follow) : [];
  return items.flatMap((item) => (item?.kind === MAP ? [{ name: getText(text, item, "name"), alias: getText(text, item, "alias") }] : []));
}

function subfolders({ files }: Sources, folder: string): string[] {
  const found = files.flatMap((file) => {
    const [name, rest] = file.startsWith(`${folder}/`) ? file.slice(folder.length + 1).split("/") : [];
    return rest === "Chart.yaml" ? [`${folder}/${name}`] : [];
  });
  return [...new Set(found)];
}

/** Values somewhere: what they are to Helm, where they stand, and where the root chart sees them. */
export interface Layer {
  readonly says: string;
  readonly document: Located;
  readonly node: Node;
  readonly prefixes: readonly (readonly string[])[];
  /** Its place in the layers of the root, for those that are no files. */
  readonly index?: number;
}

/** Every layer of a root, lowest first. Those of a chart that is packed in an archive are not there. */
export async function layersOf(sources: Sources, { helm }: Pick<Root, "helm">, charts: readonly Chart[]): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  for (const { folder, name, prefixes } of charts) {
    const says = prefixes.some(({ length }) => length === 0) ? "values of the chart" : `values of the subchart ${name}`;
    for (const document of await sources.documents(below(folder, "values.yaml"))) layers.push({ says, document, node: document.root, prefixes });
  }
  for (const [index, layer] of (helm?.layers ?? []).entries()) layers.push(...(await layerOf(sources, layer, index)));
  return layers;
}

async function layerOf(sources: Sources, layer: ValuesLayer, index: number): Promise<readonly Layer[]> {
  if (layer.is === "file") {
    const documents = await sources.documents(layer.path);
    return documents.map((document) => ({ says: "values file", document, node: document.root, prefixes: [[]] }));
  }
  const found = await nodeAtSpan(sources, layer.file, layer.span.start);
  if (!found) return [];
  if (layer.is === "parameter") return [{ says: `parameter ${layer.name}`, document: found.document, node: found.node, prefixes: [layer.name.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."))], index }];
  const roots = found.node.kind === MAP ? [{ document: found.document, node: found.node }] : (await sources.inside(found.document, found.node)).map((document) => ({ document, node: document.root }));
  return roots.map((one) => ({ says: "values in the object", ...one, prefixes: [[]], index }));
}

/** The innermost node that begins at a place of a file. */
async function nodeAtSpan(sources: Sources, file: string, start: number): Promise<{ document: Located; node: Node } | undefined> {
  for (const document of await sources.documents(file)) {
    const node = beginningAt(document.root, start);
    if (node) return { document, node };
  }
  return undefined;
}

function beginningAt(node: Node, start: number): Node | undefined {
  if (node.start === start) return node;
  for (const child of node.children ?? []) {
    const found = beginningAt(child, start);
    if (found) return found;
  }
  return undefined;
}
