/** Every surface, in the order in which they may claim a document. */
import { helmValues } from "./helm-values.ts";
import { kubernetes } from "./kubernetes.ts";
import { kustomize } from "./kustomize.ts";
import type { Surface } from "./surface.ts";

export const surfaces: readonly Surface[] = [kustomize, helmValues, kubernetes];
