/** What entries of kustomizations do, told from files alone. test/interop/reach.interop.ts asks kustomize itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode } from "../../src/files/load.ts";
import { pack, unpack } from "../../src/pipeline/packed.ts";
import type { LocatedFile } from "../../src/model/site.ts";
import { check } from "../../src/pipeline/check.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import { checked, digestOf, type Files, pinned, workspace } from "./memory.ts";

const D1 = digestOf("one");
const D2 = digestOf("two");

const pod = (image: string, name = "web", kind = "Pod"): string => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n  containers:\n  - {name: web, image: "${image}"}\n`;

const RULES = ["entry-reaches-an-image", "entry-keeps-the-pin", "entry-keeps-the-tag", "entry-uses-its-suffix", "replacement-keeps-the-pin"];

/** Findings about entries, as `rule file:line`; what could not be told as `in part`. */
async function said(files: Files): Promise<string[]> {
  const { findings, rules } = await checked(files);
  const part = rules.skipped.filter(({ rule, why }) => rule === "entry-reaches-an-image" && why.startsWith("in part")).map(() => "in part");
  return [...findings.filter(({ rule }) => RULES.includes(rule)).map(({ rule, file, start }) => `${rule} ${file}:${start.line}`), ...part];
}

const one = (image: string, entry: string, more: Files = {}, head = "resources: [pod.yaml]\n"): Files => ({
  "pod.yaml": pod(image), "kustomization.yaml": `${head}images:\n- ${entry}\n`, ...more,
});

/** A custom resource with a field that only a configuration can name. */
function odd(spec: string, without: readonly string[] = []): Files {
  const all: Files = {
    "odd.yaml": "apiVersion: x.example/v1\nkind: Odd\nspec:\n  script: {image: 'a/step:1', command: [x]}\n",
    "config.yaml": `images:\n- {path: spec/script/image, ${spec}}\n`,
    "kustomization.yaml": "resources: [odd.yaml]\nconfigurations: [config.yaml]\nimages:\n- {name: a/step, newTag: '2'}\n",
  };
  return Object.fromEntries(Object.entries(all).filter(([file]) => !without.includes(file)));
}

const MISSED = ["entry-reaches-an-image kustomization.yaml:3"];
const NONE: readonly string[] = [];

describe("entry-uses-its-suffix", () => {
  const D = `sha256:${"0".repeat(64)}`;
  for (const [what, entry, expected] of [
    ["beside a tag", "{name: nginx, newTag: '2', tagSuffix: -x}", ["entry-uses-its-suffix kustomization.yaml:3"]],
    ["beside a digest", `{name: nginx, newTag: '2', digest: '${D}', tagSuffix: -x}`, ["entry-uses-its-suffix kustomization.yaml:3"]],
    ["alone", "{name: nginx, tagSuffix: -x}", []],
  ] as const) test(what, async () => assert.deepEqual(await said(one("nginx:1", entry)), expected));
});

