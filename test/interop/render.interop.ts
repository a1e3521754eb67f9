/** The sandbox's renders against the same programs called by hand, and what the sandbox refuses against what they would do. */
import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { install, type ToolName } from "../../bench/tools/install.ts";
import { execute } from "../../bench/tools/lading.ts";
import type { ValuesLayer } from "../../src/model/render.ts";
import { scrubbed } from "../../src/render/environment.ts";
import { createRender } from "../../src/render/render.ts";
import { run } from "../../src/render/run.ts";
import { tree } from "../cli/lading.ts";
import { chart, kustomization, render, SAID, textOf, whyOf } from "../render/fakes.ts";
import { missing } from "./missing.ts";

const LONG = { timeout: 300_000 };

/** The tools, and a PATH that has them alone; undefined when one is missing, which is then said. */
async function toolsFor(context: TestContext, ...names: readonly ToolName[]): Promise<{ readonly path: string; readonly env: { readonly PATH: string }; readonly program: Readonly<Record<string, string>> } | undefined> {
  const program: Record<string, string> = {};
  for (const name of names) {
    const tool = await install(name);
    if ("missing" in tool) return void missing(context, tool.missing);
    program[name] = tool.path;
  }
  const path = Object.values(program).map((one) => dirname(one)).join(delimiter);
  return { path, env: { PATH: path }, program };
}

async function output(command: string, args: readonly string[], cwd: string, path?: string): Promise<string> {
  const ran = await execute(command, [...args], { cwd, ...(path === undefined ? {} : { env: { PATH: path } }) });
  assert.equal(ran.code, 0, ran.err);
  return ran.out;
}

