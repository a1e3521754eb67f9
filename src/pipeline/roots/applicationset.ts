/** Argo CD ApplicationSets: one Application for each element that a generator gives. */
import { type Application, applicationRoots } from "./argocd.ts";
import type { Deployed, ObjectHere, Search } from "./found.ts";
import { type Element, elementsOf, fillFrom } from "./generators.ts";
import { at, filled, findText, isTrue, itemsAt, says, stringAt, type Value } from "./value.ts";

export async function applicationSetRoots({ name, value }: ObjectHere, search: Search): Promise<Deployed[]> {
  const template = at(value, "spec", "template");
  const spec = at(template, "spec");
  if (!template || !spec) return [];
  const patched = says(at(value, "spec", "templatePatch")) ? ["spec.templatePatch changes the Applications"] : [];
  const goTemplate = isTrue(at(value, "spec", "goTemplate"));
  const all: Deployed[] = [];
  for (const generator of itemsAt(value, "spec", "generators")) {
    const elements = await elementsOf(generator, goTemplate, search);
    if (typeof elements === "string") all.push(...(await applicationRoots(asWritten(name, spec, [...patched, elements]), search)));
    else for (const element of elements) all.push(...(await applicationRoots(expanded(template, element, patched), search)));
  }
  return unique(all);
}

function expanded(template: Value, element: Element, patched: readonly string[]): Application {
  const { fields } = filled(template, fillFrom(element));
  const spec = fields.get("spec")!;
  const name = stringAt(fields.get("metadata"), "name") ?? "application";
  return { by: "argocd-applicationset", name, spec, open: [...patched, ...element.open, ...leftOver(spec)] };
}

/** The template itself, for elements that nobody here knows. */
function asWritten(name: string, spec: Value, open: readonly string[]): Application {
  return { by: "argocd-applicationset", name, spec, open };
}

function leftOver(spec: Value): string[] {
  const found = findText(at(spec, "source") ?? at(spec, "sources"), (text) => text.includes("{{"));
  return found ? [`${found.text.trim().split("\n")[0]!.slice(0, 80)} is filled in by the ApplicationSet`] : [];
}

/** Elements that differ in the cluster alone render the same. */
function unique(all: readonly Deployed[]): Deployed[] {
  const seen = new Set<string>();
  return all.filter((one) => {
    const text = JSON.stringify(one);
    return !seen.has(text) && seen.add(text);
  });
}
