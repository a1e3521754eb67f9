/** Trees that want more than to be rendered: each is refused before any program is started. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { RenderFailure, Root, ValuesLayer } from "../../src/model/render.ts";
import { tree } from "../cli/lading.ts";
import { chart, kustomization, programs, render, REPORT, SAID, whyOf } from "./fakes.ts";

interface Attack {
  readonly files: Readonly<Record<string, string>>;
  readonly root?: Root;
  /** Links to make, by place. */
  readonly links?: Readonly<Record<string, string>>;
  readonly code?: RenderFailure["code"];
  /** What the message says, and what names the file. */
  readonly says: RegExp;
}

const CONFIGMAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

/** A kustomization in `app` that holds these lines. */
const app = (text: string, files: Readonly<Record<string, string>> = {}): Pick<Attack, "files"> => ({ files: { "app/kustomization.yaml": text, ...files } });

/** A chart that kustomize inflates, with these fields. */
const inflated = (fields: string, globals = ""): Pick<Attack, "files"> => app(`helmCharts:\n- name: web\n  ${fields}\n${globals}`, { "app/charts/web/Chart.yaml": CHART, "app/charts/web/values.yaml": "" });

const webChart = (files: Readonly<Record<string, string>> = {}, more = ""): Pick<Attack, "files"> => ({ files: { "web/Chart.yaml": CHART + more, "web/values.yaml": "", ...files } });

const called = (call: Partial<NonNullable<Root["helm"]>>): Root => chart("web", { helm: { release: "web", layers: [], apiVersions: [], includeCrds: true, ...call } });

const remote = (key: string, item: string): Attack => ({ ...app(`${key}:\n- ${item}\n`), says: /^app\/kustomization\.yaml:2: .*(?:would be fetched)/ });