const CHARTS = {
  "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: '9.9'\ndependencies:\n- {name: side, version: 1.0.0, repository: 'file://../side', alias: helper}\n- {name: kept, version: 0.1.0, repository: 'https://charts.example.com'}\n",
  "charts/web/values.yaml": "image: {repository: acme/web, tag: ''}\nlist: [a, b]\nhelper: {image: acme/side:1}\n",
  "charts/web/crds/crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.example.com}\n",
  "charts/web/templates/_helpers.tpl": '{{ define "web.image" }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}\n',
  "charts/web/templates/pod.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  annotations:
    note: {{ .Values.note | quote }}
    list: {{ .Values.list | join "+" | quote }}
    kube: {{ .Capabilities.KubeVersion.Version | quote }}
    monitors: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" | quote }}
spec:
  containers:
  - {name: web, image: {{ include "web.image" . | quote }} }
`,
  "charts/web/templates/job.yaml": 'apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hook\n  annotations: {"helm.sh/hook": pre-install}\nspec:\n  template:\n    spec: {containers: [{name: a, image: "acme/hook:1"}]}\n',
  "charts/web/charts/kept/Chart.yaml": "apiVersion: v2\nname: kept\nversion: 0.1.0\n",
  "charts/web/charts/kept/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept}\n",
  "charts/side/Chart.yaml": "apiVersion: v2\nname: side\nversion: 1.0.0\n",
  "charts/side/values.yaml": "image: acme/side:0\n",
  "charts/side/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: side}\nspec: {containers: [{name: side, image: {{ .Values.image | quote }} }]}\n",
  "env/prod, eu.yaml": "image: {tag: '2.0'}\nnote: from the file\n",
};

const span = { start: 0, end: 0 };
const LAYERS: readonly ValuesLayer[] = [
  { is: "file", path: "env/prod, eu.yaml", said: SAID, optional: false },
  { is: "inline", text: "helper:\n  image: acme/side:2\n", file: SAID.file, span, said: SAID },
  { is: "parameter", name: "note", value: "one, two", asString: false, file: SAID.file, span, said: SAID },
  { is: "parameter", name: "list", value: "{x,y}", asString: false, file: SAID.file, span, said: SAID },
  { is: "parameter", name: "image.tag", value: "20240101", asString: true, file: SAID.file, span, said: SAID },
];

for (const name of ["helm", "helm4"] as const) {
  describe(name, () => {
    test("renders in the sandbox as by hand", LONG, async (context) => {
      const tools = await toolsFor(context, name);
      if (!tools) return;
      const folder = tree(context, CHARTS);
      const root = chart("charts/web", { helm: { release: "shop", namespace: "prod", kubeVersion: "1.30.0", apiVersions: ["monitoring.coreos.com/v1/ServiceMonitor"], includeCrds: true, layers: LAYERS } });
      const answer = await render({ root: folder, env: tools.env }, { root });
      const text = textOf(answer);
      // By hand the dependency has to be put in place, and the values without a comma in their name.
      cpSync(join(folder, "charts/side"), join(folder, "charts/web/charts/side"), { recursive: true });
      cpSync(join(folder, "env/prod, eu.yaml"), join(folder, "one.yaml"));
      writeFileSync(join(folder, "two.yaml"), "helper: {image: 'acme/side:2'}\n");
      const byHand = await output(tools.program[name]!, ["template", "shop", "charts/web", "-n", "prod", "--include-crds", "--kube-version", "1.30.0", "--api-versions", "monitoring.coreos.com/v1/ServiceMonitor", "-f", "one.yaml", "-f", "two.yaml", "--set", "note=one\\, two", "--set", "list={x,y}", "--set-string", "image.tag=20240101"], folder);
      assert.equal(text, byHand);
      for (const part of ['image: "acme/web:20240101"', 'note: "one, two"', 'list: "x+y"', 'kube: "v1.30.0"', 'monitors: "true"', '"acme/side:2"', "acme/hook:1", "a.example.com", "name: kept", "namespace: prod", "# Source: web/charts/helper/templates/pod.yaml"]) assert.ok(text.includes(part), `${part}\n${text}`);
      assert.match(answer.is === "known" ? answer.value.program : "", name === "helm" ? /^helm 3\.\d+\.\d+$/ : /^helm 4\.\d+\.\d+$/);
    });

    test("says what is wrong with a template, and where", LONG, async (context) => {
      const tools = await toolsFor(context, name);
      if (!tools) return;
      const folder = tree(context, { "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/templates/a.yaml": "a: {{ required \"image.tag is needed\" .Values.tag }}\n" });
      const why = whyOf(await render({ root: folder, env: tools.env }, { root: chart("web") }));
      assert.equal(why.code, "failed");
      assert.match(why.message, /^apps\/web\.yaml:7: web: helm \d.* ended with 1: .*web\/templates\/a\.yaml:1:\d+.*image\.tag is needed/s);
      assert.doesNotMatch(why.message, /lading-render|\/tmp\//);
    });

    test("says what is wrong with values, by the name of their file", LONG, async (context) => {
      const tools = await toolsFor(context, name);
      if (!tools) return;
      const folder = tree(context, { ...CHARTS, "env/bad.yaml": "a: [\n" });
      const root = chart("charts/web", { helm: { release: "shop", apiVersions: [], includeCrds: true, layers: [{ is: "file", path: "env/bad.yaml", said: SAID, optional: false }] } });
      const why = whyOf(await render({ root: folder, env: tools.env }, { root }));
      assert.match(why.message, /env\/bad\.yaml/);
      assert.doesNotMatch(why.message, /lading-render|\/tmp\//);
    });

    test("is ended when a template takes too much memory", { ...LONG, skip: process.platform !== "linux" }, async (context) => {
      const tools = await toolsFor(context, name);
      if (!tools) return;
      const folder = tree(context, { "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/templates/a.yaml": "{{ range until 200000000 }}x{{ end }}\n" });
      const why = whyOf(await render({ root: folder, env: tools.env, limits: { memoryBytes: 300 << 20 } }, { root: chart("web") }));
      assert.deepEqual([why.code, /took more than 300 MB of memory, and was ended/.test(why.message)], ["too-large", true]);
    });

    test("asks no network in the sandbox's environment, and would by a schema, which is refused in an archive as well", LONG, async (context) => {
      const tools = await toolsFor(context, name);
      if (!tools) return;
      const folder = tree(context, {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: a, version: 1.0.0, repository: 'https://charts.example.com'}\n", "web/values.yaml": "a: {b: 1}\n",
        "a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "a/values.yaml": "b: 1\n", "a/values.schema.json": '{"$ref":"https://charts.example.com/schema.json"}', "a/templates/a.yaml": "a: 1\n",
      });
      const env = await scrubbed(folder, []);
      const alone = await run({ program: tools.program[name]!, args: ["template", "a"], env, cwd: folder }, { milliseconds: 60_000, graceMilliseconds: 1_000, outputBytes: 1 << 20, memoryBytes: 4 * 1024 ** 3 });
      assert.match(alone.is === "failed" ? alone.error : "", /127\.0\.0\.1:9|proxyconnect/);
      await output(tools.program[name]!, ["package", "a", "-d", "packed"], folder);
      cpSync(join(folder, "packed/a-1.0.0.tgz"), join(folder, "web/charts/a-1.0.0.tgz"));
      const why = whyOf(await render({ root: folder, env: tools.env }, { root: chart("web") }));
      assert.equal(why.code, "refused");
      assert.match(why.message, /^web\/charts\/a-1\.0\.0\.tgz:1: \$ref/);
      rmSync(join(folder, "a/values.schema.json"));
      await output(tools.program[name]!, ["package", "a", "-d", "web/charts"], folder);
      assert.match(textOf(await render({ root: folder, env: tools.env }, { root: chart("web") })), /# Source: web\/charts\/a\/templates\/a\.yaml/);
    });
  });
}

/** Most of what kustomize can do, in the spellings that readers of YAML differ about. */
const KUSTOMIZATIONS = {
  "base/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deploy.yaml, nested]
images:
- name: acme/web
  newTag: "1.10"
labels:
- pairs: {"on": "yes", octal: "010", date: "2024-01-01"}
configMapGenerator:
- name: settings
  literals: [a=1, "b=two: # not a comment"]
  files: [note.txt, other=note.txt]
  envs: [app.env]
generatorOptions: {disableNameSuffixHash: yes}
`,
  "base/note.txt": "a note\n",
  "base/app.env": "C=3\n",
  "base/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: web, image: "acme/web:1.0"}
      - {name: side, image: acme/side}
`,
  "base/nested/kustomization.yml": "resources:\n- a.yaml\n",
  "base/nested/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n",
  "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- {name: acme/side, newName: mirror.example.com/side, digest: sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3}\n",
  "over/Kustomization": `# a comment
resources:
  - ../base
components: ["../part"]
namePrefix: prod-
commonAnnotations: &shared
  first: "line\\tone \\u2028 end"
  folded: >-
    some
    text
  literal: |
    more
      text
replicas: [{name: web, count: 0x3}]
patches:
- path: patch.yaml
- target: {kind: Service}
  patch: |-
    - op: add
      path: /metadata/labels
      value: {tier: front}
patchesStrategicMerge:
- |
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec: {template: {spec: {terminationGracePeriodSeconds: 5}}}
replacements:
- source: {kind: Deployment, name: web, fieldPath: metadata.name}
  targets:
  - select: {kind: Service}
    fieldPaths: [metadata.annotations.of]
    options: {create: true}
transformers:
- labels.yaml
- |
  apiVersion: builtin
  kind: PrefixTransformer
  metadata: {name: pre}
  prefix: very-
  fieldSpecs: [{path: metadata/name}]
generators:
- gen
configurations: [images.yaml]
openapi: {path: schema.json}
`,
  "over/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, env: [{name: A, value: b}]}]}}}\n",
  "over/labels.yaml": "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {app: web}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n---\napiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: a}\nannotations: {off: 'no'}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n",
  "over/gen/kustomization.yaml": "resources: [cm.yaml]\n",
  "over/gen/cm.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [x=y]\noptions: {disableNameSuffixHash: true}\n",
  "over/images.yaml": "images:\n- {path: spec/image, kind: App}\n",
  "over/schema.json": '{"definitions": {}}',
};

describe("kustomize", () => {
  test("renders what was read and written again as what was written by hand", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize");
    if (!tools) return;
    const folder = tree(context, KUSTOMIZATIONS);
    for (const root of ["base", "over"]) {
      const byHand = await output(tools.program["kustomize"]!, ["build", root], folder);
      assert.equal(textOf(await render({ root: folder, env: tools.env }, { root: kustomization(root) })), byHand);
    }
  });

  test("says where each object is from", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize");
    if (!tools) return;
    const text = textOf(await render({ root: tree(context, KUSTOMIZATIONS), env: tools.env }, { root: kustomization("over"), provenance: true }));
    assert.match(text, /config\.kubernetes\.io\/origin: \|\n\s+path: \.\.\/base\/deploy\.yaml/);
    assert.match(text, /configuredIn: \.\.\/part\/kustomization\.yaml\n\s+configuredBy:\n\s+apiVersion: builtin\n\s+kind: ImageTagTransformer/);
  });

  test("sets images as `kustomize edit set image` does", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize");
    if (!tools) return;
    const digest = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";
    const pods = ["nginx:1.0", "reg.example.com:5000/acme/web:1", "acme/web", "zoo:2", "alpine@" + digest, "busybox"];
    const manifests = pods.map((image, index) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p${index}}\nspec: {containers: [{name: a, image: "${image}"}]}\n`).join("---\n");
    const entries = `images:\n- {name: zoo, newTag: "3"}\n- {name: nginx, newName: acme/nginx, newTag: old, digest: "${digest}"}\n- {name: acme/nginx, newTag: chained}\n`;
    const wishes = [
      ["nginx:2"], ["nginx=acme/other:2"], [`nginx=*:*@${digest}`], ["nginx=*:7"], ["nginx:*@*"], [`alpine@${digest}`], [`alpine:3@${digest}`], ["zoo=aaa:1", "busybox=acme/busy"],
      ["reg.example.com:5000/acme/web:2"], ["reg.example.com:5000/acme/web=acme/web:2"], [`acme/web=reg.example.com:5000/acme/web@${digest}`], ["nginx:1", "nginx:2"], ["zoo=*:*"], ["new=*"],
    ];
    for (const images of wishes) {
      const folder = tree(context, { "app/kustomization.yaml": `resources: [pods.yaml]\n${entries}`, "app/pods.yaml": manifests });
      const ours = textOf(await render({ root: folder, env: tools.env }, { root: kustomization("app", { by: "argocd-application", kustomize: { images } }) }));
      await output(tools.program["kustomize"]!, ["edit", "set", "image", ...images], join(folder, "app"));
      assert.equal(ours, await output(tools.program["kustomize"]!, ["build", "."], join(folder, "app")), images.join(" "));
    }
  });

  test("renders a folder without a kustomization as Flux does, and reads across it", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize");
    if (!tools) return;
    const folder = tree(context, {
      "apps/b/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n", "apps/a.yml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "apps/README.md": "",
      "apps/sub/kustomization.yaml": "resources: [../../shared/c.yaml]\n", "shared/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    });
    const text = textOf(await render({ root: folder, env: tools.env }, { root: kustomization("apps", { by: "flux-kustomization" }) }));
    assert.deepEqual([...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, name]) => name), ["a", "b", "c"]);
    const why = whyOf(await render({ root: folder, env: tools.env }, { root: kustomization("apps/sub") }));
    assert.match(why.message, /security; file .*shared\/c\.yaml' is not in or below/);
    assert.doesNotMatch(why.message, /lading-render/);
  });

  test("inflates charts that are there", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize", "helm");
    if (!tools) return;
    const folder = tree(context, {
      "app/kustomization.yaml": "helmGlobals: {chartHome: charts}\nhelmCharts:\n- name: web\n  releaseName: shop\n  namespace: prod\n  valuesInline: {note: 1.10, on: yes}\n  additionalValuesFiles: [more.yaml]\n  includeCRDs: true\nimages: [{name: acme/web, newTag: '3'}]\n",
      "app/more.yaml": "more: true\n",
      "app/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "app/charts/web/values.yaml": "note: x\n",
      "app/charts/web/templates/pod.yaml": 'apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}, annotations: {note: {{ .Values.note | quote }}, more: {{ .Values.more | quote }} } }\nspec: {containers: [{name: a, image: "acme/web:1"}]}\n',
    });
    const answer = await render({ root: folder, env: tools.env }, { root: kustomization("app") });
    assert.equal(textOf(answer), await output(tools.program["kustomize"]!, ["build", "--enable-helm", "app"], folder, tools.path));
    assert.match(textOf(answer), /image: acme\/web:3/);
    assert.match(answer.is === "known" ? answer.value.program : "", /^kustomize 5\.\S+ with helm 3\./);
  });

  test("is kubectl's where there is no other", LONG, async (context) => {
    const found = await execute("kubectl", ["version", "--client"]).catch(() => undefined);
    // No recipe builds it; test/render has a program in its place.
    if (found?.code !== 0) return context.skip("kubectl is not here");
    const folder = tree(context, KUSTOMIZATIONS);
    const answer = await render({ root: folder, env: { PATH: process.env["PATH"] } }, { root: kustomization("base") });
    assert.match(answer.is === "known" ? answer.value.program : "", /^(?:kubectl kustomize|kustomize) \d/);
    assert.match(textOf(answer), /acme\/web:1\.10/);
  });
});

