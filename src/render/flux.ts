/** The kustomization that Flux makes up for a folder that has none (fluxcd/pkg/kustomize, `generator`). */
import type { SaidAt } from "../model/render.ts";
import { KUSTOMIZATION_NAMES } from "./reach.ts";
import type { Scratch } from "./scratch.ts";
import { listValue, type MapValue, mapValue, textValue } from "./yaml-value.ts";

/** What the source controller leaves out of every artifact, as far as it ends like a manifest. */
const LEFT_OUT = /(?:^|\/)(?:\.git|\.github|\.circleci)(?:\/|$)|(?:^|\/)(?:\.travis\.yml|\.gitlab-ci\.yml|appveyor\.yml|\.drone\.yml|cloudbuild\.yaml|codeship-services\.yml|codeship-steps\.yml|\.goreleaser\.ya?ml|\.sops\.yaml|\.flux\.yaml)$/;

/** All manifests below, and each folder below that is a kustomization. */
export function generated(scratch: Scratch, folder: string, said: SaidAt): MapValue {
  const resources = manifests(scratch, folder, "", said);
  return mapValue([
    ["apiVersion", textValue("kustomize.config.k8s.io/v1beta1", said)],
    ["kind", textValue("Kustomization", said)],
    ["resources", listValue(resources.map((path) => textValue(path, said)), said)],
  ], said);
}

function manifests(scratch: Scratch, folder: string, below: string, said: SaidAt): string[] {
  const here = [folder, below].filter((part) => part !== "").join("/");
  const found: string[] = [];
  for (const name of scratch.names(here)) {
    const path = below === "" ? name : `${below}/${name}`;
    const whole = folder === "" ? path : `${folder}/${path}`;
    // A link is no folder to the walk, and a file where it ends like one.
    const place = LEFT_OUT.test(whole) ? undefined : scratch.find(whole, said);
    if (place?.is === "file" && /\.ya?ml$/.test(name)) found.push(path);
    if (place?.is !== "folder" || place.path !== whole) continue;
    if (isKustomization(scratch, whole, said)) found.push(path);
    else found.push(...manifests(scratch, folder, path, said));
  }
  return found;
}

export const isKustomization = (scratch: Scratch, folder: string, said: SaidAt): boolean =>
  KUSTOMIZATION_NAMES.some((name) => scratch.find(folder === "" ? name : `${folder}/${name}`, said)?.is === "file");
