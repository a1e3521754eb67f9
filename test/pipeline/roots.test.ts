/** What a repository renders, told from its files. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Root, ValuesLayer } from "../../src/model/render.ts";
import { affectedBy } from "../../src/pipeline/roots/affected.ts";
import { findRoots, type RootOptions } from "../../src/pipeline/roots/find.ts";
import { normalAddress } from "../../src/pipeline/roots/remote.ts";
import { type Files, workspace } from "./memory.ts";

const OURS = "https://git.example/acme/deploy.git";
const find = (files: Files, options: RootOptions = { remotes: [OURS] }) => findRoots(workspace(files), options);
const roots = async (files: Files, options?: RootOptions): Promise<readonly Root[]> => (await find(files, options)).roots;
const only = async (files: Files, by: Root["by"], options?: RootOptions): Promise<Root> => {
  const found = (await roots(files, options)).filter((one) => one.by === by);
  assert.equal(found.length, 1, JSON.stringify(found));
  return found[0]!;
};
const names = (found: readonly Root[]): string[] => found.map(({ tool, folder }) => `${tool} ${folder}`).sort();

/** A layer in a few words. */
const short = (layer: ValuesLayer): string =>
  layer.is === "file" ? `${layer.path}${layer.optional ? "?" : ""}` : layer.is === "inline" ? `inline ${layer.text.trim()}` : `${layer.asString ? "string" : "set"} ${layer.name}=${layer.value}`;
const layers = ({ helm }: Root): string[] => helm!.layers.map(short);

const chart = (name = "web", more = ""): string => `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n${more}`;
const kustomization = (...resources: string[]): string => `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [${resources.join(", ")}]\n`;
const application = (spec: string, name = "shop"): string => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}}\nspec:\n  destination: {namespace: prod}\n${spec}`;
const source = (path: string, more = "", url = OURS): string => `  source:\n    repoURL: ${url}\n    path: ${path}\n${more}`;

describe("folders", () => {
  test("charts are roots; those that another one renders are not", async () => {
    const files = { "a/Chart.yaml": chart(), "a/charts/b/Chart.yaml": chart("b"), "a/charts/b/charts/c/Chart.yaml": chart("c"), "charts/d/Chart.yaml": chart("D_x"), "lib/Chart.yaml": chart("lib", "type: library\n") };
    const found = await roots(files);
    assert.deepEqual(names(found), ["helm a", "helm charts/d"]);
    assert.equal(found[1]!.helm!.release, "d-x");
  });

  test("a chart that another one takes by file:// is no root", async () => {
    assert.deepEqual(names(await roots({ "a/Chart.yaml": chart("a", "dependencies:\n- {name: b, repository: 'file://../b', version: 1.0.0}\n"), "b/Chart.yaml": chart("b") })), ["helm a"]);
  });

  test("leaves of kustomizations are roots, bases and components are not", async () => {
    const files = {
      "base/kustomization.yaml": kustomization("pod.yaml"), "base/pod.yaml": "kind: Pod\n",
      "prod/kustomization.yaml": `${kustomization("../base")}components: [../part]\n`,
      "test/Kustomization": "bases: [../base]\n",
      "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
      "alone/part/kustomization.yml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
    };
    assert.deepEqual(names(await roots(files)), ["kustomize prod", "kustomize test"]);
  });

  test("a chart that a kustomization inflates is no root", async () => {
    const files = { "app/kustomization.yaml": "helmGlobals: {chartHome: ../charts}\nhelmCharts: [{name: web}]\n", "charts/web/Chart.yaml": chart() };
    assert.deepEqual(names(await roots(files)), ["kustomize app"]);
  });

  test("a remote base leaves a root open, and what kustomize refuses is said", async () => {
    const files = { "a/kustomization.yaml": kustomization("../base"), "base/kustomization.yaml": kustomization("github.com/acme/base//x?ref=main"), "b/kustomization.yaml": "# nothing\n", "c/kustomization.yaml": kustomization(), "c/Kustomization": kustomization() };
    const found = await find(files);
    assert.deepEqual(names(found.roots), ["kustomize a"]);
    assert.equal(found.roots[0]!.open.length, 1);
    assert.deepEqual(found.aside.map(({ said }) => said.file).sort(), ["b/kustomization.yaml", "c/kustomization.yaml"]);
  });

  test("a Flux object in a file of kustomize's name is no kustomization", async () => {
    assert.deepEqual(await roots({ "kustomization.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./x}\n" }), []);
  });
});

describe("Argo CD Applications", () => {
  test("layers in Helm's order, each at its place", async () => {
    const files = {
      "chart/Chart.yaml": chart(), "chart/prod.yaml": "a: 1\n", "values/common.yaml": "b: 1\n",
      "apps/shop.yaml": application(source("chart", `    helm:
      releaseName: front
      namespace: other
      kubeVersion: "1.33"
      apiVersions: [monitoring.coreos.com/v1]
      skipCrds: true
      valueFiles: [prod.yaml, /values/common.yaml, missing.yaml]
      ignoreMissingValueFiles: true
      values: |
        ignored: true
      valuesObject:
        image: {tag: 1.10, name: "1.10"}
      parameters:
      - {name: text, value: "7", forceString: true}
      - {name: number, value: "7"}
      fileParameters: [{name: config, path: x.ini}]
