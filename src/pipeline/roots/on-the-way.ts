/** What changes an object between its file and the cluster. */
import type { ObjectHere } from "./found.ts";
import { at, findText, says } from "./value.ts";

/** Patches of the object in other files, and variables that Flux fills in. */
export function changedOnTheWay(object: ObjectHere, objects: readonly ObjectHere[]): string[] {
  const patches = objects.filter((one) => one !== object && one.kind === object.kind && one.name === object.name && isPatch(one));
  const variable = object.group.endsWith("fluxcd.io") ? findText(at(object.value, "spec"), (text) => VARIABLE.test(text)) : undefined;
  return [
    ...patches.map(({ value }) => `${value.in.file} patches this ${object.kind}, and is not applied here`),
    ...(variable ? [`${VARIABLE.exec(variable.text)![0]} is filled in by Flux`] : []),
  ];
}

const VARIABLE = /\$\{[A-Za-z_]\w*[^}]*\}/;

/** Whether an object lacks what makes it one, and so only changes another of its name. */
function isPatch({ kind, value }: ObjectHere): boolean {
  const has = (...keys: readonly string[]): boolean => says(at(value, "spec", ...keys));
  switch (kind) {
    case "HelmRelease": return !has("chart") && !has("chartRef");
    case "Kustomization": return !has("sourceRef");
    case "Application": return !has("source") && !has("sources");
    case "ApplicationSet": return !has("template");
    default: return false;
  }
}
