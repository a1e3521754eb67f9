/** The texts that a chart's values come from, and how a rendering is asked for with one of them changed. */
import type { Root, RenderRequest, ValuesLayer } from "../../model/render.ts";
import type { Span } from "../../model/site.ts";

/** One text in which values stand. */
export interface LayerText {
  /** Tells the layers of a root apart. */
  readonly key: string;
  /** The file in which it stands, and where, when it is not the whole of it. */
  readonly file: string;
  readonly span?: Span;
  readonly is: ValuesLayer["is"];
  readonly text: string;
  /** The layer's place in the call; absent for the chart's own values. */
  readonly index?: number;
}

/**
 * The layers of a root, those of the chart and its subcharts first. A file that is not there is none.
 * @param files of the checked folder
 */
export function layersOf(root: Root, files: readonly string[], read: (file: string) => string | undefined): readonly LayerText[] {
  const own = files.filter((file) => isChartValues(file, root.folder)).map((path) => ({ is: "file" as const, path }));
  const found = new Map<string, LayerText>();
  const file = (path: string): void => {
    const text = read(path);
    if (text !== undefined) found.set(path, { key: path, file: path, is: "file", text });
  };
  for (const { path } of own) file(path);
  for (const [index, layer] of (root.helm?.layers ?? []).entries()) {
    if (layer.is === "file") file(layer.path);
    else if (layer.is === "inline") found.set(`#${index}`, { key: `#${index}`, file: layer.file, span: layer.span, is: "inline", text: layer.text, index });
    else found.set(`#${index}`, { key: `#${index}`, file: layer.file, span: layer.span, is: "parameter", text: layer.value, index });
  }
  return [...found.values()];
}

/** `values.yaml` of a chart or of one that is unpacked in it. */
function isChartValues(file: string, folder: string): boolean {
  const inside = folder === "" ? file : file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : undefined;
  return inside !== undefined && /^(?:charts\/[^/]+\/)*values\.ya?ml$/.test(inside);
}

/** A request for the root with other texts in some of its layers, by {@link LayerText.key}. */
export function requestWith(root: Root, layers: readonly LayerText[], changed: ReadonlyMap<string, string>): RenderRequest {
  const instead = new Map<string, string>();
  const calls = [...(root.helm?.layers ?? [])];
  for (const layer of layers) {
    const text = changed.get(layer.key);
    if (text === undefined) continue;
    if (layer.index === undefined) instead.set(layer.file, text);
    else calls[layer.index] = withText(calls[layer.index]!, text);
  }
  return { root: root.helm ? { ...root, helm: { ...root.helm, layers: calls } } : root, instead, provenance: false };
}

function withText(layer: ValuesLayer, text: string): ValuesLayer {
  if (layer.is === "inline") return { ...layer, text };
  return layer.is === "parameter" ? { ...layer, value: text, asString: true } : layer;
}