describe("entry-reaches-an-image", () => {
  const cases: readonly (readonly [string, Files, readonly string[]])[] = [
    ["a name that stands in a manifest", one("nginx:1", "{name: nginx, newTag: '2'}"), NONE],
    ["a name that stands nowhere", one("nginx:1", "{name: apache, newTag: '2'}"), MISSED],
    ["an entry that changes nothing anyway", one("nginx:1", "{name: apache}"), NONE],
    ["no Docker Hub names are filled in", one("docker.io/library/nginx:1", "{name: nginx, newTag: '2'}"), MISSED],
    ["a dot is any character", one("quay-io/a:1", "{name: quay.io/a, newTag: '2'}"), NONE],
    ["an expression", one("ghcr.io/acme/nginx:1", "{name: '.*/nginx', newTag: '2'}"), NONE],
    ["an expression that is none", one("nginx:1", "{name: '*nginx', newTag: '2'}"), MISSED],
    ["an expression that only Go knows", one("nginx:1", "{name: '(?i)apache', newTag: '2'}"), ["in part"]],
    ["a tag with a variable", one("nginx:${TAG}", "{name: nginx, newTag: '2'}"), MISSED],
    ["a tag in the name", one("nginx:1", "{name: 'nginx:1', newTag: '2'}"), NONE],
    ["another tag in the name", one("nginx:1", "{name: 'nginx:3', newTag: '2'}"), MISSED],
    ["a digest of another algorithm", one(`nginx@sha512:${"a".repeat(128)}`, "{name: nginx, newTag: '2'}"), MISSED],
    ["no resources, which something else may add", { "kustomization.yaml": "images:\n- {name: apache, newTag: '2'}\n" }, ["in part"]],
    ["a manifest that is not there", one("nginx:1", "{name: apache, newTag: '2'}", {}, "resources: [pod.yaml, other.yaml]\n"), ["in part"]],
    ["a remote base", one("nginx:1", "{name: apache, newTag: '2'}", {}, "resources: [pod.yaml, 'https://example.org/base?ref=v1']\n"), ["in part"]],
    ["a path out of the checked folder", one("nginx:1", "{name: apache, newTag: '2'}", {}, "resources: [pod.yaml, ../base]\n"), ["in part"]],
    ["a chart", one("nginx:1", "{name: apache, newTag: '2'}", {}, "resources: [pod.yaml]\nhelmCharts: [{name: apache}]\n"), ["in part"]],
    ["a generator", one("nginx:1", "{name: apache, newTag: '2'}", {}, "resources: [pod.yaml]\ngenerators: [g.yaml]\n"), ["in part"]],
    ["a manifest that cannot be read", one("nginx:1", "{name: apache, newTag: '2'}", { "b.yaml": "image: [\n" }, "resources: [pod.yaml, b.yaml]\n"), ["in part"]],
    ["an ephemeral container", one("nginx:1", "{name: debug, newTag: '2'}", { "pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  ephemeralContainers:\n  - {name: d, image: 'debug:1'}\n" }), MISSED],
    ["an image volume", one("", "{name: data, newTag: '2'}", { "pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - name: d\n    image: {reference: 'data:1'}\n" }), NONE],
    ["a container list deep in a custom resource", one("", "{name: deep, newTag: '2'}", { "pod.yaml": "apiVersion: x.example/v1\nkind: Odd\nspec:\n  a:\n  - b:\n      containers: [{image: 'deep:1'}]\n" }), NONE],
    ["a single container of a custom resource", one("", "{name: a/step, newTag: '2'}", { "pod.yaml": "apiVersion: x.example/v1\nkind: Odd\nspec:\n  script: {image: 'a/step:1', command: [x]}\n" }), MISSED],
    ["a field that a configuration names", odd("kind: Odd"), NONE],
    ["a field that a configuration names for another kind", odd("kind: Other"), ["entry-reaches-an-image kustomization.yaml:4"]],
    ["a configuration that is not there", odd("kind: Odd", ["config.yaml"]), ["in part"]],
    ["a transformer about the same image", one("", "{name: a/step, newTag: '2'}", {
      "pod.yaml": "apiVersion: x.example/v1\nkind: Odd\nspec:\n  script: {image: 'a/step:1', command: [x]}\n",
      "tags.yaml": "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\nimageTag: {name: a/step, newTag: '2'}\nfieldSpecs: [{path: spec/script/image}]\n",
    }, "transformers: [tags.yaml]\nresources: [pod.yaml]\n"), ["in part"]],
    ["what an inline patch brings", one("nginx:1", "{name: apache, newTag: '2'}", {}, "resources: [pod.yaml]\npatches: [{patch: '[{op: replace, path: /spec/containers/0/image, value: \"apache:1\"}]', target: {kind: Pod}}]\n"), NONE],
    ["what a JSON patch in a file brings", one("nginx:1", "{name: apache, newTag: '2'}", { "p.yaml": "- op: replace\n  path: /spec/containers/0/image\n  value: apache:1\n" }, "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n"), NONE],
    ["what a strategic merge patch brings", one("nginx:1", "{name: apache, newTag: '2'}", { "p.yaml": pod("apache:1") }, "resources: [pod.yaml]\npatchesStrategicMerge: [p.yaml]\n"), NONE],
    ["a patch about something else", one("nginx:1", "{name: apache, newTag: '2'}", {}, "patches: [{patch: '[{op: replace, path: /spec/x, value: \"apache:1\"}]'}]\nresources: [pod.yaml]\n"), ["entry-reaches-an-image kustomization.yaml:4"]],
  ];
  for (const [name, files, wanted] of cases) test(name, async () => assert.deepEqual(await said(files), wanted));

  test("entries are applied one after the other", async () => {
    const files = one("nginx:1", "{name: nginx, newName: mirror/nginx}\n- {name: nginx, newTag: '2'}\n- {name: mirror/nginx, newTag: '3'}");
    assert.deepEqual(await said(files), ["entry-reaches-an-image kustomization.yaml:4"]);
  });

  test("an overlay sees the name that its base gave", async () => {
    const base = { "base/pod.yaml": pod("nginx:1"), "base/kustomization.yml": "resources: [pod.yaml]\nimages:\n- {name: nginx, newName: mirror/nginx}\n" };
    const overlay = (name: string): Files => ({ ...base, "prod/kustomization.yaml": `resources: [../base/]\nimages:\n- {name: ${name}, newTag: '2'}\n` });
    assert.deepEqual(await said(overlay("nginx")), ["entry-reaches-an-image prod/kustomization.yaml:3"]);
    assert.deepEqual(await said(overlay("mirror/nginx")), NONE);
    const { findings } = await checked(overlay("nginx"));
    assert.match(findings.find(({ rule }) => rule === RULES[0])!.label, /mirror\/nginx:1/);
  });

  test("a base without images of its own leads on, through `bases` as well", async () => {
    const files = { "a/pod.yaml": pod("nginx:1"), "a/Kustomization": "resources: [pod.yaml]\n", "b/kustomization.yaml": "bases: [../a]\n", "c/kustomization.yaml": "resources: [../b]\nimages:\n- {name: nginx, newTag: '2'}\n- {name: no, newTag: '1'}\n" };
    assert.deepEqual(await said(files), ["entry-reaches-an-image c/kustomization.yaml:4"]);
  });

  test("a component acts on what its users have", async () => {
    const component = (name: string): string => `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- {name: ${name}, newTag: '2'}\n`;
    const files = (name: string): Files => ({
      "c/kustomization.yaml": component(name), "a/pod.yaml": pod("nginx:1"), "a/kustomization.yaml": "resources: [pod.yaml]\ncomponents: [../c]\n",
      "b/pod.yaml": pod("redis:1"), "b/kustomization.yaml": "resources: [pod.yaml]\ncomponents: [../c]\n",
    });
    assert.deepEqual(await said(files("redis")), NONE);
    assert.deepEqual(await said(files("apache")), ["entry-reaches-an-image c/kustomization.yaml:4"]);
    assert.deepEqual(await said({ "c/kustomization.yaml": component("redis") }), ["in part"]);
  });

  test("kustomizations that lead to each other end", async () => {
    const files = { "a/kustomization.yaml": "resources: [../b]\nimages:\n- {name: x, newTag: '1'}\n", "b/kustomization.yaml": "resources: [../a]\n" };
    assert.deepEqual(await said(files), ["in part"]);
  });

  test("two kustomizations in one folder are none, as for kustomize", async () => {
    const files = { ...one("nginx:1", "{name: nginx, newTag: '2'}", {}, "resources: [base]\n"), "base/kustomization.yaml": "resources: []\n", "base/kustomization.yml": "resources: []\n" };
    assert.deepEqual(await said(files), ["in part"]);
  });

  test("a file that is a link is not taken for one without images", async () => {
    const files = one("nginx:1", "{name: apache, newTag: '2'}", { "linked.yaml": "" }, "resources: [pod.yaml, linked.yaml]\n");
    const place = workspace(files);
    const run = (read: typeof place.read) => check({ ...place, read }, { policy: DEFAULT_POLICY, baseline: new Set(), adopt: false, fromPolicy: "", version: "0", started: "2026-01-01T00:00:00.000Z", clock: () => 0 });
    const rulesOf = async (read: typeof place.read): Promise<string[]> => (await run(read)).findings.map(({ rule }) => rule).filter((rule) => RULES.includes(rule));
    assert.deepEqual(await rulesOf(place.read), ["entry-reaches-an-image"]);
    assert.deepEqual(await rulesOf((file) => (file === "linked.yaml" ? undefined : decode(file, Buffer.from(files[file]!)))), []);
  });

  test("what was remembered leads as far as what was read", async () => {
    const files: Files = { "a/pod.yaml": pod("nginx:1"), "a/kustomization.yaml": "resources: [pod.yaml]\n", "b/kustomization.yaml": `resources: [../a]\nimages:\n- {name: no, newTag: '1'}\n` };
    const kept = new Map<string, string>();
    const place = { ...workspace(files), memory: {
      recall: (file: string) => (kept.has(file) ? unpack(JSON.parse(kept.get(file)!), file) : undefined),
      keep: (file: string, _role: unknown, located: LocatedFile | undefined) => void (located && kept.set(file, JSON.stringify(pack(located)))),
    } };
    const run = async () => (await check(place, { policy: DEFAULT_POLICY, baseline: new Set(), adopt: false, fromPolicy: "", version: "0", started: "2026-01-01T00:00:00.000Z", clock: () => 0 })).findings;
    const cold = await run();
    assert.ok(kept.size === 3 && cold.some(({ rule }) => rule === "entry-reaches-an-image"));
    assert.deepEqual(await run(), cold);
  });
});