const ATTACKS: Readonly<Record<string, Attack>> = {
  "a base on GitHub": remote("resources", "github.com/acme/base?ref=main"),
  "a base on GitHub by www": remote("resources", "www.github.com/acme/base"),
  "a base on GitHub in capitals": remote("resources", "GitHub.com/acme/base"),
  "a base on GitHub as scp has it": remote("resources", "github.com:acme/base"),
  "a base by https": remote("bases", "https://git.example.com/acme/base.git//deploy?ref=v1"),
  "a base by ssh": remote("resources", "ssh://git@git.example.com/acme/base"),
  "a base of a user": remote("resources", "git@git.example.com:acme/base.git"),
  "a base by git::": remote("resources", "git::https://git.example.com/acme/base"),
  "a base by file:": remote("resources", "file:///srv/git/base"),
  "a base behind white space": remote("resources", "' https://git.example.com/acme/base'"),
  "a manifest by https": remote("resources", "https://example.com/deploy.yaml"),
  "a component by https": remote("components", "https://git.example.com/acme/component"),
  "a CRD by https": remote("crds", "https://example.com/crd.json"),
  "a configuration by https": remote("configurations", "https://example.com/images.yaml"),
  "a transformer by https": remote("transformers", "https://example.com/t.yaml"),
  "a generator by git": remote("generators", "git@git.example.com:acme/generators"),
  "a validator by https": remote("validators", "https://example.com/v.yaml"),
  "a strategic merge patch by https": remote("patchesStrategicMerge", "https://example.com/patch.yaml"),
  "a strategic merge patch by https that looks like a map": remote("patchesStrategicMerge", "'https://example.com/patch: x'"),
  "a patch by https": remote("patches", "{path: 'https://example.com/patch.yaml'}"),
  "a JSON patch by https": remote("patchesJson6902", "{path: 'https://example.com/patch.json'}"),
  "a replacement by https": remote("replacements", "{path: 'https://example.com/r.yaml'}"),
  "a ConfigMap's file by https": remote("configMapGenerator", "{name: a, files: ['a=https://example.com/a']}"),
  "a Secret's environment by https": remote("secretGenerator", "{name: a, envs: ['https://example.com/a']}"),
  "an OpenAPI schema by https": { ...app("openapi:\n  path: https://example.com/schema.json\n"), says: /^app\/kustomization\.yaml:2: openapi.*would be fetched/ },
  "a remote base in a base": { ...app("resources: [../base]\n", { "base/kustomization.yaml": "resources:\n- https://example.com/a.yaml\n" }), says: /^base\/kustomization\.yaml:2: .*would be fetched/ },
  "a remote base in a component": { ...app("components: [../part]\n", { "part/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nresources:\n- https://example.com/a.yaml\n" }), says: /^part\/kustomization\.yaml:4: .*would be fetched/ },
  "a remote file in a transformer's file": { ...app("transformers: [t.yaml]\n", { "app/t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npath: https://example.com/p.yaml\n" }), says: /^app\/t\.yaml:4: .*would be fetched/ },
  "a remote file in an inline generator": { ...app("generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: a}\n  files: ['https://example.com/a']\n"), says: /^app\/kustomization\.yaml:2: .*would be fetched/ },
  "a key that only Go reads as resources": { ...app("Resources: [https://example.com/a.yaml]\n"), says: /^app\/kustomization\.yaml:1: the key "Resources" is read as resources/ },
  "a key with the long s of old prints": { ...app("re\u017fources: [https://example.com/a.yaml]\n"), says: /is read as resources/ },
  "a path in capitals": { ...app("transformers: [t.yaml]\n", { "app/t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\nPATH: https://example.com/p.yaml\n" }), says: /^app\/t\.yaml:4: the key "PATH" is read as path/ },
  "a key that is not known yet": { ...app("sources: [https://example.com/a.yaml]\n"), says: /^app\/kustomization\.yaml:1: the key "sources" is not known here/ },
  "a remote base by an alias": { ...app("metadata:\n  name: &a https://example.com/a.yaml\nresources: [*a]\n"), says: /would be fetched/ },
  "a remote base by a merge": { ...app("metadata: &m\n  resources: [https://example.com/a.yaml]\n<<: *m\n"), says: /would be fetched/ },

  "a remote base by a merge in quotes": { ...app("patches:\n- '<<': {path: 'https://example.com/p.yaml'}\n"), says: /^app\/kustomization\.yaml:2: the key << in quotes/ },

  "a program as a transformer": { ...app("transformers: [t.yaml]\n", { "app/t.yaml": "apiVersion: acme.example.com/v1\nkind: Runner\nmetadata: {name: a}\n" }), says: /^app\/t\.yaml:1: .*"Runner" is a plugin, which would run a program/ },
  "a builtin that is none": { ...app("transformers: [t.yaml]\n", { "app/t.yaml": "apiVersion: builtin\nkind: constructor\nmetadata: {name: a}\n" }), says: /"constructor" is a plugin/ },
  "a function by exec": { ...app("generators: [g.yaml]\n", { "app/g.yaml": "apiVersion: v1\nkind: Runner\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n" }), says: /^app\/g\.yaml:1: .*"Runner" is a function/ },
  "a function in a container": { ...app("transformers: [t.yaml]\n", { "app/t.yaml": "apiVersion: builtin\nkind: LabelTransformer\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: |\n      container: {image: acme/f}\n" }), says: /is a function/ },
  "a function by the old name, inline": { ...app("validators:\n- |\n  apiVersion: v1\n  kind: Runner\n  metadata:\n    name: a\n    annotations:\n      config.k8s.io/function: 'starlark: {path: a.star}'\n"), says: /^app\/kustomization\.yaml:2: .*is a function/ },
  "a folder of generators that patches them": { ...app("generators: [gen]\n", { "app/gen/kustomization.yaml": "resources: [g.yaml]\npatches: [{path: p.yaml}]\n", "app/gen/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\n", "app/gen/p.yaml": "" }), says: /^app\/gen\/kustomization\.yaml:2: .*not with patches/ },

  "a file above the checked folder": { ...app("resources: [../../secret.yaml]\n"), says: /^app\/kustomization\.yaml:1: .*leads out of the checked folder/ },
  "an absolute path": { ...app("resources: [/etc/hostname]\n"), says: /absolute path/ },
  "a ConfigMap of a file above": { ...app("configMapGenerator:\n- name: a\n  files: [../../../../etc/passwd]\n"), says: /^app\/kustomization\.yaml:3: .*leads out/ },
  "a token in the configuration of git": { ...app("configMapGenerator:\n- name: a\n  files: [.git/config]\n", { "app/.git/config": "secret" }), says: /^app\/kustomization\.yaml:3: .*in \.git, which is not read/ },
  "a token in the configuration of git by a link": { ...webChart({ ".git/config": "secret" }), root: chart("web"), links: { "web/files/a": "../../.git/config" }, says: /in \.git, which is not read/ },
  "a file by a link": { ...app("resources: [a.yaml]\n"), links: { "app/a.yaml": "/etc/hostname" }, says: /app\/a\.yaml is a symbolic link that leads out of the checked folder/ },
  "a file by a relative link": { ...app("resources: [a.yaml]\n"), links: { "app/a.yaml": "../../../etc/hostname" }, says: /app\/a\.yaml is a symbolic link that leads out/ },
  "a base by a link": { ...app("resources: [base]\n"), links: { "app/base": "/etc" }, says: /app\/base is a symbolic link that leads out/ },
  "a way out by a link to a link": { ...app("resources: [a/b/x.yaml]\n", { "deep/er/x.yaml": CONFIGMAP }), links: { "app/a": "../deep/er", "deep/er/b": "../../.." }, says: /symbolic link that leads out|leads out of the checked folder/ },
  "the kustomization by a link": { files: { "app/x": "" }, links: { "app/kustomization.yaml": "/etc/hostname" }, root: kustomization("app"), says: /app\/kustomization\.yaml is a symbolic link that leads out/ },
  "links in a circle": { ...app("resources: [a.yaml]\n"), links: { "app/a.yaml": "b.yaml", "app/b.yaml": "a.yaml" }, says: /leads in a circle/ },
  "a root above the checked folder": { files: {}, root: kustomization("../other"), says: /^apps\/web\.yaml:7: .*leads out/ },
  "kustomizations in a circle": { ...app("resources: [../base]\n", { "base/kustomization.yaml": "resources: [../app]\n" }), says: /^base\/kustomization\.yaml:1: .*in a circle: app → base → app/ },
  "a bomb of aliases": { ...app(`a: &a [${"x,".repeat(50)}]\nb: &b [${"*a,".repeat(50)}]\nc: &c [${"*b,".repeat(50)}]\nd: [${"*c,".repeat(50)}]\n`), code: "too-large", says: /^app\/kustomization\.yaml:1: .*unfolds/ },
  "brackets without end": { ...app(`resources: ${"[".repeat(50_000)}${"]".repeat(50_000)}\n`), code: "too-large", says: /^app\/kustomization\.yaml:1: .*nested too deeply/ },
  "a tag for the reader": { ...app("resources: [!!binary aHR0cHM6Ly9leGFtcGxlLmNvbQ==]\n"), says: /the tag .*binary is not read here/ },

  "a release that is a flag": { ...inflated("releaseName: --post-renderer=./run.sh"), says: /^app\/kustomization\.yaml:3: releaseName: .*helm could take it for a flag/ },
  "a namespace that is a flag": { ...inflated("namespace: --post-renderer=./run.sh"), says: /namespace: .*flag/ },
  "a name template that is a flag": { ...inflated("nameTemplate: --post-renderer=./run.sh"), says: /nameTemplate: .*flag/ },
  "a name template that asks DNS": { ...inflated("nameTemplate: '{{ getHostByName \"a.example.com\" }}'"), says: /nameTemplate: .*is no nameTemplate that is let through/ },
  "a version that is a flag": { ...inflated("version: --post-renderer=./run.sh"), says: /version: .*flag/ },
  "a version that leads out": { ...inflated("version: 1/../../../..\n  repo: https://example.com"), says: /version: .*flag/ },
  "a repository that is a flag": { ...inflated("repo: --post-renderer=./run.sh"), says: /repo: .*flag/ },
  "a values file that is a flag": { ...inflated("valuesFile: --post-renderer=./run.sh"), says: /valuesFile: .*flag/ },
  "a Kubernetes version that is a flag": { ...inflated("kubeVersion: --post-renderer=./run.sh"), says: /kubeVersion: .*flag/ },
  "an API version that is a flag": { ...inflated("apiVersions: [--post-renderer=./run.sh]"), says: /apiVersions: .*flag/ },
  "a chart's name that is a flag": { ...app("helmCharts:\n- name: --post-renderer=./run.sh\n"), says: /name: .*flag/ },
  "a chart's name that leads out": { ...app("helmCharts:\n- name: ../../..\n"), says: /name: .*flag/ },
  "a release in other letters": { ...inflated("ReleaseName: --post-renderer=./run.sh"), says: /"ReleaseName" is read as releaseName/ },
  "a values file by https": { ...inflated("valuesFile: https://example.com/values.yaml"), says: /valuesFile.*would be fetched/ },
  "more values by https": { ...inflated("additionalValuesFiles: [https://example.com/values.yaml]"), says: /would be fetched/ },
  "a home with plugins of the repository": { ...inflated("releaseName: web", "helmGlobals: {configHome: ./home}\n"), says: /configHome is not let through/ },
  "a folder of charts above": { ...inflated("releaseName: web", "helmGlobals: {chartHome: ../../charts}\n"), says: /leads out/ },
  "a chart that would be pulled": { ...app("helmCharts:\n- name: web\n  repo: https://example.com/charts\n  version: 1.0.0\n"), code: "elsewhere", says: /^app\/kustomization\.yaml:2: the chart "web" is not in app\/charts\/web-1\.0\.0\/web/ },
  "a program for helm, in the old form": { ...app("helmChartInflationGenerator:\n- chartName: web\n  helmBin: ./run.sh\n"), says: /"helmBin" is not known here/ },
  "arguments for helm, in the old form": { ...app("helmChartInflationGenerator:\n- chartName: web\n  extraArgs: [--post-renderer=./run.sh]\n"), says: /"extraArgs" is not known here/ },
  "a release that is a flag, in the old form": { ...app("helmChartInflationGenerator:\n- chartName: web\n  releaseName: --post-renderer=./run.sh\n"), says: /releaseName: .*flag/ },
  "a release that is a flag, in a generator": { ...app("generators: [g.yaml]\n", { "app/g.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: a}\nname: web\nreleaseName: --post-renderer=./run.sh\n" }), says: /^app\/g\.yaml:5: releaseName: .*flag/ },

  "a dependency above the checked folder": { ...webChart({}, "dependencies:\n- {name: a, version: 1.0.0, repository: 'file://../../a'}\n"), root: chart("web"), says: /^web\/Chart\.yaml:5: .*leads out/ },
  "a dependency by an absolute path": { ...webChart({}, "dependencies:\n- {name: a, version: 1.0.0, repository: 'file:///srv/a'}\n"), root: chart("web"), says: /^web\/Chart\.yaml:5: .*absolute path/ },
  "a dependency that is not vendored": { ...webChart({}, "dependencies:\n- {name: a, version: 1.0.0, repository: 'https://me:secret@example.com'}\n"), root: chart("web"), code: "elsewhere", says: /^web\/Chart\.yaml:5: (?!.*secret).*"a" of "https:\/\/example.com".*helm dependency build/ },
  "a dependency of a chart of the first version": { files: { "web/Chart.yaml": "apiVersion: v1\nname: web\nversion: 1.0.0\n", "web/requirements.yaml": "dependencies:\n- {name: a, version: 1.0.0, repository: '@acme'}\n" }, root: chart("web"), code: "elsewhere", says: /^web\/requirements\.yaml:2: .*helm dependency build/ },
  "dependencies in a circle": { files: { "web/Chart.yaml": `${CHART}dependencies:\n- {name: a, version: 1.0.0, repository: 'file://../a'}\n`, "a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: web, version: 1.0.0, repository: 'file://../web'}\n" }, root: chart("web"), says: /in a circle/ },
  "a dependency around the chart": { files: { "outer/Chart.yaml": "apiVersion: v2\nname: outer\nversion: 1.0.0\n", "outer/web/Chart.yaml": `${CHART}dependencies:\n- {name: outer, version: 1.0.0, repository: 'file://..'}\n` }, root: chart("outer/web"), says: /a folder that this chart is in/ },
  "a template by a link": { ...webChart(), root: chart("web"), links: { "web/templates/a.yaml": "/etc/hostname" }, says: /web\/templates\/a\.yaml is a symbolic link that leads out/ },
  "a subchart by a link": { ...webChart(), root: chart("web"), links: { "web/charts/a": "../../../other" }, says: /web\/charts\/a is a symbolic link that leads out/ },
  "a chart that holds itself": { ...webChart(), root: chart("web"), links: { "web/charts/web": ".." , "web/charts/again": "../../web" }, says: /symbolic link to a folder that it is in/ },
  "a schema by https": { ...webChart({ "web/values.schema.json": '{"properties":{"a":{"$ref":"https://example.com/a.json"}}}' }), root: chart("web"), says: /^web\/values\.schema\.json:1: \$ref.*would be fetched, or read/ },
  "a schema that reads the machine": { ...webChart({ "web/charts/a/Chart.yaml": CHART, "web/charts/a/values.schema.json": '{"allOf":[{"$ref":"file:///etc/passwd"}]}' }), root: chart("web"), says: /^web\/charts\/a\/values\.schema\.json:1: \$ref/ },
  "a schema beside": { ...webChart({ "web/values.schema.json": '{"$ref":"../../etc/passwd"}' }), root: chart("web"), says: /\$ref/ },
  "a draft of somebody else": { ...webChart({ "web/values.schema.json": '{"$schema":"https://example.com/draft"}' }), root: chart("web"), says: /\$schema/ },
  "values by https": { ...webChart(), root: called({ layers: [file("https://example.com/values.yaml")] }), says: /^apps\/web\.yaml:7: .*would be fetched/ },
  "values by a plugin's scheme": { ...webChart(), root: called({ layers: [file("secrets://values.yaml")] }), says: /would be fetched/ },
  "values above the checked folder": { ...webChart(), root: called({ layers: [file("../../etc/passwd")] }), says: /leads out/ },
  "values by a link": { ...webChart(), links: { "prod.yaml": "/etc/passwd" }, root: called({ layers: [file("prod.yaml")] }), says: /prod\.yaml is a symbolic link that leads out/ },
  "a release of an object that is a flag": { ...webChart(), root: called({ release: "--post-renderer=./run.sh" }), says: /^apps\/web\.yaml:7: the release name/ },
  "a namespace of an object that is a flag": { ...webChart(), root: called({ namespace: "--kubeconfig=x" }), says: /the namespace/ },
  "a Kubernetes version of an object that is a flag": { ...webChart(), root: called({ kubeVersion: "--kubeconfig=x" }), says: /the Kubernetes version/ },
  "an API version of an object that holds two": { ...webChart(), root: called({ apiVersions: ["v1,--kubeconfig=x"] }), says: /the API version/ },
  "a parameter that sets another one": { ...webChart(), root: called({ layers: [{ is: "parameter", name: "a=b,c", value: "d", asString: false, file: SAID.file, span: { start: 0, end: 0 }, said: SAID }] }), says: /no name of a parameter/ },
};

