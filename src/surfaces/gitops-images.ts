/** Argo CD and Flux objects, whose images stand in overrides of what they deploy. */
import { applicationImages } from "./argocd.ts";
import { helmReleaseImages, kustomizationImages } from "./flux.ts";
import { ociRepositoryArtifact } from "./flux-oci-repository.ts";
import { OCI_REPOSITORY } from "./kinds.ts";
import { groupOf } from "./policies.ts";
import type { Draft, ManifestPlace } from "./surface.ts";

type Locate = (place: ManifestPlace) => Iterable<Draft>;

/** By group and kind. */
const KINDS: Readonly<Record<string, Locate>> = {
  "argoproj.io/Application": applicationImages,
  "argoproj.io/ApplicationSet": applicationImages,
  "helm.toolkit.fluxcd.io/HelmRelease": helmReleaseImages,
  "kustomize.toolkit.fluxcd.io/Kustomization": kustomizationImages,
  [OCI_REPOSITORY]: ociRepositoryArtifact,
};

/** What finds the images that an object of one of these kinds holds besides the PodSpecs in it; undefined for any other kind. */
export function gitopsLocator(apiVersion: string, kind: string): Locate | undefined {
  const name = `${groupOf(apiVersion)}/${kind}`;
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}