describe("entry-keeps-the-pin", () => {
  const UNPINS = ["entry-keeps-the-pin kustomization.yaml:3"];
  const cases: readonly (readonly [string, Files, readonly string[]])[] = [
    ["newTag alone on a pinned image", one(`nginx:1@${D1}`, "{name: nginx, newTag: '2'}"), UNPINS],
    ["newTag with a digest", one(`nginx:1@${D1}`, `{name: nginx, newTag: '2', digest: '${D2}'}`), NONE],
    ["newTag that holds a digest", one(`nginx:1@${D1}`, `{name: nginx, newTag: '2@${D2}'}`), NONE],
    ["newTag alone on an image without a digest", one("nginx:1", "{name: nginx, newTag: '2'}"), NONE],
    ["a suffix", one(`nginx:1@${D1}`, "{name: nginx, tagSuffix: -x}"), UNPINS],
    ["newName alone keeps it", one(`nginx:1@${D1}`, "{name: nginx, newName: mirror/nginx}"), NONE],
    ["an earlier entry pinned it", one("nginx:1", `{name: nginx, newTag: '1', digest: '${D1}'}\n- {name: nginx, newTag: '2'}`), ["entry-keeps-the-pin kustomization.yaml:4"]],
  ];
  for (const [name, files, wanted] of cases) test(name, async () => assert.deepEqual(await said(files), wanted));

  test("not where a patch may have written the image before", async () => {
    const files = (patch: string): Files => ({ "pod.yaml": pod(`nginx:1@${D1}`), "p.yaml": patch, "kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\nimages: [{name: nginx, newTag: '2'}]\n" });
    assert.deepEqual(await said(files(pod("nginx:3"))), NONE);
    assert.deepEqual(await said(files("- {op: replace, path: /spec/containers/0/image, value: 'nginx:3'}\n")), NONE);
    assert.deepEqual(await said(files("- {op: replace, path: /spec/x, value: 1}\n")), UNPINS);
    assert.deepEqual(await said(files(pod("nginx:3", "web", "Job"))), UNPINS);
  });

  test("a pin of the entry sets it right", async () => {
    const files = one(`nginx:1@${D1}`, "{name: nginx, newTag: '2'}");
    const { report } = await pinned(files);
    assert.deepEqual(report.findings.filter(({ rule }) => rule === "entry-keeps-the-pin"), []);
    assert.deepEqual(await said(files), NONE);
  });
});

