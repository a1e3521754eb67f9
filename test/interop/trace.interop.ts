/** Tracing, held against the programs themselves: what is said of the recorded trees, and marks in small random ones. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Root } from "../../src/model/render.ts";
import { mark } from "../../src/pipeline/trace/marks.ts";
import { leafOf } from "../../src/pipeline/trace/settle.ts";
import { Sources } from "../../src/pipeline/trace/sources.ts";
import { trace } from "../../src/pipeline/trace/trace.ts";
import { createRender } from "../../src/render/render.ts";
import { workspace } from "../pipeline/memory.ts";
import { CASES, expectedOf, traceAll, workspaceOf } from "../pipeline/recorded.ts";
import { missing } from "./missing.ts";
import { programs, renderOf } from "./record.ts";

for (const name of CASES) {
  test(`${name}: the programs say what is recorded`, async (context) => {
    const found = await programs();
    if ("missing" in found) return missing(context, found.missing);
    assert.deepEqual(await traceAll(workspaceOf(name), renderOf(name, found.path)), JSON.parse(readFileSync(expectedOf(name), "utf8")));
  });
}

const TREES = 40;
const image = fc.constantFrom("nginx:1.25", "nginx:1.26", "ghcr.io/acme/web:2", "reg.example:5000/a/b:3", "busybox:1.36");
const entry = fc.record({ name: fc.constantFrom("nginx", "ghcr.io/acme/web", "busybox", "absent"), newName: fc.constantFrom("mirror/nginx", "busybox"), newTag: fc.constantFrom("9", "1.26") }, { requiredKeys: ["name"] });
const tree = fc.record({
  images: fc.array(image, { minLength: 1, maxLength: 3 }),
  merge: fc.option(fc.record({ container: fc.integer({ min: 0, max: 3 }), image })),
  operation: fc.option(fc.record({ container: fc.integer({ min: 0, max: 2 }), image, put: fc.constantFrom("image", "item") })),
  base: fc.array(entry, { maxLength: 2 }),
  component: fc.array(entry, { maxLength: 1 }),
  overlay: fc.array(entry, { maxLength: 2 }),
  prefix: fc.boolean(),
});
type Tree = typeof tree extends fc.Arbitrary<infer One> ? One : never;

function filesOf({ images, merge, operation, base, component, overlay, prefix }: Tree): Record<string, string> {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { containers: images.map((one, i) => ({ name: `c${i}`, image: one })) } };
  const op = operation && (operation.put === "item" || operation.container >= images.length
    ? { op: "add", path: "/spec/containers/-", value: { name: "last", image: operation.image } }
    : { op: "replace", path: `/spec/containers/${operation.container}/image`, value: operation.image });
  const patch = merge && { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { containers: [{ name: `c${merge.container}`, image: merge.image }] } };
  const patches = [...(patch ? [{ path: "patch.yaml" }] : []), ...(op ? [{ target: { kind: "Pod" }, patch: JSON.stringify([op]) }] : [])];
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    "base/pod.yaml": json(pod),
    "base/kustomization.yaml": json({ resources: ["pod.yaml"], images: base }),
    "component/kustomization.yaml": json({ apiVersion: "kustomize.config.k8s.io/v1alpha1", kind: "Component", images: component }),
    ...(patch ? { "overlay/patch.yaml": json(patch) } : {}),
    "overlay/kustomization.yaml": json({ resources: ["../base"], components: ["../component"], images: overlay, patches, ...(prefix ? { namePrefix: "my-" } : {}) }),
  };
}

test(`in ${TREES} random trees each image has what stands at its source`, async (context) => {
  const found = await programs();
  if ("missing" in found) return missing(context, found.missing);
  let proven = 0;
  let open = 0;
  await fc.assert(fc.asyncProperty(tree, async (one) => {
    const folder = mkdtempSync(join(tmpdir(), "lading-trace-"));
    try {
      const files = filesOf(one);
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      const render = createRender({ root: folder, env: { ...process.env, PATH: found.path } });
      const root: Root = { folder: "overlay", tool: "kustomize", by: "folder", said: { file: "overlay/kustomization.yaml", position: { line: 1, column: 1 } }, kustomize: { images: [] }, open: [] };
      const answer = await render({ root, instead: new Map(), provenance: true });
      // Two patches of one item, and the like: kustomize refuses some trees.
      if (answer.is === "unknown") return;
      const sources = new Sources(workspace(files));
      const { images } = await trace(root, answer.value, sources, render);
      for (const { image: { site }, origin } of images) {
        if (origin.is === "untraced") {
          // A mark can keep an entry from matching, and then tells nothing.
          assert.match(origin.why, /can both have supplied it/, JSON.stringify(one));
          open++;
          continue;
        }
        const { place } = origin.source;
        const marked = await mark({ root, render, sources, images: images.map((each) => each.image), provenance: true }, [leafOf(origin.source, sources)], { renders: 0 });
        const at = images.findIndex((each) => each.image.site === site);
        assert.ok(marked.get(at)?.length === 1, `${site.raw} does not come from ${place.file}:${place.position.line}: ${JSON.stringify(one)}`);
        proven++;
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }), { numRuns: TREES });
  context.diagnostic(`${proven} images shown by a mark, ${open} open`);
  assert.ok(proven > TREES / 2);
});
