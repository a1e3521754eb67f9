/** Small random trees: what is said of each entry is held against what kustomize renders with and without it. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { installKustomize } from "../../bench/tools/install.ts";
import { execute } from "../../bench/tools/lading.ts";
import type { EntryReach } from "../../src/model/kustomization.ts";
import { survey } from "../../src/pipeline/survey.ts";
import { entryKey } from "../../src/pipeline/reach.ts";
import { workspace } from "../pipeline/memory.ts";
import { missing } from "./missing.ts";

const TREES = 100;
const DIGEST = `sha256:${"d".repeat(64)}`;
const OTHER = `sha256:${"e".repeat(64)}`;

const image = fc.constantFrom(`nginx:1@${DIGEST}`, "nginx:1", "nginx", `nginx:1@${DIGEST}`, `nginx@${DIGEST}`, "docker.io/library/nginx:1", "reg.example:5000/a/b:2", "regXexample:5000/a/b:2", "a/b:${TAG}", "redis:7.2");
const name = fc.constantFrom("nginx", "nginx", "nginx", "docker.io/library/nginx", "reg.example:5000/a/b", "a/b", "redis", "redis:7.2", ".*nginx", "mirror/nginx", "absent");
const entry = fc.record({ name, newName: fc.constantFrom("mirror/nginx", "redis"), newTag: fc.constantFrom("9", `9@${OTHER}`), digest: fc.constant(OTHER), tagSuffix: fc.constant("-x") }, { requiredKeys: ["name"] });
type Entry = typeof entry extends fc.Arbitrary<infer One> ? One : never;
const list = fc.constantFrom("containers", "initContainers", "ephemeralContainers", "volumes", "deep", "script");
const tree = fc.record({
  images: fc.array(fc.record({ image, list }), { minLength: 1, maxLength: 4 }),
  patch: fc.option(image),
  base: fc.array(entry, { maxLength: 2 }),
  component: fc.array(entry, { maxLength: 2 }),
  overlay: fc.array(entry, { minLength: 1, maxLength: 3 }),
});
type Tree = typeof tree extends fc.Arbitrary<infer One> ? One : never;

function manifest(given: string, where: string, i: number): unknown {
  const item = { name: "c", image: given };
  const head = { apiVersion: "v1", kind: "Pod", metadata: { name: `p${i}` } };
  const custom = { ...head, apiVersion: "x.example/v1", kind: "Odd" };
  if (where === "volumes") return { ...head, spec: { volumes: [{ name: "v", image: { reference: given } }] } };
  if (where === "deep") return { ...custom, spec: { a: [{ containers: [item] }] } };
  if (where === "script") return { ...custom, spec: { script: { image: given, command: ["x"] } } };
  return { ...head, spec: { [where]: [item] } };
}

const LAYERS = ["base", "component", "overlay"] as const;

/** The tree's files; JSON is YAML. `only` leaves one entry out. */
function filesOf({ images, patch, ...entries }: Tree, without?: readonly [string, number]): Record<string, string> {
  const kept = (layer: (typeof LAYERS)[number]): Entry[] => entries[layer].filter((_, i) => !(without?.[0] === layer && without[1] === i));
  const write = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
  const manifests = images.map(({ image: given, list: where }, i) => [`base/m${i}.yaml`, write(manifest(given, where, i))] as const);
  return {
    ...Object.fromEntries(manifests),
    "base/kustomization.yaml": write({ resources: images.map((_, i) => `m${i}.yaml`), images: kept("base") }),
    "component/kustomization.yaml": write({ apiVersion: "kustomize.config.k8s.io/v1alpha1", kind: "Component", images: kept("component") }),
    "overlay/extra.yaml": write(manifest("extra:1", "containers", 90)),
    "overlay/kustomization.yaml": write({
      resources: ["../base", "extra.yaml"], components: ["../component"],
      ...(patch === null ? {} : { patches: [{ target: { kind: "Pod", name: "p90" }, patch: JSON.stringify([{ op: "replace", path: "/spec/containers/0/image", value: patch }]) }] }),
      images: kept("overlay"),
    }),
  };
}

