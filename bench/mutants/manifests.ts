/** Manifests of every surface, with the references that stand in them, in the styles that YAML has. */
import fc from "fast-check";
import { Document, isCollection, isMap, isPair, isScalar, Scalar, visit } from "yaml";
import { roleOf } from "../../src/surfaces/roles.ts";
import type { Input } from "./trial.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(?:(?:\.|_|__|-)[a-z0-9]{1,6})?$/);
const name = fc.tuple(fc.constantFrom("ghcr.io/", "registry.example:5000/", "quay.io/acme/", "docker.io/library/"), word).map(([host, path]) => host + path);
const tag = fc.constantFrom("v1", "1.27.0", "v1.4.0-rc.1", "latest", "2024-01-01x", "A.B-C_d", "16.4-alpine3.20");
interface Image { readonly name: string; readonly tag: string }
const image: fc.Arbitrary<Image> = fc.record({ name, tag });
const written = (one: Image): string => `${one.name}:${one.tag}`;

/** A document before it has a style. */
interface Plain { readonly path: string; readonly value: unknown }

const container = (one: Image, i = 0) => ({ name: `c${i}`, image: written(one) });
const podSpec = (images: readonly Image[]) => ({ initContainers: images.slice(1).map((one, i) => container(one, i + 1)), containers: [container(images[0]!)] });
const manifest = (apiVersion: string, kind: string, spec: unknown) => ({ apiVersion, kind, metadata: { name: "web", labels: { app: "web", note: "a: b # c" } }, spec });
const pod = (images: readonly Image[]) => manifest("v1", "Pod", podSpec(images));
const values = (images: readonly Image[]) => Object.fromEntries(images.map((one, i) => {
  const slash = one.name.indexOf("/");
  return [`app${i}`, { image: i === 1 ? { registry: one.name.slice(0, slash), repository: one.name.slice(slash + 1), tag: one.tag, digest: "" } : { repository: one.name, tag: one.tag, digest: "" } }];
}));

/** By surface: what it reads, with all of the images in it. */
export const SHAPES: Readonly<Record<string, (images: readonly Image[]) => Plain>> = {
  kubernetes: (images) => ({ path: "pod.yaml", value: pod(images) }),
  workload: (images) => ({ path: "web.yaml", value: manifest("apps/v1", "Deployment", { template: { spec: podSpec(images) } }) }),
  cron: (images) => ({ path: "job.yaml", value: manifest("batch/v1", "CronJob", { jobTemplate: { spec: { template: { spec: podSpec(images) } } } }) }),
  list: (images) => ({ path: "all.yaml", value: { apiVersion: "v1", kind: "List", items: images.map((one) => pod([one])) } }),
  prometheus: (images) => ({ path: "p.yaml", value: { ...manifest("monitoring.coreos.com/v1", "Prometheus", { image: written(images[0]!), containers: images.slice(1).map(container) }) } }),
  workflow: (images) => ({ path: "w.yaml", value: manifest("argoproj.io/v1alpha1", "Workflow", { templates: images.map((one, i) => ({ name: `t${i}`, container: { image: written(one), command: ["x"] } })) }) }),
  tekton: (images) => ({ path: "t.yaml", value: manifest("tekton.dev/v1", "Task", { steps: images.map(container) }) }),
  kustomize: (images) => ({ path: "kustomization.yaml", value: { kind: "Kustomization", resources: ["a.yaml"], images: images.map((one, i) => ({ name: `old${i}`, newName: one.name, newTag: one.tag })) } }),
  "helm-values": (images) => ({ path: "values.yaml", value: values(images) }),
  "argocd-kustomize": (images) => ({ path: "app.yaml", value: manifest("argoproj.io/v1alpha1", "Application", { source: { kustomize: { images: images.map((one, i) => `old${i}=${written(one)}`) } } }) }),
  "argocd-values": (images) => ({ path: "app.yaml", value: manifest("argoproj.io/v1alpha1", "Application", { source: { helm: { valuesObject: values(images) } } }) }),
  "argocd-string": (images) => ({ path: "app.yaml", value: manifest("argoproj.io/v1alpha1", "Application", { source: { helm: { values: new Document(values(images)).toString() } } }) }),
  "flux-values": (images) => ({ path: "release.yaml", value: manifest("helm.toolkit.fluxcd.io/v2", "HelmRelease", { values: values(images) }) }),
  "flux-kustomize": (images) => ({ path: "ks.yaml", value: manifest("kustomize.toolkit.fluxcd.io/v1", "Kustomization", { images: images.map((one, i) => ({ name: `old${i}`, newName: one.name, newTag: one.tag })) }) }),
  embedded: (images) => ({ path: "cm.yaml", value: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { "a.yaml": new Document(pod(images)).toString({ lineWidth: 0 }), other: "x" } } }),
  "embedded-json": (images) => ({ path: "cm.yaml", value: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { "a.json": JSON.stringify(pod(images)) } } }),
  "json-patch": (images) => ({ path: "patch.yaml", value: images.map((one, i) => ({ op: "replace", path: `/spec/template/spec/containers/${i}/image`, value: written(one) })) }),
  "patch-string": (images) => ({ path: "kustomization.yaml", value: { kind: "Kustomization", patches: images.map((one, i) => ({ patch: `- op: replace\n  path: /spec/template/spec/containers/${i}/image\n  value: ${written(one)}\n` })) } }),
  guesses: (images) => ({ path: "x.yaml", value: manifest("acme.example/v1", "Thing", { parts: images.map((one) => ({ image: written(one) })) }) }),
};
export const SURFACES = Object.keys(SHAPES);