function file(path: string): ValuesLayer {
  return { is: "file", path, said: SAID, optional: true };
}

describe("what wants more than to be rendered is refused", () => {
  for (const [what, attack] of Object.entries(ATTACKS)) {
    test(what, async (t) => {
      const { root = kustomization("app"), links = {}, code = "refused" } = attack;
      const folder = tree(t, { "top/keep": "", ...Object.fromEntries(Object.entries(attack.files).map(([name, text]) => [`top/${name}`, text])) });
      for (const [name, target] of Object.entries(links)) {
        mkdirSync(join(folder, "top", name, ".."), { recursive: true });
        symlinkSync(target, join(folder, "top", name));
      }
      const bin = programs(t, { helm: REPORT, kustomize: REPORT });
      const why = whyOf(await render({ root: join(folder, "top"), env: { PATH: bin.path } }, { root }));
      assert.deepEqual([why.code, bin.started()], [code, []], why.message);
      assert.match(why.message, attack.says);
      assert.ok(!why.message.includes(folder), why.message);
      assert.ok(why.said);
    });
  }

  test("a pipe that never ends", async (t) => {
    const folder = tree(t, { "app/kustomization.yaml": "resources: [a.yaml]\n" });
    execFileSync("mkfifo", [join(folder, "app/a.yaml")]);
    const why = whyOf(await render({ root: folder, env: {} }, { root: kustomization("app") }));
    assert.equal(why.code, "refused");
    assert.match(why.message, /^app\/kustomization\.yaml:1: .*neither a file nor a folder/);
  });

  test("more than is copied", async (t) => {
    const folder = tree(t, { "web/Chart.yaml": CHART, "web/a": "x".repeat(2_000), "web/b": "x".repeat(2_000) });
    for (const bounds of [{ bytes: 3_000 }, { files: 2 }, { bytes: 1_000 }]) {
      const why = whyOf(await render({ root: folder, env: {}, bounds }, { root: chart("web") }));
      assert.equal(why.code, "too-large");
    }
  });

  test("a program that the repository brings, by whatever way PATH leads to it", async (t) => {
    const bin = programs(t, { kustomize: REPORT });
    const folder = tree(t, { "top/app/kustomization.yaml": "resources: []\n", "top/bin/keep": "", "links/keep": "" });
    copyFileSync(join(bin.path, "kustomize"), join(folder, "top/bin/kustomize"));
    symlinkSync("top", join(folder, "other"));
    symlinkSync("../top/bin/kustomize", join(folder, "links/kustomize"));
    for (const [root, path] of [["top", "top/bin"], ["other", "other/bin"], ["top", "other/bin"], ["other", "top/bin"], ["top", "links"], ["top", "top/../top/bin"]] as const) {
      const why = whyOf(await render({ root: join(folder, root), env: { PATH: `${folder}/${path}` } }, { root: kustomization("app") }));
      assert.equal(why.code, "no-program", path);
      assert.match(why.message, /inside of the checked folder, and what a repository brings is not run/);
    }
    assert.deepEqual(bin.started(), []);
    const beside = await render({ root: join(folder, "top"), env: { PATH: [join(folder, "top/bin"), bin.path].join(":") } }, { root: kustomization("app") });
    assert.equal(beside.is, "known");
  });
});
