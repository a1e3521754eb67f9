/** What kustomize renders after pinning equals what it rendered before, but for digests. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fillRegistry } from "../../bench/tools/fill.ts";
import { installKustomize } from "../../bench/tools/install.ts";
import { execute, lading } from "../../bench/tools/lading.ts";
import { wanted, wantedKey } from "../../bench/tools/reference.ts";
import { startEmbeddedRegistry } from "../../bench/tools/registries.ts";
import { missing } from "./missing.ts";

const TREE: Readonly<Record<string, string>> = {
  "base/kustomization.yaml": "resources: [deploy.yaml]\n",
  "base/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
        - {name: init, image: busybox}
      containers:
        - name: web
          image: acme/web:1
        - name: side
          image: 'quay.io/acme/side:1.0'
`,
  "prod/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../base
images:
- name: acme/web
  newTag: "2"
- name: quay.io/acme/side
  newName: quay.io/acme/sidecar
  newTag: v1.1 # moved by the release job
`,
};

test("kustomize renders the same before and after, but for digests", { timeout: 120_000 }, async (context) => {
  const kustomize = await installKustomize();
  if ("missing" in kustomize) return missing(context, kustomize.missing);
  const registry = await startEmbeddedRegistry();
  assert.ok(!("missing" in registry));
  const base = mkdtempSync(join(tmpdir(), "lading-interop-"));
  try {
    for (const [file, text] of Object.entries(TREE)) {
      mkdirSync(join(base, "tree", dirname(file)), { recursive: true });
      writeFileSync(join(base, "tree", file), text);
    }
    const images = ["busybox", "acme/web:1", "acme/web:2", "quay.io/acme/side:1.0", "quay.io/acme/sidecar:v1.1"].map((text) => wanted(text)!);
    const digests = await fillRegistry(registry.host, images);
    const policy = join(base, "policy.yaml");
    const mirrors = ["docker.io", "quay.io"].map((host) => `  - {from: ${host}, to: "${registry.host}/${host}"}\n`).join("");
    writeFileSync(policy, `mirrors:\n${mirrors}registries:\n  plainHttp: ["${registry.host}"]\n`);

    const render = async (root: string): Promise<string> => {
      const ran = await execute(kustomize.command, [...kustomize.prefix, join(base, "tree", root)]);
      assert.equal(ran.code, 0, ran.err);
      return ran.out;
    };
    const before = { base: await render("base"), prod: await render("prod") };
    const pinned = await lading(["pin", "--no-cache", "--unsafe-fixes", "--policy", policy, join(base, "tree")], { env: { XDG_CACHE_HOME: join(base, "cache") } });
    assert.equal(pinned.code, 0, pinned.out + pinned.err);

    const withDigest = (text: string, image: string, lookedUp = image): string =>
      text.replace(`image: ${image}\n`, `image: ${image}@${digests.get(wantedKey(wanted(lookedUp)!))}\n`);
    const wantBase = ["busybox", "acme/web:1", "quay.io/acme/side:1.0"].reduce((text, image) => withDigest(text, image), before.base);
    const wantProd = ["busybox", "acme/web:2", "quay.io/acme/sidecar:v1.1"].reduce((text, image) => withDigest(text, image), before.prod);
    assert.equal(await render("base"), wantBase);
    assert.equal(await render("prod"), wantProd);
  } finally {
    await registry.stop();
    rmSync(base, { recursive: true, force: true });
  }
});