const style = fc.record({
  json: fc.constantFrom(0, 0, 0, 0, 1), indent: fc.constantFrom(2, 3, 4), indentSeq: fc.boolean(), lineBreak: fc.constantFrom("\n", "\n", "\r\n"), bom: fc.constantFrom(false, false, true),
  marker: fc.constantFrom("", "---\n", "# top\n---\n"), end: fc.boolean(),
  /** One for each node in turn: what it looks like. */
  looks: fc.array(fc.nat(), { minLength: 8, maxLength: 40 }),
});
type Style = typeof style extends fc.Arbitrary<infer One> ? One : never;

const SCALARS = [Scalar.PLAIN, Scalar.PLAIN, Scalar.PLAIN, Scalar.QUOTE_DOUBLE, Scalar.QUOTE_SINGLE, Scalar.BLOCK_LITERAL, Scalar.BLOCK_FOLDED] as const;

/** Gives every node of a document a look; a flow collection's contents are flow as well. */
function dressed(value: unknown, { looks }: Style): Document {
  const document = new Document(value, { aliasDuplicateObjects: false });
  let turn = 0;
  const look = (): number => looks[turn++ % looks.length]! + turn;
  visit(document, (key, node) => {
    if (isPair(node)) return undefined;
    if (isCollection(node)) {
      if (look() % 9 === 0) node.flow = true;
      else if (look() % 11 === 0 && isMap(node)) node.commentBefore = " image: nginx:1";
    } else if (isScalar(node) && typeof node.value === "string") {
      if (key === "key") {
        if (look() % 7 === 0) node.type = look() % 2 === 0 ? Scalar.QUOTE_DOUBLE : Scalar.QUOTE_SINGLE;
        return undefined;
      }
      // A long text is written as people write it; what fits on a line, in any way.
      node.type = node.value.includes("\n") ? Scalar.BLOCK_LITERAL : SCALARS[look() % SCALARS.length]!;
      if (look() % 5 === 0 && !node.type.startsWith("BLOCK")) node.comment = " tag: v0";
    }
    return undefined;
  });
  return document;
}

function print(value: unknown, given: Style): string {
  const { json, indent, indentSeq, lineBreak, bom, marker, end } = given;
  const text = json ? JSON.stringify(value, null, indentSeq ? indent : 0) : marker + dressed(value, given).toString({ indent, indentSeq, lineWidth: 0 });
  return `${bom ? "\ufeff" : ""}${end || json ? text : text.trimEnd()}`.replaceAll("\n", lineBreak);
}

export interface Generated extends Input {
  readonly surface: string;
  readonly wanted: readonly string[];
}

/** A manifest of any of the surfaces given, in any style. */
export const generated = (surfaces: readonly string[] = SURFACES): fc.Arbitrary<Generated> =>
  fc.record({ surface: fc.constantFrom(...surfaces), images: fc.uniqueArray(image, { minLength: 1, maxLength: 3, selector: written }), style }).map(({ surface, images, style: given }) => {
    const { path, value } = SHAPES[surface]!(images);
    const text = print(value, given);
    return { surface, path, chart: false, role: roleOf(path, new Set(), false), bytes: Buffer.from(text, "utf8"), wanted: images.map(written) };
  });
