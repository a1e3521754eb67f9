/** `lading pin --render` end to end: a repository of charts and kustomizations, the real helm and kustomize, a registry on loopback. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { install } from "../../bench/tools/install.ts";
import { type DemoRegistry, startDemoRegistry } from "../../src/demo/registry.ts";
import { parseReference } from "../../src/model/reference.ts";
import { differences } from "../../src/pipeline/probe/difference.ts";
import { judgeDifference } from "../../src/pipeline/probe/judge-difference.ts";
import { lading, type Outcome, snapshot, tree } from "../cli/lading.ts";
import { chartRoot, helmRender } from "./charts.ts";
import { missing } from "./missing.ts";

const CHARTS = join(import.meta.dirname, "../fixtures/charts");

/** Names of the fixtures' registries, each answered for by a part of the one on loopback. */
const REGISTRIES = ["docker.io", "quay.example.org", "registry.example.org", "mirror.example.org"];

/** A repository, a registry with everything that its images name, and the programs on the path. */
class Place {
  readonly registry: DemoRegistry;
  readonly cwd: string;
  private readonly path: string;

  constructor(registry: DemoRegistry, cwd: string, path: string) {
    this.registry = registry;
    this.cwd = cwd;
    this.path = path;
    const mirrors = REGISTRIES.map((from) => `  - {from: ${from}, to: ${registry.host}/${from}}`).join("\n");
    writeFileSync(join(cwd, "lading.yaml"), `mirrors:\n${mirrors}\n`);
  }

  put(image: string): string {
    const parsed = parseReference(image);
    assert.ok(parsed.ok);
    const { name, tag } = parsed.reference;
    const [first] = name.split("/");
    const [host, repository] = REGISTRIES.includes(first!) ? [first!, name.slice(first!.length + 1)] : ["docker.io", name.includes("/") ? name : `library/${name}`];
    return this.registry.putImage(`${host}/${repository}`, tag!);
  }

  pin(...options: readonly string[]): Promise<Outcome> {
    return lading(["pin", "--render", "--no-cache", ...options], { cwd: this.cwd, env: { PATH: this.path } });
  }
}

async function place(t: TestContext, files: Readonly<Record<string, string>>): Promise<(Place & { readonly helm: string }) | undefined> {
  const [helm, kustomize] = [await install("helm"), await install("kustomize")];
  if ("missing" in helm || "missing" in kustomize) {
    missing(t, "missing" in helm ? helm.missing : (kustomize as { missing: string }).missing);
    return undefined;
  }
  const registry = await startDemoRegistry();
  t.after(() => registry.close());
  const path = `${dirname(helm.path)}:${dirname(kustomize.path)}:${process.env["PATH"]}`;
  return Object.assign(new Place(registry, tree(t, files), path), { helm: helm.path });
}

type Expected = Readonly<Record<string, Readonly<Record<string, { readonly form?: string; readonly image?: string; readonly also?: string }>>>>;