describe("entry-keeps-the-tag", () => {
  test("a digest alone drops the tag, of the manifest or of the base", async () => {
    assert.deepEqual(await said(one("nginx:1", `{name: nginx, digest: '${D1}'}`)), ["entry-keeps-the-tag kustomization.yaml:3"]);
    assert.deepEqual(await said(one("nginx:1", `{name: nginx, newTag: '1', digest: '${D1}'}`)), NONE);
    assert.deepEqual(await said(one("nginx", `{name: nginx, digest: '${D1}'}`)), NONE);
  });
});

describe("newName with a digest in it", () => {
  test("is no reference, and is said to be none", async () => {
    const { findings } = await checked(one("nginx:1", `{name: nginx, newName: 'mirror/nginx@${D1}'}`));
    assert.ok(findings.some(({ rule, file }) => rule === "well-formed-reference" && file === "kustomization.yaml"));
  });
});

describe("replacement-keeps-the-pin", () => {
  const source = "source: {kind: ConfigMap, name: versions, fieldPath: data.web}";
  const files = (target: string, from = source, more: Files = {}): Files => ({
    "pod.yaml": pod("nginx:1"),
    "kustomization.yaml": `resources: [pod.yaml]\nimages:\n- {name: nginx, newTag: '2', digest: '${D1}'}\nreplacements:\n- ${from}\n  targets:\n  - ${target}\n`, ...more,
  });
  const UNDONE = ["replacement-keeps-the-pin kustomization.yaml:3"];
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["every container", "{select: {kind: Pod}, fieldPaths: [spec.containers.*.image]}", UNDONE],
    ["one by its place", "{select: {kind: Pod, name: web}, fieldPaths: [spec.containers.0.image]}", UNDONE],
    ["the only one, by its name", "{select: {kind: Pod}, fieldPaths: ['spec.containers.[name=web].image']}", UNDONE],
    ["its tag", "{select: {kind: Pod}, fieldPaths: [spec.containers.*.image], options: {delimiter: ':', index: 1}}", UNDONE],
    ["its digest, by another", "{select: {kind: Pod}, fieldPaths: [spec.containers.*.image], options: {delimiter: '@', index: 1}}", NONE],
    ["another kind", "{select: {kind: Job}, fieldPaths: [spec.containers.*.image]}", NONE],
    ["another name, which may be this one with a prefix", "{select: {kind: Pod, name: x-web}, fieldPaths: [spec.containers.*.image]}", NONE],
    ["another field", "{select: {kind: Pod}, fieldPaths: [spec.containers.*.name]}", NONE],
  ];
  for (const [name, target, wanted] of cases) test(name, async () => assert.deepEqual(await said(files(target)), wanted));

  test("not where the image is copied from another container", async () => {
    assert.deepEqual(await said(files("{select: {kind: Pod}, fieldPaths: [spec.containers.*.image]}", "source: {kind: Pod, name: a, fieldPath: spec.containers.0.image}")), NONE);
  });

  test("one of an overlay, in a file of its own", async () => {
    const overlay = {
      ...one("nginx:1", `{name: nginx, newTag: '2', digest: '${D1}'}`),
      "prod/kustomization.yaml": "resources: [..]\nreplacements: [{path: r.yaml}]\nimages: [{name: other, newTag: '1'}]\n",
      "prod/r.yaml": "source: {kind: ConfigMap, name: v, fieldPath: data.x}\ntargets: [{select: {kind: Pod}, fieldPaths: [spec.containers.*.image]}]\n",
    };
    // `images` come first in a layer, so the overlay's entry is told: the image is still nginx.
    assert.deepEqual(await said(overlay), [...UNDONE, "entry-reaches-an-image prod/kustomization.yaml:3"]);
    const above = { ...overlay, "top/kustomization.yaml": "resources: [../prod]\nimages: [{name: other, newTag: '1'}]\n" };
    assert.deepEqual(await said(above), [...UNDONE, "entry-reaches-an-image prod/kustomization.yaml:3", "in part"]);
  });
});

describe("an image that an entry gives another name", () => {
  const files = (name: string, resources: string): Files => ({
    "a/pod.yaml": pod("nginx:1"), "a/kustomization.yaml": `resources: [${resources}]\nimages: [{name: ${name}, newName: mirror/nginx}]\n`, "b/pod.yaml": pod("nginx:1"),
  });
  const pins = async (given: Files): Promise<string[]> => {
    await pinned(given);
    return Object.keys(given).filter((file) => String(given[file]).includes("@sha256:"));
  };

  test("is not pinned where the entry reaches it, and is elsewhere", async () => {
    assert.deepEqual(await pins(files("nginx", "pod.yaml")), ["b/pod.yaml"]);
  });

  test("is pinned where the entry reaches nothing", async () => {
    assert.deepEqual(await pins(files("apache", "pod.yaml")), ["a/pod.yaml", "b/pod.yaml"]);
  });

  test("is not pinned anywhere when the entry leads out of sight", async () => {
    assert.deepEqual(await pins(files("nginx", "'https://example.org/x'")), []);
  });
});
