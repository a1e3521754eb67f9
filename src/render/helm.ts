/** `helm template` as Argo CD and Flux call it: which files it gets, and which arguments. */
import { writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { HelmCall, RenderRequest, SaidAt, ValuesLayer } from "../model/render.ts";
import { takeChart } from "./chart.ts";
import { quoted, Refusal, refused } from "./refusal.ts";
import { looksRemote } from "./remote.ts";
import { Scratch } from "./scratch.ts";

/** A chart's own folder, when nobody deploys it. */
const NO_CALL: HelmCall = { release: "release-name", layers: [], apiVersions: [], includeCrds: true };

const RELEASE = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const KUBE_VERSION = /^v?\d+(?:\.\d+){0,2}(?:[-+][A-Za-z0-9.+-]+)?$/;
const API_VERSION = /^[A-Za-z0-9][A-Za-z0-9.-]*(?:\/[A-Za-z0-9.-]+){0,2}$/;

/** Copies the chart, writes the values to `folder`, and answers the arguments. */
export async function prepareHelm(request: RenderRequest, scratch: Scratch, folder: string): Promise<readonly string[]> {
  const { root } = request;
  const call = root.helm ?? NO_CALL;
  checkCall(call, root.said);
  const place = scratch.find(Scratch.resolve("", root.folder, root.said), root.said);
  if (place?.is !== "folder") throw new Refusal("elsewhere", `there is no chart in ${quoted(root.folder || ".")}`, root.said);
  await takeChart(scratch, place, root.said);
  const values = await valuesFiles(call.layers, scratch, folder);
  const parameters = call.layers.flatMap((layer) => (layer.is === "parameter" ? [layer.asString ? "--set-string" : "--set", `${layer.name}=${parameterText(layer.value)}`] : []));
  return [
    "template",
    ...(call.includeCrds ? ["--include-crds"] : []),
    ...(call.kubeVersion === undefined ? [] : ["--kube-version", call.kubeVersion]),
    ...call.apiVersions.flatMap((version) => ["--api-versions", version]),
    ...(call.namespace === undefined ? [] : ["--namespace", call.namespace]),
    ...values.flatMap((path) => ["--values", path]),
    ...parameters,
    "--",
    call.release,
    scratch.at(place.path),
  ];
}

/** Each of them becomes an argument, so each is held against what it can be. */
function checkCall(call: HelmCall, said: SaidAt): void {
  const hold = (what: string, text: string, form: RegExp, length = 253): void => {
    if (!form.test(text) || text.length > length) throw refused(`${what} ${quoted(text)} is not one that helm takes`, said);
  };
  hold("the release name", call.release, RELEASE, 53);
  if (call.namespace !== undefined) hold("the namespace", call.namespace, NAMESPACE, 63);
  if (call.kubeVersion !== undefined) hold("the Kubernetes version", call.kubeVersion, KUBE_VERSION);
  for (const version of call.apiVersions) hold("the API version", version, API_VERSION);
  for (const layer of call.layers) {
    if (layer.is === "parameter" && (layer.name === "" || /[\0\r\n=]/.test(layer.name) || layer.value.includes("\0"))) throw refused(`${quoted(layer.name)} is no name of a parameter`, layer.said);
  }
}

/**
 * Writes the layers as files, in order. Helm cuts the argument at commas and takes an address there, so the files
 * have names of ours.
 */
async function valuesFiles(layers: readonly ValuesLayer[], scratch: Scratch, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const paths: string[] = [];
  for (const [index, layer] of layers.entries()) {
    const text = layer.is === "inline" ? layer.text : layer.is === "file" ? await valuesText(layer, scratch) : undefined;
    if (text === undefined) continue;
    const path = join(folder, `values-${index}.yaml`);
    await writeFile(path, text, { mode: 0o600 });
    paths.push(path);
  }
  return paths;
}

async function valuesText(layer: Extract<ValuesLayer, { is: "file" }>, scratch: Scratch): Promise<string | undefined> {
  if (looksRemote(layer.path)) throw refused(`the values ${quoted(layer.path)} would be fetched, and rendering asks no network; vendor them into the repository`, layer.said);
  const place = scratch.find(Scratch.resolve("", layer.path, layer.said), layer.said);
  if (place?.is === "file") return scratch.text(place, layer.said);
  if (place === undefined && layer.optional) return undefined;
  throw new Refusal("failed", `there is no values file ${quoted(layer.path)}`, layer.said);
}

/** As Argo CD hands values to `--set`: a comma would begin the next value, unless it is escaped or in `{}`. */
function parameterText(value: string): string {
  return value.startsWith("{") && value.endsWith("}") ? value : value.replace(/(?<!\\),/g, "\\,");
}