`)),
    };
    const root = await only(files, "argocd-application");
    assert.deepEqual(layers(root), ["chart/prod.yaml?", "values/common.yaml?", "chart/missing.yaml?", 'inline {"image": {"tag": 1.10, "name": "1.10"}}', "set number=7", "string text=7"]);
    const { layers: _layers, ...call } = root.helm!;
    assert.deepEqual(call, { release: "front", namespace: "other", kubeVersion: "1.33", apiVersions: ["monitoring.coreos.com/v1"], includeCrds: false });
    assert.equal(root.open.length, 1);
    const inline = root.helm!.layers.find(({ is }) => is === "inline")! as ValuesLayer & { is: "inline" };
    assert.equal(files["apps/shop.yaml"].slice(inline.span.start, inline.span.end).trim(), 'image: {tag: 1.10, name: "1.10"}');
    const set = root.helm!.layers.find(({ is }) => is === "parameter")! as ValuesLayer & { is: "parameter" };
    assert.equal(files["apps/shop.yaml"].slice(set.span.start, set.span.end), "7");
    assert.equal(set.said.position.line, 23);
    assert.deepEqual(names(await roots(files)), ["helm chart"], "the folder alone is no second root");
  });

  test("values as a text keep their lines", async () => {
    const root = await only({ "c/Chart.yaml": chart(), "app.yaml": application(source("c", "    helm:\n      values: |\n        a:\n          b: |\n            x\n             y\n        c: 1\n")) }, "argocd-application");
    assert.deepEqual(root.helm!.layers.map((layer) => layer.is === "inline" && layer.text), ["a:\n  b: |\n    x\n     y\nc: 1\n"]);
    assert.deepEqual([root.helm!.release, root.helm!.namespace], ["shop", "prod"]);
  });

  test("globs of values files give their files in order", async () => {
    const files = { "c/Chart.yaml": chart(), "c/v/b.yaml": "", "c/v/a.yaml": "", "app.yaml": application(source("c", "    helm: {valueFiles: ['v/*.yaml']}\n")) };
    assert.deepEqual(layers(await only(files, "argocd-application")), ["c/v/a.yaml", "c/v/b.yaml"]);
  });

  test("several sources, with values files by ref", async () => {
    const files = {
      "envs/prod.yaml": "a: 1\n", "extra/kustomization.yaml": kustomization(),
      "app.yaml": application(`  sources:
  - {repoURL: "https://charts.example", chart: web, targetRevision: 1.2.3, helm: {valueFiles: [$values/envs/prod.yaml, $theirs/x.yaml]}}
  - {repoURL: "git@git.example:acme/deploy.git", ref: values}
  - {repoURL: "https://git.example/acme/other", ref: theirs}
  - {repoURL: "ssh://git@git.example/acme/deploy", path: extra}
