/** Images of charts that a kustomization inflates: kustomize drops Helm's comments, so the kustomization says which chart. */
import { follow, get, getText, type Node, SCALAR, scalarText, SEQ } from "../../syntax/tree.ts";
import { below, folderAround, pathFrom } from "../relative-path.ts";
import { type Chart, chartsOf, type Layer, layersOf } from "./charts.ts";
import { type HelmInput, traceValues } from "./helm.ts";
import type { Origin } from "./origin.ts";
import type { Located, Sources } from "./sources.ts";

/** The origins, with those of inflated charts filled in where kustomize's record says no more than that. */
export async function traceInflated(input: HelmInput, origins: readonly Origin[]): Promise<readonly Origin[]> {
  const open = input.images.map((image, i) => ({ image, i })).filter(({ image, i }) => origins[i]!.is === "untraced" && image.object.origin?.kind === "HelmChartInflationGenerator");
  if (open.length === 0) return origins;
  const files = new Set(open.flatMap(({ image }) => pathFrom(input.root.folder, image.object.origin!.configuredIn ?? "") ?? []));
  const charts: Chart[] = [];
  const layers: Layer[] = [];
  for (const file of files) {
    for (const document of await input.sources.documents(file)) {
      const home = getText(document.text, get(document.root, "helmGlobals"), "chartHome") ?? "charts";
      for (const item of items(get(document.root, "helmCharts"))) {
        const folder = pathFrom(folderAround(file), below(home, getText(document.text, item, "name") ?? ""));
        const own = folder === undefined ? [] : await chartsOf(input.sources, folder);
        charts.push(...own);
        layers.push(...(await layersOf(input.sources, {}, own)), ...(await chartLayers(input.sources, document, item)));
      }
    }
  }
  // Other images keep what the record says; only these are compared with the marks.
  const found = await traceValues(input, charts, layers);
  return origins.map((origin, i) => (open.some((one) => one.i === i) ? found[i]! : origin));
}

async function chartLayers(sources: Sources, document: Located, item: Node): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  const named = [get(item, "valuesFile"), ...items(get(item, "additionalValuesFiles"))];
  for (const one of named) {
    const file = one?.kind === SCALAR ? pathFrom(folderAround(document.file), scalarText(document.text, one)) : undefined;
    for (const values of file === undefined ? [] : await sources.documents(file)) layers.push({ says: "values file", document: values, node: values.root, prefixes: [[]] });
  }
  const inline = get(item, "valuesInline");
  if (inline) layers.push({ says: "valuesInline", document, node: inline, prefixes: [[]] });
  return layers;
}

const items = (list: Node | undefined): Node[] => (list?.kind === SEQ ? list.children!.flatMap((child) => follow(child) ?? []) : []);
