/** What the programs are given, and what is made of what they answer. The programs are fakes; test/interop has the real ones. */
import assert from "node:assert/strict";
import { readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { ValuesLayer } from "../../src/model/render.ts";
import { createRender } from "../../src/render/render.ts";
import { snapshot, tree } from "../cli/lading.ts";
import { chart, kustomization, programs, render, REPORT, reportOf, SAID, textOf, whyOf } from "./fakes.ts";

const CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const WEB = { "web/Chart.yaml": CHART, "web/values.yaml": "a: 1\n", "web/templates/a.yaml": "x\n" };

const layer = {
  file: (path: string, optional = false): ValuesLayer => ({ is: "file", path, said: SAID, optional }),
  inline: (text: string): ValuesLayer => ({ is: "inline", text, file: SAID.file, span: { start: 0, end: 0 }, said: SAID }),
  parameter: (name: string, value: string, asString = false): ValuesLayer => ({ is: "parameter", name, value, asString, file: SAID.file, span: { start: 0, end: 0 }, said: SAID }),
};

describe("the environment of a program", () => {
  test("holds nothing of the user's", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const secrets = { AWS_SECRET_ACCESS_KEY: "s1", GITHUB_TOKEN: "s2", HTTPS_PROXY: "http://me:s3@proxy", KUBECONFIG: "/home/me/.kube/config", HELM_PLUGINS: "/home/me/plugins", HOME: "/home/me", SSH_AUTH_SOCK: "/s4", NODE_OPTIONS: "--title=s5" };
    const { env } = reportOf(await render({ root: tree(t, WEB), env: { ...secrets, PATH: bin.path } }, { root: chart("web") }));
    assert.equal(env["PATH"], bin.path);
    for (const value of Object.values(secrets)) assert.ok(!Object.values(env).includes(value), value);
    for (const name of ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "NODE_OPTIONS"]) assert.equal(env[name], undefined, name);
    for (const name of ["HOME", "HELM_PLUGINS", "KUBECONFIG", "XDG_CONFIG_HOME", "HELM_CACHE_HOME", "TMPDIR", "DOCKER_CONFIG"]) assert.match(env[name] ?? "", /lading-render-/, name);
    assert.equal(env["HTTPS_PROXY"], "http://127.0.0.1:9");
  });

  test("has no folder of PATH that is relative, or in the checked folder", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const root = tree(t, WEB);
    const { env } = reportOf(await render({ root, env: { PATH: ["", ".", "bin", join(root, "bin"), root, bin.path].join(":") } }, { root: chart("web") }));
    assert.equal(env["PATH"], bin.path);
  });

  test("is gone afterwards, with the copy", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const { cwd } = reportOf(await render({ root: tree(t, WEB), env: { PATH: bin.path } }, { root: chart("web") }));
    const [, name] = /(lading-render-[^/]+)/.exec(cwd)!;
    assert.ok(!readdirSync(tmpdir()).includes(name!));
  });
});