`),
    };
    const found = await roots(files);
    assert.deepEqual(names(found), ["helm ", "kustomize extra"]);
    const helm = found.find(({ tool }) => tool === "helm")!;
    assert.deepEqual(layers(helm), ["envs/prod.yaml"]);
    assert.match(helm.elsewhere!, /web 1\.2\.3 is in https:\/\/charts\.example/);
    assert.match(helm.open.join(), /other/);
  });

  test("images of kustomize, and what is not applied", async () => {
    const root = await only({ "k/kustomization.yaml": kustomization(), "app.yaml": application(source("k", "    kustomize: {images: ['nginx=acme/nginx:1'], patches: [{patch: x}], namePrefix: a-}\n")) }, "argocd-application");
    assert.deepEqual(root.kustomize!.images, ["nginx=acme/nginx:1"]);
    assert.equal(root.open.length, 1);
  });

  test(".argocd-source files are merged over the source, and cannot move it", async () => {
    const files = {
      "c/Chart.yaml": chart(), "c/.argocd-source.yaml": "path: elsewhere\nhelm: {releaseName: one, parameters: [{name: a, value: '2'}]}\n", "c/.argocd-source-shop.yaml": "helm: {releaseName: null}\n", "c/.argocd-source-other.yaml": "helm: {releaseName: other}\n",
      "app.yaml": application(source("c", "    helm: {releaseName: zero, parameters: [{name: a, value: '1'}, {name: b, value: '1'}]}\n")),
    };
    const root = await only(files, "argocd-application");
    assert.equal(root.folder, "c");
    assert.equal(root.helm!.release, "shop");
    assert.deepEqual(layers(root), ["set a=2"]);
    assert.equal(root.helm!.layers[0]!.said.file, "c/.argocd-source.yaml");
  });

  test("a source of another repository, a plugin and plain manifests are told apart", async () => {
    const files = { "c/Chart.yaml": chart(), "plain/pod.yaml": "kind: Pod\n", "a.yaml": application(source("c", "    helm: {releaseName: x}\n", "https://git.example/acme/other")), "b.yaml": application(source("c", "    plugin: {name: gate}\n")), "d.yaml": application(source("plain")) };
    const found = await find(files);
    assert.match((await only(files, "argocd-application")).elsewhere!, /another repository/);
    assert.deepEqual(found.aside.map(({ said }) => said.file), ["b.yaml", "d.yaml"]);
  });

  test("without remotes a path that exists is taken for ours, and that is said; one that does not is elsewhere", async () => {
    const files = { "c/Chart.yaml": chart(), "a.yaml": application(source("c")), "b.yaml": application(source("d", "    helm: {releaseName: x}\n"), "b") };
    const found = await roots(files, {});
    assert.deepEqual(found.map(({ elsewhere, open }) => [elsewhere !== undefined, open.length]), [[false, 1], [true, 0]]);
    assert.deepEqual((await only({ "c/Chart.yaml": chart(), "a.yaml": application(source("c")) }, "argocd-application")).open, []);
  });

  test("a source without a repository, and one in a registry, are not this one", async () => {
    const files = { "Chart.yaml": chart(), "a.yaml": application("  source: {path: .}\n"), "b.yaml": application("  source: {repoURL: 'oci://ghcr.io/acme/web', path: ., targetRevision: 1.2.3, helm: {releaseName: x}}\n", "b") };
    const found = await find(files);
    assert.deepEqual(found.aside.map(({ said }) => said.file), ["a.yaml"]);
    assert.match(found.roots.find(({ said }) => said.file === "b.yaml")!.elsewhere!, /oci:/);
  });

  test("a folder of the repository: paths count from the top", async () => {
    const files = { "c/Chart.yaml": chart(), "a.yaml": application(source("deploy/c", "    helm: {valueFiles: [/deploy/x.yaml, /y.yaml]}\n")) };
    const root = await only(files, "argocd-application", { remotes: [OURS], prefix: "deploy/" });
    assert.equal(root.folder, "c");
    assert.deepEqual(layers(root), ["x.yaml"]);
    assert.equal(root.open.length, 1);
  });

  test("a template of a chart is no Application", async () => {
    assert.deepEqual(names(await roots({ "c/Chart.yaml": chart(), "c/templates/app.yaml": application(source("c")), "d/templates/app.yaml": application(source("c")) })), ["helm c"]);
    assert.equal((await roots({ "c/Chart.yaml": chart(), "c/templates/app.yaml": application(source("c")) }))[0]!.by, "folder");
  });

  test("one that is patched on the way is open", async () => {
    const files = { "c/Chart.yaml": chart(), "a.yaml": application(source("c")), "overlay/patch.yaml": application("  project: prod\n") };
    assert.match((await only(files, "argocd-application")).open.join(), /overlay\/patch\.yaml/);
  });
});

const set = (generators: string, template: string, more = ""): string => `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n${more}  generators:\n${generators}  template:\n${template.replace(/^/gm, "    ")}\n`;
const TEMPLATE = (name: string, path: string, helm = ""): string => `metadata: {name: '${name}'}\nspec:\n  source:\n    repoURL: ${OURS}\n    path: '${path}'\n${helm}`;

describe("Argo CD ApplicationSets", () => {
  test("a list gives one root an element", async () => {
    const files = { "c/Chart.yaml": chart(), "c/eu.yaml": "", "c/us.yaml": "", "set.yaml": set("  - list: {elements: [{region: eu, tag: '1'}, {region: us, tag: '2'}]}\n", TEMPLATE("web-{{region}}", "c", "    helm:\n      valueFiles: ['{{ region }}.yaml']\n      parameters: [{name: image.tag, value: '{{tag}}'}]\n")) };
    const found = await roots(files);
    assert.deepEqual(found.map((one) => [one.helm!.release, ...layers(one)]), [["web-eu", "c/eu.yaml", "set image.tag=1"], ["web-us", "c/us.yaml", "set image.tag=2"]]);
    assert.deepEqual(found.flatMap(({ open }) => open), []);
  });

  test("folders of the repository, with exclusions", async () => {
    const files = { "apps/a/kustomization.yaml": kustomization(), "apps/b/Chart.yaml": chart(), "apps/c/kustomization.yaml": kustomization(), "set.yaml": set(`  - git: {repoURL: ${OURS}, directories: [{path: apps/*}, {path: apps/c, exclude: true}]}\n`, TEMPLATE("{{.path.basename}}", "{{.path.path}}"), "  goTemplate: true\n") };
    const found = (await roots(files)).filter(({ by }) => by === "argocd-applicationset");
    assert.deepEqual(names(found), ["helm apps/b", "kustomize apps/a"]);
  });

  test("files of the repository", async () => {
    const files = { "c/Chart.yaml": chart(), "envs/eu/config.json": '{"app": {"name": "web"}}', "set.yaml": set(`  - git: {repoURL: ${OURS}, files: [{path: envs/*/config.json}]}\n`, TEMPLATE("{{app.name}}-{{path.basename}}", "c")) };
    assert.equal((await only(files, "argocd-applicationset")).helm!.release, "web-eu");
  });

  test("a matrix gives every pair, and its second generator may name what the first one gave", async () => {
    const files = {
      "apps/a/kustomization.yaml": kustomization(), "apps/b/kustomization.yaml": kustomization(),
      "set.yaml": set(`  - matrix:
      generators:
      - git: {repoURL: ${OURS}, directories: [{path: apps/*}]}
      - list: {elements: [{env: eu, app: "{{path.basename}}"}, {env: us, app: "{{path.basename}}"}]}
`, TEMPLATE("{{app}}-{{env}}", "{{path}}", "    kustomize: {images: ['web=acme/{{app}}:{{env}}']}\n")),
    };
    assert.deepEqual((await roots(files)).map(({ folder, kustomize }) => [folder, ...kustomize!.images]), [["apps/a", "web=acme/a:eu"], ["apps/a", "web=acme/a:us"], ["apps/b", "web=acme/b:eu"], ["apps/b", "web=acme/b:us"]]);
  });

  test("a matrix with a generator that only the cluster knows is no more known than that", async () => {
    const files = { "c/Chart.yaml": chart(), "set.yaml": set("  - matrix: {generators: [{clusters: {}}, {list: {elements: [{a: b}]}}]}\n", TEMPLATE("web", "c")) };
    assert.match((await only(files, "argocd-applicationset")).open.join(), /clusters/);
  });

  test("what only the cluster knows is open, and elsewhere when the path is", async () => {
    const clusters = "  - clusters: {}\n";
    const open = await only({ "c/Chart.yaml": chart(), "set.yaml": set(clusters, TEMPLATE("{{name}}", "c")) }, "argocd-applicationset");
    assert.deepEqual([open.elsewhere, open.open.length > 0], [undefined, true]);
    const elsewhere = await only({ "c/Chart.yaml": chart(), "set.yaml": set(clusters, TEMPLATE("{{name}}", "{{name}}", "    helm: {releaseName: x}\n")) }, "argocd-applicationset");
    assert.notEqual(elsewhere.elsewhere, undefined);
  });

  test("a function of the template is left as it stands, and said", async () => {
    const files = { "c/Chart.yaml": chart(), "set.yaml": set("  - list: {elements: [{a: x}]}\n", TEMPLATE("web", "c", "    helm: {parameters: [{name: t, value: '{{ .a | upper }}'}]}\n"), "  goTemplate: true\n") };
    assert.equal((await only(files, "argocd-applicationset")).open.length, 1);
  });
});

const repository = (url = OURS): string => `---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\nspec: {url: "${url}"}\n`;
const flux = (spec: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  sourceRef: {kind: GitRepository, name: flux-system}\n${spec}${repository()}`;
const release = (spec: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: prod}\nspec:\n${spec}${repository().replaceAll("prod", "flux-system")}`;
const FROM_GIT = "  chart: {spec: {chart: ./c, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n";

describe("Flux", () => {
  test("a Kustomization with images and what it adds", async () => {
    const root = await only({ "apps/kustomization.yaml": kustomization(), "flux.yaml": flux("  path: ./apps\n  images: [{name: nginx, newTag: '1', digest: sha256:x}, {name: a, newName: b}, {name: 'c:1', newTag: '2'}]\n  postBuild: {substitute: {a: b}}\n  patches: [{patch: x}]\n") }, "flux-kustomization");
    assert.equal(root.folder, "apps");
    assert.deepEqual(root.kustomize!.images, ["nginx:1@sha256:x", "a=b"]);
    assert.equal(root.open.length, 3);
  });

  test("a folder without a kustomization, of which Flux makes one", async () => {
    const root = await only({ "apps/a.yaml": "kind: Pod\n", "apps/b/kustomization.yaml": kustomization(), "apps/b/c.yaml": "kind: Pod\n", "apps/d/e.yml": "kind: Pod\n", "apps/x.json": "{}", "flux.yaml": flux("  path: apps\n") }, "flux-kustomization");
    assert.deepEqual(root.kustomize!.resources, ["apps/a.yaml", "apps/b", "apps/d/e.yml"]);
  });

  test("a HelmRelease with a chart of the repository: values in Flux's order", async () => {
    const files = {
      "c/Chart.yaml": chart(), "c/values.yaml": "", "c/prod.yaml": "",
      "app/kustomization.yaml": "configMapGenerator: [{name: generated, files: [values.yaml=mine.yaml]}]\n", "app/mine.yaml": "",
      "app/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: common}\ndata:\n  values.yaml: |\n    a: 1\n  tag: '3'\n",
      "app/release.yaml": release(`${FROM_GIT.replace("chart: ./c,", "chart: ./c, valuesFiles: [c/values.yaml, c/prod.yaml],")}  targetNamespace: shop
  valuesFrom:
  - {kind: ConfigMap, name: common, valuesKey: tag, targetPath: image.tag}
  - {kind: ConfigMap, name: generated}
  - {kind: ConfigMap, name: common}
  - {kind: Secret, name: hidden}
  - {kind: ConfigMap, name: not-here}
  values: {b: 2}
`),
    };
    const root = await only(files, "flux-helmrelease");
    assert.equal(root.folder, "c");
    assert.deepEqual([root.helm!.release, root.helm!.namespace], ["shop-web", "shop"]);
    assert.deepEqual(layers(root), ["c/prod.yaml", "app/mine.yaml", "inline a: 1", 'inline {"b": 2}', "set image.tag=3"]);
    assert.equal(root.open.length, 2);
  });

  test("valuesFiles in place of the chart's own, post-renderers and variables leave it open", async () => {
    const root = await only({ "c/Chart.yaml": chart(), "c/prod.yaml": "", "r.yaml": release(`${FROM_GIT.replace("chart: ./c,", "chart: ./c, valuesFiles: [c/prod.yaml],")}  postRenderers: [{kustomize: {}}]\n  values: {a: "\${TAG}"}\n`) }, "flux-helmrelease");
    assert.equal(root.open.length, 3);
  });

  test("charts of registries are elsewhere; a patch is no root", async () => {
    const files = {
      "a.yaml": release("  chart: {spec: {chart: redis, version: 18.x, sourceRef: {kind: HelmRepository, name: bitnami}}}\n"),
      "b.yaml": release("  chartRef: {kind: OCIRepository, name: podinfo}\n").replace("name: web", "name: pod"),
      "patch.yaml": release("  values: {a: 1}\n"),
    };
    const found = await roots(files);
    assert.deepEqual(found.map(({ elsewhere, open }) => [elsewhere !== undefined, open.length]), [[true, 1], [true, 0]]);
  });

  test("a long release name is shortened with its hash", async () => {
    const { helm } = await only({ "c/Chart.yaml": chart(), "r.yaml": release(`${FROM_GIT}  releaseName: ${"a".repeat(60)}\n`) }, "flux-helmrelease");
    assert.match(helm!.release, /^a{40}-[0-9a-f]{12}$/);
  });
});

describe("affectedBy a kustomization that Flux makes", () => {
  test("what the folders in it build on", async () => {
    const found = await find({ "apps/a/kustomization.yaml": kustomization("../../base"), "base/kustomization.yaml": kustomization("pod.yaml", "https://git.example/a/b//c?ref=main"), "base/pod.yaml": "kind: Pod\n", "flux.yaml": flux("  path: apps\n") });
    const [root] = affectedBy(found, ["base/pod.yaml"]).filter(({ by }) => by === "flux-kustomization");
    assert.equal(root?.open.length, 1);
  });
});

describe("affectedBy", () => {
  const files = {
    "base/kustomization.yaml": kustomization("pod.yaml"), "base/pod.yaml": "kind: Pod\n",
    "prod/kustomization.yaml": kustomization("../base"), "test/kustomization.yaml": kustomization("pod.yaml"), "test/pod.yaml": "kind: Pod\n",
    "c/Chart.yaml": chart("c", "dependencies: [{name: d, repository: 'file://../d'}]\n"), "c/templates/x.yaml": "", "d/Chart.yaml": chart("d"), "values/eu.yaml": "",
    "app.yaml": application(source("c", "    helm: {valueFiles: [/values/eu.yaml]}\n")),
    "k.yaml": application(source("prod"), "k"),
  };
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["base/pod.yaml", ["kustomize prod"]],
    ["base/kustomization.yaml", ["kustomize prod"]],
    ["test/pod.yaml", ["kustomize test"]],
    ["c/templates/x.yaml", ["helm c"]],
    ["c/templates/gone.yaml", ["helm c"]],
    ["d/values.yaml", ["helm c"]],
    ["values/eu.yaml", ["helm c"]],
    ["app.yaml", ["helm c"]],
    ["prod/.argocd-source-k.yaml", ["kustomize prod"]],
    ["README.md", []],
  ];
  for (const [file, expected] of cases) test(`${file}: ${expected.join(", ") || "none"}`, async () => assert.deepEqual(names(affectedBy(await find(files), [file])), expected));
});

describe("addresses", () => {
  for (const [a, b, same] of [
    ["https://git.example/a/b.git", "git@git.example:a/b", true], ["ssh://git@Git.example:22/a/b/", "https://user:x@git.example/A/b", true],
    ["https://git.example/a/b", "https://git.example/a/c", false], ["https://git.example:8443/a/b", "https://git.example/a/b", false],
  ] as const) test(`${a} and ${b}`, () => assert.equal(normalAddress(a) === normalAddress(b), same));
});