describe("what is refused would be done", () => {
  test("a release's name runs a program by helm 3", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize", "helm");
    if (!tools) return;
    const folder = tree(context, {
      "app/kustomization.yaml": "helmCharts:\n- name: web\n  releaseName: --post-renderer=./run.sh\n", "app/run.sh": "#!/bin/sh\ntouch ran\ncat\n",
      "app/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "app/charts/web/values.yaml": "", "app/charts/web/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    });
    chmodSync(join(folder, "app/run.sh"), 0o755);
    assert.equal(whyOf(await render({ root: folder, env: tools.env }, { root: kustomization("app") })).code, "refused");
    assert.ok(!existsSync(join(folder, "app/ran")));
    // helm takes the name for a flag and makes one up itself.
    await execute(tools.program["kustomize"]!, ["build", "--enable-helm", "."], { cwd: join(folder, "app"), env: { PATH: `${tools.path}:/usr/bin:/bin` } });
    assert.ok(existsSync(join(folder, "app/ran")));
  });

  test("a key in capitals is read", LONG, async (context) => {
    const tools = await toolsFor(context, "kustomize");
    if (!tools) return;
    const folder = tree(context, { "app/kustomization.yaml": "Re\u017fources: [a.yaml]\n", "app/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" });
    assert.match(await output(tools.program["kustomize"]!, ["build", "app"], folder), /name: a/);
    assert.equal(whyOf(await render({ root: folder, env: tools.env }, { root: kustomization("app") })).code, "refused");
  });
});

test("a file that is exchanged while programs run changes nothing", LONG, async (context) => {
  const tools = await toolsFor(context, "kustomize");
  if (!tools) return;
  const folder = tree(context, KUSTOMIZATIONS);
  const rendering = createRender({ root: folder, env: tools.env });
  const before = readFileSync(join(folder, "base/deploy.yaml"), "utf8");
  const asked = { root: kustomization("base"), instead: new Map([["base/deploy.yaml", before.replace("acme/web:1.0", "acme/other:1.0")]]), provenance: false };
  const [changed, plain] = await Promise.all([rendering(asked), rendering({ ...asked, instead: new Map() })]);
  assert.match(textOf(changed), /acme\/other:1\.0/);
  assert.match(textOf(plain), /acme\/web:1\.10/);
  assert.equal(readFileSync(join(folder, "base/deploy.yaml"), "utf8"), before);
});
