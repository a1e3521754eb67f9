/** Types of `kubernetes-models` that lead to images. They are Kubernetes' own, and known without reading them. */
import type { ModelField } from "./image-maps.ts";

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"];

const podSpec = (path: string): ModelField => ({ path, shape: "podSpec" });
const ref = (path: string): ModelField => ({ path, shape: "ref" });

const KNOWN: ReadonlyMap<string, ModelField> = new Map([
  ["PodSpec", podSpec("")],
  ["PodTemplateSpec", podSpec(".spec")],
  ["Pod", podSpec(".spec")],
  ["PodTemplate", podSpec(".template.spec")],
  ["JobTemplateSpec", podSpec(".spec.template.spec")],
  ["CronJobSpec", podSpec(".jobTemplate.spec.template.spec")],
  ["CronJob", podSpec(".spec.jobTemplate.spec.template.spec")],
  ...WORKLOADS.flatMap((kind) => [[kind, podSpec(".spec.template.spec")], [`${kind}Spec`, podSpec(".template.spec")]] as const),
  ["Container", ref(".image")],
  ["EphemeralContainer", ref(".image")],
  ["Volume", ref(".image.reference")],
  ["ImageVolumeSource", ref(".reference")],
]);

/** Packages whose types are never followed: the objects of Kubernetes itself, and what all models have in common. */
export const isCoreModule = (specifier: string): boolean => /^(?:kubernetes-models|@kubernetes-models\/(?:base|apimachinery|validate))(?:\/|$)/.test(specifier);

/** Where a type of Kubernetes itself holds images; nothing where it holds none. `name` as it is exported: `IIoK8sApiCoreV1PodSpec`, `IPodSpec`. */
export function coreFields(specifier: string, name: string): readonly ModelField[] {
  if (!/^kubernetes-models(?:\/|$)/.test(specifier)) return [];
  const kind = name.replace(/^I?IoK8sApi(?:Core|Apps|Batch)V1(?:beta\d)?/, "").replace(/^I(?=[A-Z])/, "");
  const known = KNOWN.get(kind);
  return known ? [known] : [];
}