describe("helm", () => {
  test("gets the call as arguments, and the chart behind --", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const root = chart("web", { helm: { release: "shop", namespace: "prod", kubeVersion: "1.31.2", apiVersions: ["v1", "monitoring.coreos.com/v1/ServiceMonitor"], includeCrds: true, layers: [] } });
    const { args, cwd, files } = reportOf(await render({ root: tree(t, WEB), env: { PATH: bin.path } }, { root }));
    assert.deepEqual(args, ["template", "--include-crds", "--kube-version", "1.31.2", "--api-versions", "v1", "--api-versions", "monitoring.coreos.com/v1/ServiceMonitor", "--namespace", "prod", "--", "shop", join(cwd, "web")]);
    assert.deepEqual(files, WEB);
  });

  test("gets the chart alone, of all that is there", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const { files } = reportOf(await render({ root: tree(t, { ...WEB, "other/a.yaml": "", "web/.git/config": "secret" }), env: { PATH: bin.path } }, { root: chart("web") }));
    assert.deepEqual(files, WEB);
  });

  test("gets layers in order: files and inline texts as files, parameters as Argo CD writes them", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const layers = [layer.file("env/prod, eu.yaml"), layer.inline("b: 2\n"), layer.file("env/none.yaml", true), layer.parameter("a.b", "x,y\\,z"), layer.parameter("list", "{a,b}"), layer.parameter("image.tag", "20240101", true)];
    const { args, files } = reportOf(await render({ root: tree(t, { ...WEB, "env/prod, eu.yaml": "a: 1\n" }), env: { PATH: bin.path } }, { root: chart("web", { helm: { release: "web", layers, apiVersions: [], includeCrds: false } }) }));
    assert.equal(args[1], "--values");
    assert.deepEqual(args.slice(5, -3), ["--set", "a.b=x\\,y\\,z", "--set", "list={a,b}", "--set-string", "image.tag=20240101"]);
    assert.deepEqual([files["values 2"], files["values 4"]], ["a: 1\n", "b: 2\n"]);
    assert.ok(args.filter((arg) => arg.includes("values-")).every((arg) => !arg.includes(",")));
  });

  test("is not called when a layer is missing", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const why = whyOf(await render({ root: tree(t, WEB), env: { PATH: bin.path } }, { root: chart("web", { helm: { release: "web", layers: [layer.file("prod.yaml")], apiVersions: [], includeCrds: false } }) }));
    assert.deepEqual([why.code, bin.started()], ["failed", []]);
    assert.match(why.message, /^apps\/web\.yaml:7: there is no values file "prod\.yaml"/);
  });

  test("gets texts in place of files, also of values and of files that are new", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const folder = tree(t, { ...WEB, "prod.yaml": "old\n" });
    const root = chart("web", { helm: { release: "web", layers: [layer.file("prod.yaml"), layer.file("more.yaml")], apiVersions: [], includeCrds: false } });
    const { files } = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root, instead: { "web/values.yaml": "a: 2\n", "prod.yaml": "new\n", "more.yaml": "more\n", "web/templates/new/b.yaml": "y\n" } }));
    assert.deepEqual([files["web/values.yaml"], files["values 2"], files["values 4"], files["web/templates/new/b.yaml"]], ["a: 2\n", "new\n", "more\n", "y\n"]);
    assert.equal(snapshot(folder)["web/values.yaml"], "a: 1\n");
  });

  test("gets dependencies of this repository put under charts/", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const folder = tree(t, { ...WEB, "web/Chart.yaml": `${CHART}dependencies:\n- {name: common, version: 1.0.0, repository: "file://../lib/common"}\n- {name: packed, version: 1.0.0, repository: "https://example.com"}\n- {name: here, version: 1.0.0, repository: "https://example.com"}\n`, "web/charts/packed-1.0.0.tgz": gzipSync(Buffer.alloc(1024)), "web/charts/some-folder/Chart.yaml": "name: here\n", "lib/common/Chart.yaml": "name: common\n", "lib/common/templates/_a.tpl": "t\n" });
    const { files } = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root: chart("web") }));
    assert.equal(files["web/charts/common/templates/_a.tpl"], "t\n");
  });

  test("gets links that stay inside as links", async (t) => {
    const bin = programs(t, { helm: REPORT });
    const folder = tree(t, { ...WEB, "shared/_a.tpl": "t\n" });
    symlinkSync("../../shared/_a.tpl", join(folder, "web/templates/_a.tpl"));
    symlinkSync(join(folder, "shared"), join(folder, "web/templates/all"));
    const { files } = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root: chart("web") }));
    assert.deepEqual([files["web/templates/_a.tpl"], files["shared/_a.tpl"]], ["-> ../../shared/_a.tpl", "t\n"]);
    assert.match(files["web/templates/all"] ?? "", /^-> (?!\/).*shared$/);
  });
});

