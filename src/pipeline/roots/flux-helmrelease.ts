/** Flux HelmReleases: a chart, and the values that are laid over it (helm-controller, pkg/chartutil). */
import { hash } from "node:crypto";
import type { ValuesLayer } from "../../model/render.ts";
import { pathFrom } from "../relative-path.ts";
import { inlineLayer } from "./argocd-helm.ts";
import type { Deployed, ObjectHere, Search } from "./found.ts";
import { objectNamed, sourceOf } from "./flux-source.ts";
import { valuesFrom } from "./flux-values-from.ts";
import { at, itemsAt, saidAt, says, stringAt, stringsAt, type Value, yamlOf } from "./value.ts";

export async function helmRelease(object: ObjectHere, search: Search): Promise<Deployed[]> {
  const spec = at(object.value, "spec");
  const chart = at(spec, "chart", "spec") ?? chartOf(object, search);
  const reference = at(spec, "chartRef");
  // Without a chart it is a patch of another one.
  if (!spec || (!chart && !reference)) return [];
  const place = placeOf(object, chart, reference, search);
  const open = [...place.open];
  const from = await valuesFrom(object, search);
  const values = at(spec, "values");
  const layers: ValuesLayer[] = [
    ...chartValues(chart, "folder" in place ? place.folder : undefined, open),
    ...from.layers,
    ...(says(values) ? [inlineLayer(values!, yamlOf(values!))] : []),
    ...from.targeted,
  ];
  open.push(...from.open, ...afterwards(spec));
  const namespace = stringAt(spec, "targetNamespace") ?? object.namespace;
  const said = saidAt(at(chart, "chart") ?? reference ?? spec);
  return [{
    by: "flux-helmrelease", said, tool: "helm", folder: "folder" in place ? place.folder : "",
    helm: { release: releaseOf(object, spec), ...(namespace === undefined ? {} : { namespace }), layers, apiVersions: [], includeCrds: stringAt(spec, "install", "crds") !== "Skip" },
    open, ...("elsewhere" in place ? { elsewhere: place.elsewhere } : {}),
  }];
}

/** A chart can be named by an object of its own. */
function chartOf({ value, namespace }: ObjectHere, search: Search): Value | undefined {
  const reference = at(value, "spec", "chartRef");
  if (stringAt(reference, "kind") !== "HelmChart") return undefined;
  return at(objectNamed("HelmChart", stringAt(reference, "name") ?? "", stringAt(reference, "namespace") ?? namespace, search)?.value, "spec");
}

type Place = ReturnType<typeof sourceOf>;

function placeOf(object: ObjectHere, chart: Value | undefined, reference: Value | undefined, search: Search): Place {
  if (!chart) return { elsewhere: `the chart is in the ${stringAt(reference, "kind") ?? "source"} ${stringAt(reference, "name") ?? ""}`, open: [] };
  const [name, version, source] = [stringAt(chart, "chart") ?? "", stringAt(chart, "version"), at(chart, "sourceRef")];
  const kind = stringAt(source, "kind");
  if (kind === "GitRepository" || kind === "Bucket") return sourceOf(object, source, name, search);
  const repository = objectNamed(kind ?? "", stringAt(source, "name") ?? "", stringAt(source, "namespace") ?? object.namespace, search);
  const url = stringAt(repository?.value, "spec", "url");
  return { elsewhere: `the chart ${name}${version === undefined ? "" : ` ${version}`} is in the ${kind ?? "source"} ${stringAt(source, "name") ?? ""}${url === undefined ? "" : ` (${url})`}`, open: [] };
}

/** `valuesFiles` take the place of the chart's own values.yaml. */
function chartValues(chart: Value | undefined, folder: string | undefined, open: string[]): ValuesLayer[] {
  const files = stringsAt(chart, "valuesFiles");
  const optional = stringAt(chart, "ignoreMissingValuesFiles") === "true";
  if (files.length === 0) return [];
  if (folder === undefined) {
    open.push(`the chart's valuesFiles (${files.map(({ text }) => text).join(", ")}) are in its source`);
    return [];
  }
  const found = files.flatMap((item) => {
    // They count from the top of the source, not from the chart.
    const path = pathFrom("", item.text);
    if (path === undefined) open.push(`the values file ${item.text} is outside of the source`);
    return path === undefined ? [] : [{ path, said: saidAt(item) }];
  });
  const own = folder === "" ? "values.yaml" : `${folder}/values.yaml`;
  if (found[0]?.path !== own) open.push(`valuesFiles take the place of ${own}, which is still below them here`);
  return found.filter(({ path }, i) => i > 0 || path !== own).map(({ path, said }) => ({ is: "file", path, said, optional }));
}

/** What is done after Helm has rendered. */
function afterwards(spec: Value): string[] {
  return itemsAt(spec, "postRenderers").length > 0 ? ["spec.postRenderers change what Helm renders, and are not applied here"] : [];
}

/** As helm-controller shortens it. */
function releaseOf({ name }: ObjectHere, spec: Value): string {
  const target = stringAt(spec, "targetNamespace");
  const whole = stringAt(spec, "releaseName") ?? (target === undefined ? name : `${target}-${name}`);
  return whole.length <= 53 ? whole : `${whole.slice(0, 40)}-${hash("sha256", whole).slice(0, 12)}`;
}