describe("lading pin --render", () => {
  test("every chart: what is rendered differs in the images that were to be pinned, and in nothing else", async (t) => {
    const here = await place(t, {});
    if (!here) return;
    const wanted = new Map<string, Map<string, string>>();
    for (const chart of readdirSync(CHARTS)) {
      cpSync(join(CHARTS, chart), join(here.cwd, "charts", chart), { recursive: true });
      const expected = JSON.parse(readFileSync(join(CHARTS, chart, "expected.json"), "utf8")) as Expected;
      // A values file that no object names is no layer of anything.
      const pins = Object.entries(expected).filter(([file]) => !file.startsWith("production")).flatMap(([, places]) => Object.values(places)).filter(({ form, also }) => form !== undefined && also === undefined);
      wanted.set(chart, new Map(pins.map(({ image }) => [image!, here.put(image!)])));
      for (const { image } of Object.values(expected).flatMap((places) => Object.values(places))) if (image !== undefined) here.put(image);
    }
    const render = async (folder: string): Promise<string> => {
      const answer = await helmRender(here.helm, folder)({ root: chartRoot(), instead: new Map(), provenance: false });
      assert.ok(answer.is === "known", folder);
      return answer.value.text;
    };
    const first = await here.pin();
    assert.notEqual(first.code, 4, first.stderr);
    for (const [chart, digests] of wanted) {
      const before = await render(join(CHARTS, chart));
      const after = await render(join(here.cwd, "charts", chart));
      const again = new Set((await differences(before, await render(join(CHARTS, chart)))).map(({ path }) => path.join(".")));
      const seen = new Map<string, string>();
      for (const difference of await differences(before, after)) {
        if (again.has(difference.path.join("."))) continue;
        const judged = judgeDifference(difference);
        if (judged.is === "checksum") continue;
        // A custom resource's own field for the digest beside its image.
        if (judged.is === "digest") {
          assert.ok([...digests.values()].includes(judged.digest), `${chart}: ${difference.path.join(".")}: ${difference.after}`);
          continue;
        }
        assert.equal(judged.is, "image", `${chart}: ${difference.path.join(".")}: ${difference.before} -> ${difference.after}`);
        if (judged.is === "image") for (const { before: old, after: fresh } of judged.changes) seen.set(`${old.name}:${old.tag}`, fresh.digest!);
      }
      assert.deepEqual(Object.fromEntries([...seen].sort()), Object.fromEntries([...digests].sort()), chart);
    }
    const written = snapshot(here.cwd);
    const second = await here.pin();
    assert.match(second.stderr, /pinned 0 references/);
    assert.deepEqual(snapshot(here.cwd), written);
  });

  test("values in an Application and in a HelmRelease: the chart stays as it is", async (t) => {
    const chart = snapshot(join(CHARTS, "traefik-new"));
    const release = (kind: string, rest: string): string => `apiVersion: ${kind === "Application" ? "argoproj.io/v1alpha1" : "helm.toolkit.fluxcd.io/v2"}\nkind: ${kind}\nmetadata:\n  name: edge\n  namespace: argocd\nspec:\n${rest}`;
    const application = release("Application", `  destination: {namespace: edge, server: https://kubernetes.default.svc}
  source:
    repoURL: https://git.example.org/edge.git
    path: chart
    helm:
      values: |
        # The edge.
        image:
          tag: v3.6.3
`);
    const helmRelease = release("HelmRelease", `  interval: 5m
  chart:
    spec:
      chart: ./chart
      sourceRef: {kind: GitRepository, name: edge}
  values:
    image:
      tag: v3.6.4 # newest
`);
    const here = await place(t, { ...Object.fromEntries(Object.entries(chart).map(([name, text]) => [`chart/${name}`, text])), "application.yaml": application, "release.yaml": helmRelease });
    if (!here) return;
    const [three, four] = [here.put("docker.io/example/traefik:v3.6.3"), here.put("docker.io/example/traefik:v3.6.4")];
    const { stderr, stdout } = await here.pin();
    const now = snapshot(here.cwd);
    assert.equal(now["application.yaml"], application.replace("v3.6.3\n", `v3.6.3\n          digest: ${three}\n`), stderr + stdout);
    assert.equal(now["release.yaml"], helmRelease.replace("v3.6.4 # newest\n", `v3.6.4 # newest\n      digest: ${four}\n`), stderr + stdout);
    assert.equal(now["chart/values.yaml"], chart["values.yaml"]);
  });

  test("what a pin would change besides the image is refused, and said with what to do instead", async (t) => {
    const here = await place(t, Object.fromEntries(Object.entries(snapshot(join(CHARTS, "failure-label")))));
    if (!here) return;
    here.put("example/keycloak:23.0.3");
    const before = snapshot(here.cwd);
    const { code, stdout } = await here.pin("--unsafe-fixes");
    assert.equal(code, 1);
    assert.match(stdout, /app\.kubernetes\.io\/version/);
    assert.match(stdout, /newTag: "23\.0\.3"/);
    assert.deepEqual(snapshot(here.cwd), before);
  });

  test("a kustomization: a pin that the build does not show as wanted is not written", async (t) => {
    const deployment = (image: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: ${image}\n`;
    const files = {
      "good/base/deployment.yaml": deployment("example/web:1.4"),
      "good/base/kustomization.yaml": "resources: [deployment.yaml]\n",
      "good/production/kustomization.yaml": 'resources: [../base]\nimages:\n  - name: example/web\n    newTag: "1.5"\n',
      // The image goes into an annotation as well, cut at its colon: with a digest there are two.
      "bad/deployment.yaml": deployment("example/web:1.4"),
      "bad/kustomization.yaml": "resources: [deployment.yaml]\nreplacements:\n  - source: {kind: Deployment, fieldPath: spec.template.spec.containers.0.image, options: {delimiter: \":\", index: 1}}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [metadata.annotations.version]\n        options: {create: true}\n",
    };
    const here = await place(t, files);
    if (!here) return;
    const [four, five] = [here.put("example/web:1.4"), here.put("example/web:1.5")];
    const { code, stderr } = await here.pin();
    const now = snapshot(here.cwd);
    assert.equal(now["good/production/kustomization.yaml"], `${files["good/production/kustomization.yaml"].trimEnd()}\n    digest: ${five}\n`, stderr);
    assert.equal(now["good/base/deployment.yaml"], deployment(`example/web:1.4@${four}`));
    assert.equal(now["bad/deployment.yaml"], files["bad/deployment.yaml"]);
    assert.equal(code, 4);
    assert.match(stderr, /bad\/deployment\.yaml was left alone: rendering bad/);
  });

  test("a leaf overlay gets an entry for what no file has a place for", async (t) => {
    const chart = snapshot(join(CHARTS, "failure-label"));
    const deployment = (name: string, image: string): string => `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: ${image}\n`;
    const files = {
      ...Object.fromEntries(Object.entries(chart).map(([name, text]) => [`inflated/charts/login/${name}`, text])),
      // A comment at the end.
      "inflated/kustomization.yaml": "helmGlobals: {chartHome: charts}\nhelmCharts:\n  - name: login\n    releaseName: login\n# The end.",
      "renamed/base/a.yaml": deployment("a", "web:1.4"),
      "renamed/base/kustomization.yaml": "resources: [a.yaml]\n",
      "renamed/production/kustomization.yaml": "resources:\n  - ../base\nimages:\n  - name: web # ours\n    newName: registry.example.org/web\n",
    };
    const here = await place(t, files);
    if (!here) return;
    const [login, web] = [here.put("example/keycloak:23.0.3"), here.put("registry.example.org/web:1.4")];
    const { stderr, stdout } = await here.pin();
    const now = snapshot(here.cwd);
    assert.equal(now["inflated/kustomization.yaml"], `${files["inflated/kustomization.yaml"]}\nimages:\n  - name: example/keycloak\n    newTag: "23.0.3"\n    digest: ${login}\n`, stderr + stdout);
    assert.equal(now["inflated/charts/login/values.yaml"], chart["values.yaml"]);
    assert.equal(now["renamed/production/kustomization.yaml"], `${files["renamed/production/kustomization.yaml"]}    newTag: "1.4"\n    digest: ${web}\n`, stderr + stdout);
    assert.equal(now["renamed/base/a.yaml"], files["renamed/base/a.yaml"]);
    const second = await here.pin();
    assert.match(second.stderr, /pinned 0 references/);
    assert.deepEqual(snapshot(here.cwd), now);
  });
});
