/** Flux Kustomizations: a folder of a source, built with what the object adds (kustomize-controller, pkg/kustomize). */
import { below, folderAround } from "../relative-path.ts";
import type { Deployed, ObjectHere, Search } from "./found.ts";
import { sourceOf } from "./flux-source.ts";
import type { Tree } from "./tree.ts";
import { at, itemsAt, saidAt, says, stringAt, type Value } from "./value.ts";

export function fluxKustomization(object: ObjectHere, search: Search): Deployed[] {
  const spec = at(object.value, "spec");
  if (!spec || !at(spec, "sourceRef")) return [];
  const { tree } = search;
  const path = stringAt(spec, "path") ?? "./";
  const base = { by: "flux-kustomization" as const, said: saidAt(at(spec, "path") ?? spec) };
  const { call, open: inCall } = images(spec);
  const source = sourceOf(object, at(spec, "sourceRef"), path, search);
  const open = [...source.open, ...inCall, ...changes(spec)];
  if ("elsewhere" in source) return [{ ...base, folder: "", tool: "kustomize", kustomize: call, open, elsewhere: source.elsewhere }];
  const { folder } = source;
  if (tree.kustomizationIn(folder) !== undefined) return [{ ...base, folder, tool: "kustomize", kustomize: call, open }];
  const resources = resourcesBelow(folder, tree);
  if (resources.length === 0) return [{ ...base, why: `there are no manifests in ${tree.toTop(folder) || "the repository"}` }];
  return [{ ...base, folder, tool: "kustomize", kustomize: { ...call, resources }, open }];
}

/** What the object adds that can put other images, and that is not applied here. */
function changes(spec: Value): string[] {
  const patched = ["patches", "patchesStrategicMerge", "patchesJson6902", "components"].filter((field) => says(at(spec, field)));
  const substituted = ["substitute", "substituteFrom"].filter((field) => says(at(spec, "postBuild", field)));
  return [...patched.map((field) => `spec.${field} of the Kustomization is not applied here`), ...substituted.map((field) => `spec.postBuild.${field} fills in variables after the build`)];
}

/** `spec.images`, as `kustomize edit set image` spells them: an entry takes the place of the one with its name. */
function images(spec: Value): { call: { images: string[] }; open: string[] } {
  const open: string[] = [];
  const spelled = itemsAt(spec, "images").flatMap((entry) => {
    const [name, newName, newTag, digest] = ["name", "newName", "newTag", "digest"].map((field) => stringAt(entry, field));
    if (name === undefined || (newName ?? newTag ?? digest) === undefined) return [];
    // `name: nginx:1.25` is for that tag alone, which the spelling has no place for.
    if (/[=@]|:[^/]*$/.test(name)) {
      open.push(`the entry ${name} of spec.images is not applied here`);
      return [];
    }
    const version = `${newTag === undefined ? "" : `:${newTag}`}${digest === undefined ? "" : `@${digest}`}`;
    return [newName === undefined ? `${name}${version}` : `${name}=${newName}${version}`];
  });
  return { call: { images: spelled }, open };
}

/** What Flux names in a kustomization that it makes: every manifest below, and of folders with a kustomization the folder. */
function resourcesBelow(folder: string, tree: Tree): string[] {
  const inside = folder === "" ? "" : `${folder}/`;
  const found = new Set<string>();
  for (const file of tree.files) {
    if (!file.startsWith(inside) || !/\.ya?ml$/.test(file)) continue;
    found.add(outermost(folderAround(file), folder, tree) ?? file);
  }
  return [...found].sort();
}

function outermost(from: string, top: string, tree: Tree): string | undefined {
  const steps = from === top ? [] : from.slice(top === "" ? 0 : top.length + 1).split("/");
  let at = top;
  for (const step of steps) {
    at = below(at, step);
    if (tree.kustomizationIn(at) !== undefined) return at;
  }
  return undefined;
}