describe("kustomize", () => {
  const TREE = {
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": "kind: A\n",
    "over/kustomization.yaml": "# why\nresources: [../base]\nimages:\n- {name: z, newTag: 1.10}\n- {name: web, newTag: old, digest: 'sha256:x'}\n",
    "other/secret.yaml": "",
  };

  test("gets what the kustomization reaches and nothing else", async (t) => {
    const bin = programs(t, { kustomize: REPORT });
    const { args, cwd, files } = reportOf(await render({ root: tree(t, TREE), env: { PATH: bin.path } }, { root: kustomization("over") }));
    assert.deepEqual(args, ["build", "--", join(cwd, "over")]);
    assert.deepEqual(Object.keys(files).sort(), ["base/a.yaml", "base/kustomization.yaml", "over/kustomization.yaml"]);
    assert.equal(files["over/kustomization.yaml"], '{"resources": ["../base"], "images": [{"name": "z", "newTag": 1.10}, {"name": "web", "newTag": "old", "digest": "sha256:x"}]}\n');
  });

  test("is asked for provenance in the outermost kustomization", async (t) => {
    const bin = programs(t, { kustomize: REPORT });
    const { files } = reportOf(await render({ root: tree(t, { ...TREE, "over/kustomization.yaml": "resources: [../base]\nbuildMetadata: [managedByLabel, originAnnotations]\n" }), env: { PATH: bin.path } }, { root: kustomization("over"), provenance: true }));
    assert.equal(files["over/kustomization.yaml"], '{"resources": ["../base"], "buildMetadata": ["managedByLabel", "originAnnotations", "transformerAnnotations"]}\n');
    assert.equal(files["base/kustomization.yaml"], '{"resources": ["a.yaml"]}\n');
  });

  test("gets images as `edit set image` writes them for Argo CD, and in place for Flux", async (t) => {
    const bin = programs(t, { kustomize: REPORT });
    const images = ["web=acme/web:2"];
    const folder = tree(t, TREE);
    const edited = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root: kustomization("over", { by: "argocd-application", kustomize: { images } }) }));
    assert.match(edited.files["over/kustomization.yaml"]!, /"images": \[\{"name": "web", "newName": "acme\/web", "newTag": "2"\}, \{"name": "z"/);
    const flux = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root: kustomization("over", { by: "flux-kustomization", kustomize: { images } }) }));
    assert.match(flux.files["over/kustomization.yaml"]!, /"images": \[\{"name": "z", "newTag": 1\.10\}, \{"name": "web", "newName"/);
    assert.deepEqual(flux.args.slice(0, 3), ["build", "--load-restrictor", "LoadRestrictionsNone"]);
  });

  test("gets a kustomization of all manifests below, where Flux makes one up", async (t) => {
    const bin = programs(t, { kustomize: REPORT });
    const folder = tree(t, { "app/b.yaml": "", "app/a/x.yml": "", "app/a/notes.txt": "", "app/.github/w.yaml": "", "app/sub/kustomization.yaml": "resources: [y.yaml]\n", "app/sub/y.yaml": "", "app/sub/z.yaml": "" });
    const { files } = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root: kustomization("app", { by: "flux-kustomization" }) }));
    assert.match(files["app/kustomization.yaml"]!, /"resources": \["a\/x\.yml", "b\.yaml", "sub"\]/);
    assert.deepEqual(Object.keys(files).sort(), ["app/a/x.yml", "app/b.yaml", "app/kustomization.yaml", "app/sub/kustomization.yaml", "app/sub/y.yaml"]);
    assert.equal(snapshot(folder)["app/kustomization.yaml"], undefined);
    assert.equal(whyOf(await render({ root: folder, env: { PATH: bin.path } }, { root: kustomization("app") })).code, "failed");
  });

  test("gets helm only where a chart is inflated, by its path", async (t) => {
    const bin = programs(t, { kustomize: REPORT, helm: REPORT });
    const folder = tree(t, { "app/kustomization.yaml": "helmCharts:\n- name: web\n  releaseName: web\n  valuesFile: v.yaml\n", "app/v.yaml": "", "app/charts/web/Chart.yaml": CHART });
    const answer = await render({ root: folder, env: { PATH: bin.path } }, { root: kustomization("app") });
    assert.deepEqual(reportOf(answer).args.slice(0, 4), ["build", "--enable-helm", "--helm-command", join(bin.path, "helm")]);
    assert.equal(answer.is === "known" && answer.value.program, "kustomize 5.7.1 with helm 3.19.5");
    const without = programs(t, { kustomize: REPORT });
    const why = whyOf(await render({ root: folder, env: { PATH: without.path } }, { root: kustomization("app") }));
    assert.deepEqual([why.code, /helm is not on PATH; install Helm 3 or 4/.test(why.message)], ["no-program", true]);
  });

  test("reads objects that configure it as they were checked", async (t) => {
    const bin = programs(t, { kustomize: REPORT });
    const folder = tree(t, {
      "app/kustomization.yaml": "transformers:\n- t.yaml\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: a}\n  path: none.yaml\n  path: p.yaml\ngenerators: [gen]\n",
      "app/t.yaml": "apiVersion: builtin # why\nkind: LabelTransformer\nmetadata: {name: a}\n", "app/p.yaml": "", "app/f": "data",
      "app/gen/kustomization.yaml": "resources: [g.yaml]\n", "app/gen/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\nfiles: [k=f]\n",
    });
    const { files } = reportOf(await render({ root: folder, env: { PATH: bin.path } }, { root: kustomization("app") }));
    assert.equal(files["app/t.yaml"], '---\n{"apiVersion": "builtin", "kind": "LabelTransformer", "metadata": {"name": "a"}}\n');
    assert.ok(!files["app/kustomization.yaml"]!.includes("none.yaml"));
    assert.deepEqual([files["app/f"], files["app/p.yaml"]], ["data", ""]);
  });
});

