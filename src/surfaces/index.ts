/** Every surface, in the order in which they may claim a document. */
import { argocdSource } from "./argocd.ts";
import { helmValues } from "./helm-values.ts";
import { jsonPatch } from "./json-patch.ts";
import { kubernetes } from "./kubernetes.ts";
import { kustomize } from "./kustomize.ts";
import type { Surface } from "./surface.ts";

export const surfaces: readonly Surface[] = [argocdSource, kustomize, jsonPatch, helmValues, kubernetes];
