/** The `helm` block of an Argo CD source, as Argo CD hands it to Helm (reposerver/repository, util/helm). */
import type { HelmCall, ValuesLayer } from "../../model/render.ts";
import { globProblem, matches } from "../../model/match.ts";
import { pathFrom } from "../relative-path.ts";
import { releaseName } from "./folders.ts";
import type { Tree } from "./tree.ts";
import { at, isTrue, itemsAt, saidAt, says, stringAt, stringsAt, type Value, yamlOf } from "./value.ts";

/** Where paths of values files begin. */
export interface ValuesPlace {
  readonly tree: Tree;
  /** The chart's folder; undefined when the chart is elsewhere. */
  readonly folder: string | undefined;
  /** What a source named by a `ref` is: this repository, or why it is not. */
  readonly refs: ReadonlyMap<string, { readonly is: "here" } | { readonly is: "elsewhere"; readonly why: string }>;
}

/** The call, and what of it cannot be told from the repository. */
export function argoHelmCall(source: Value, application: { readonly name: string; readonly namespace: string | undefined }, place: ValuesPlace): { call: HelmCall; open: string[] } {
  const helm = at(source, "helm");
  const open: string[] = [];
  const layers = [...valuesFiles(helm, place, open), ...inline(helm), ...parameters(helm)];
  for (const one of itemsAt(helm, "fileParameters")) open.push(`helm.fileParameters sets ${stringAt(one, "name") ?? "a value"} to what a file holds`);
  const namespace = stringAt(helm, "namespace") ?? application.namespace;
  const kubeVersion = stringAt(helm, "kubeVersion");
  const call: HelmCall = {
    release: releaseName(stringAt(helm, "releaseName") ?? application.name),
    ...(namespace === undefined ? {} : { namespace }),
    layers,
    ...(kubeVersion === undefined ? {} : { kubeVersion }),
    apiVersions: stringsAt(helm, "apiVersions").map(({ text }) => text),
    includeCrds: !isTrue(at(helm, "skipCrds")),
  };
  return { call, open };
}

function valuesFiles(helm: Value | undefined, place: ValuesPlace, open: string[]): ValuesLayer[] {
  const optional = isTrue(at(helm, "ignoreMissingValueFiles"));
  return stringsAt(helm, "valueFiles").flatMap((item): ValuesLayer[] => {
    const path = whereIs(item.text, place);
    if ("why" in path) {
      open.push(path.why);
      return [];
    }
    const said = saidAt(item);
    if (!/[*?[{]/.test(path.path)) return [{ is: "file", path: path.path, said, optional }];
    const found = globProblem(path.path) === undefined ? [...place.tree.files].filter((file) => matches(path.path, file)).sort() : [];
    if (found.length === 0 && !optional) open.push(`no file fits ${item.text} of helm.valueFiles`);
    return found.map((file) => ({ is: "file", path: file, said, optional }));
  });
}

function whereIs(written: string, { tree, folder, refs }: ValuesPlace): { path: string } | { why: string } {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) return { why: `the values file ${written} is not in this repository` };
  if (written.includes("{{")) return { why: `which values file ${written} is, an ApplicationSet decides` };
  if (written.startsWith("$")) {
    const [ref = "", ...rest] = written.split("/");
    const named = refs.get(ref);
    if (!named) return { why: `no source has the ref of the values file ${written}` };
    if (named.is === "elsewhere") return { why: `the values file ${written} is ${named.why}` };
    return inside(tree.fromTop(rest.join("/")), written);
  }
  if (written.startsWith("/")) return inside(tree.fromTop(written), written);
  if (folder === undefined) return { why: `the values file ${written} is in the chart, which is elsewhere` };
  return inside(pathFrom(folder, written), written);
}

const inside = (path: string | undefined, written: string): { path: string } | { why: string } =>
  path === undefined ? { why: `the values file ${written} is outside of the checked folder` } : { path };

/** `valuesObject` replaces `values`. */
function inline(helm: Value | undefined): ValuesLayer[] {
  const [object, values] = [at(helm, "valuesObject"), at(helm, "values")];
  if (says(object)) return [inlineLayer(object!, yamlOf(object!))];
  return values?.is === "scalar" && values.text !== "" ? [inlineLayer(values, values.text)] : [];
}

export function inlineLayer(value: Value, text: string): ValuesLayer {
  return { is: "inline", text, file: value.in.file, span: value.span, said: saidAt(value) };
}

/** Of parameters with one name the last counts. Helm sets strings after everything else. */
function parameters(helm: Value | undefined): ValuesLayer[] {
  const byName = new Map<string, ValuesLayer & { is: "parameter" }>();
  for (const one of itemsAt(helm, "parameters")) {
    const [name, value] = [stringAt(one, "name"), at(one, "value")];
    const asString = isTrue(at(one, "forceString"));
    if (name === undefined) continue;
    const place = value ?? one;
    byName.set(`${asString} ${name}`, { is: "parameter", name, value: value?.text ?? "", asString, file: place.in.file, span: place.span, said: saidAt(place) });
  }
  const all = [...byName.values()];
  return [...all.filter(({ asString }) => !asString), ...all.filter(({ asString }) => asString)];
}