describe("programs", () => {
  const TREE = { ...WEB, "app/kustomization.yaml": "namePrefix: a-\n" };

  test("are asked for their versions once a run, however many renders there are", async (t) => {
    const bin = programs(t, { helm: `process.stdout.write("x")` });
    const rendering = createRender({ root: tree(t, TREE), env: { PATH: bin.path } });
    const answers = await Promise.all([1, 2, 3].map(() => rendering({ root: chart("web"), instead: new Map(), provenance: false })));
    assert.deepEqual(answers.map((answer) => answer.is === "known" && answer.value.program), ["helm 3.19.5", "helm 3.19.5", "helm 3.19.5"]);
    assert.equal(bin.started().filter((line) => line === "helm version --short").length, 1);
  });

  for (const [said, name] of [["v4.3.1+gabc", "helm 4.3.1"], ["v3.22.0-rc.1+g1", "helm 3.22.0-rc.1"], ["v3.19", "helm 3.19"]] as const) {
    test(`${name} is told by ${said}`, async (t) => {
      const bin = programs(t, { helm: "" }, { helm: said });
      const answer = await render({ root: tree(t, TREE), env: { PATH: bin.path } }, { root: chart("web") });
      assert.equal(answer.is === "known" && answer.value.program, name);
    });
  }

  for (const [said, name] of [["{Version:kustomize/v4.5.3 GitCommit:6ce0bf390ce3 BuildDate:2022}", "kustomize 4.5.3"], ["{kustomize/v4.5.7  2022-08-02T16:35:54Z  }", "kustomize 4.5.7"]] as const) {
    test(`${name} is told by ${said}`, async (t) => {
      const bin = programs(t, { kustomize: "" }, { kustomize: said });
      const answer = await render({ root: tree(t, TREE), env: { PATH: bin.path } }, { root: kustomization("app") });
      assert.equal(answer.is === "known" && answer.value.program, name);
    });
  }

  test("kubectl does as well as kustomize", async (t) => {
    const bin = programs(t, { kubectl: REPORT });
    const answer = await render({ root: tree(t, TREE), env: { PATH: bin.path } }, { root: kustomization("app") });
    assert.equal(answer.is === "known" && answer.value.program, "kubectl kustomize 5.5.0");
    assert.deepEqual(reportOf(answer).args.slice(0, 2), ["kustomize", "--"]);
  });

  test("helm 2 is none", async (t) => {
    const bin = programs(t, { helm: "" }, { helm: "Client: v2.17.0+ga690bad" });
    const why = whyOf(await render({ root: tree(t, TREE), env: { PATH: bin.path } }, { root: chart("web") }));
    assert.deepEqual([why.code, /is helm 2\.17\.0; install Helm 3 or 4/.test(why.message)], ["no-program", true]);
  });

  test("that are missing are named, with what they would have done", async (t) => {
    const folder = tree(t, TREE);
    const helm = whyOf(await render({ root: folder, env: {} }, { root: chart("web") }));
    assert.deepEqual([helm.code, helm.message], ["no-program", "apps/web.yaml:7: the chart in web would be rendered by `helm template` and its images judged, and is not: helm is not on PATH; install Helm 3 or 4"]);
    const kustomize = whyOf(await render({ root: folder, env: { PATH: folder } }, { root: kustomization("app") }));
    assert.deepEqual([kustomize.code, /install kustomize, or kubectl/.test(kustomize.message)], ["no-program", true]);
  });
});