test("an entry that is said to change nothing changes nothing, and one that unpins does", { timeout: 600_000 }, async (context) => {
  const kustomize = await installKustomize();
  if ("missing" in kustomize) return missing(context, kustomize.missing);
  const folder = mkdtempSync(join(tmpdir(), "lading-reach-"));
  const render = async (files: Record<string, string>): Promise<string> => {
    rmSync(folder, { recursive: true, force: true });
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const ran = await execute(kustomize.command, [...kustomize.prefix, join(folder, "overlay")]);
    assert.equal(ran.code, 0, ran.err);
    return ran.out;
  };
  const counts = { missed: 0, matched: 0, unpins: 0 };
  const judge = async (one: Tree): Promise<void> => {
    const { reach } = await survey(workspace(filesOf(one)));
    for (const layer of LAYERS) {
      for (const [i, given] of one[layer].entries()) {
        if (Object.keys(given).length === 1) continue;
        const answer = reach.get(entryKey(`${layer}/kustomization.yaml`, i));
        assert.equal(answer?.is, "known", JSON.stringify(answer));
        const value = (answer as { value: EntryReach }).value;
        // An entry that comes to nothing else in the end is seen by one that writes what nobody else does.
        const marked = (newTag: string | undefined): Tree => ({ ...one, [layer]: one[layer].map((other, at) => (at !== i ? other : newTag === undefined ? { name: other.name } : { name: other.name, newName: `mark/${newTag}`, newTag })), ...(layer === "base" ? { component: [], overlay: [] } : layer === "component" ? { overlay: [] } : {}) });
        const cut = (layerTree: Tree): Tree => ({ ...layerTree, [layer]: layerTree[layer].slice(0, i + 1) });
        const seen = (await render(filesOf(cut(marked("m1"))))).match(/mark\/m1:m1/g)?.length ?? 0;
        assert.equal(value.matched, seen, `${layer} ${i}: ${JSON.stringify(given)} in ${JSON.stringify(one)}`);
        if (seen === 0) counts.missed++;
        else counts.matched++;
        const digests = async (until: Tree): Promise<number> => (await render(filesOf(until))).match(/@sha256:/g)?.length ?? 0;
        if (value.unpins === undefined) continue;
        counts.unpins++;
        const upTo = cut({ ...one, ...(layer === "base" ? { component: [], overlay: [] } : layer === "component" ? { overlay: [] } : {}) });
        assert.ok((await digests(upTo)) < (await digests({ ...upTo, [layer]: upTo[layer].slice(0, i) })), `${layer} ${i} takes no digest in ${JSON.stringify(one)}`);
      }
    }
  };
  try {
    await fc.assert(fc.asyncProperty(tree, judge), { numRuns: TREES, endOnFailure: true });
    context.diagnostic(JSON.stringify(counts));
    assert.ok(counts.missed > 10 && counts.matched > 10 && counts.unpins > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a replacement that is said to write over a pin does, and no other", { timeout: 120_000 }, async (context) => {
  const kustomize = await installKustomize();
  if ("missing" in kustomize) return missing(context, kustomize.missing);
  const folder = mkdtempSync(join(tmpdir(), "lading-reach-"));
  const fields = ["spec.containers.*.image", "spec.containers.0.image", "spec.containers.[name=c].image", "metadata.annotations.x"];
  const cases = fields.flatMap((field) => [{}, { options: { delimiter: ":", index: 1 } }, { options: { delimiter: "@", index: 1 } }].map((options) => ({ select: { kind: "Pod" }, fieldPaths: [field], ...options })));
  try {
    for (const target of cases) {
      const files = {
        "versions.yaml": JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "v" }, data: { x: OTHER } }),
        "pod.yaml": JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", annotations: { x: "a:b@c" } }, spec: { containers: [{ name: "c", image: "nginx:1" }] } }),
        "kustomization.yaml": JSON.stringify({
          resources: ["versions.yaml", "pod.yaml"], images: [{ name: "nginx", newTag: "2", digest: DIGEST }],
          replacements: [{ source: { kind: "ConfigMap", name: "v", fieldPath: "data.x" }, targets: [target] }],
        }),
      };
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
      const ran = await execute(kustomize.command, [...kustomize.prefix, folder]);
      assert.equal(ran.code, 0, ran.err);
      const { reach } = await survey(workspace(files));
      const answer = reach.get(entryKey("kustomization.yaml", 0)) as { value: EntryReach };
      const pinned = /image: nginx:2@sha256:[0-9a-f]{64}\n/.test(ran.out);
      assert.equal(answer.value.overwritten === undefined, pinned, `${JSON.stringify(target)}: ${ran.out}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