describe("what comes of a render", () => {
  const failing = (body: string) => ({ helm: body });

  test("is the text as it was printed", async (t) => {
    const bin = programs(t, { helm: `process.stdout.write("---\\n# Source: web\\r\\na: \\u00e9\\n")` });
    assert.equal(textOf(await render({ root: tree(t, WEB), env: { PATH: bin.path } }, { root: chart("web") })), "---\n# Source: web\r\na: é\n");
  });

  test("is an error in words of the checked folder, without logins and colours", async (t) => {
    const bin = programs(t, failing(`
      console.error("walk.go:75: found symbolic link in path: /x");
      console.error("\\x1b[31mError:\\x1b[0m parse error in " + args.at(-1) + "/templates/a.yaml and " + args[2] + " in " + process.env.HOME + " by https://me:secret@example.com/x\\x07");
      for (let i = 0; i < 50; i++) console.error("line", i);
      process.exit(1);`));
    const root = chart("web", { helm: { release: "web", layers: [layer.inline("a: 1")], apiVersions: [], includeCrds: false } });
    const why = whyOf(await render({ root: tree(t, WEB), env: { PATH: bin.path } }, { root }));
    assert.equal(why.code, "failed");
    const [first] = why.message.split("\n");
    assert.equal(first, "apps/web.yaml:7: web: helm 3.19.5 ended with 1: Error: parse error in web/templates/a.yaml and apps/web.yaml:7 in (temporary folder)/home by https://example.com/x");
    assert.match(why.message, /\(31 more lines\)$/);
    assert.deepEqual(why.said, SAID);
  });

  test("is a timeout", async (t) => {
    const bin = programs(t, failing("setInterval(() => {}, 1000)"));
    const why = whyOf(await render({ root: tree(t, WEB), env: { PATH: bin.path }, limits: { milliseconds: 1_500, graceMilliseconds: 100 } }, { root: chart("web") }));
    assert.deepEqual([why.code, why.message], ["timeout", "apps/web.yaml:7: web: helm 3.19.5 was not done after 1.5 s, and was ended"]);
  });

  test("is too large", async (t) => {
    const bin = programs(t, failing(`process.stdout.on("error", () => {}); process.stdout.write("x".repeat(3 << 20))`));
    const why = whyOf(await render({ root: tree(t, WEB), env: { PATH: bin.path }, limits: { outputBytes: 1 << 20 } }, { root: chart("web") }));
    assert.deepEqual([why.code, why.message], ["too-large", "apps/web.yaml:7: web: helm 3.19.5 printed more than 1 MB, and was ended"]);
  });

  test("is elsewhere, in the words of who found it", async (t) => {
    const why = whyOf(await render({ root: tree(t, WEB), env: {} }, { root: chart("", { elsewhere: "the chart is in https://charts.example.com" }) }));
    assert.deepEqual([why.code, why.message], ["elsewhere", "apps/web.yaml:7: the chart is in https://charts.example.com"]);
    assert.equal(whyOf(await render({ root: tree(t, WEB), env: {} }, { root: chart("gone") })).code, "elsewhere");
  });

  test("changes nothing in the checked folder", async (t) => {
    const bin = programs(t, { helm: `for (const name of ["Chart.yaml", "new"]) fs.writeFileSync("web/" + name, "changed")` });
    const folder = tree(t, WEB);
    textOf(await render({ root: folder, env: { PATH: bin.path } }, { root: chart("web") }));
    assert.deepEqual(snapshot(folder), WEB);
  });
});
