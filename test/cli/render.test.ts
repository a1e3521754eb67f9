/** `lading render` and `check --render` as a user runs them: with a program that prints what was recorded, and with none. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { lading, tree } from "./lading.ts";

const folder = mkdtempSync(join(tmpdir(), "lading-programs-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const KUSTOMIZED = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    alpha.config.kubernetes.io/transformations: |
      - configuredIn: kustomization.yaml
        configuredBy:
          apiVersion: builtin
          kind: ImageTagTransformer
    config.kubernetes.io/origin: |
      path: ../base/pod.yaml
  name: web
spec:
  containers:
  - image: nginx:1.27
    name: c
`;

/** Stands for kustomize: tells its version, and prints one stream. */
function stand(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}
stand("kustomize", `case "$1" in version) echo v5.7.1;; *) cat <<'END'\n${KUSTOMIZED}END\n;; esac`);

const WITH = { PATH: [folder, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter) };
const empty = mkdtempSync(join(tmpdir(), "lading-no-programs-"));
after(() => rmSync(empty, { recursive: true, force: true }));
const WITHOUT = { PATH: empty };

const FILES = {
  "base/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: c, image: nginx}\n",
  "base/kustomization.yaml": "resources: [pod.yaml]\n",
  "overlay/kustomization.yaml": "resources: [../base]\nimages:\n- name: nginx\n  newTag: '1.27'\n",
};

describe("lading render", { concurrency: 2 }, () => {
  test("shows each image with its source, and what it was before", async (t) => {
    const { code, stdout } = await lading(["render"], { cwd: tree(t, FILES), env: WITH });
    assert.match(stdout, /^overlay · kustomize 5\.7\.1 · 1 image\n +floating +nginx:1\.27 +Pod\/web\n +overlay\/kustomization\.yaml:4:12 \(images entry\)\n +over base\/pod\.yaml:6:22 \(manifest\) nginx\n/);
    assert.match(stdout, /^1 image rendered from 1 root: 1 traced$/m);
    assert.equal(code, 1);
  });

  test("a folder alone, from within it, and one that others build on", async (t) => {
    const cwd = tree(t, FILES);
    const inside = await lading(["render", "-f", "json", "overlay"], { cwd, env: WITH });
    assert.deepEqual((JSON.parse(inside.stdout) as { rendered: { account: object } }).rendered.account, { roots: 1, failed: 0, images: 1, traced: 1, untraced: 0 });
    const base = await lading(["render", "-f", "json", "base"], { cwd, env: WITH });
    assert.deepEqual((JSON.parse(base.stdout) as { rendered: { roots: { folder: string }[] } }).rendered.roots.map((root) => root.folder), ["base"]);
  });

  test("files: what is rendered from them, which may be nothing", async (t) => {
    const cwd = tree(t, { ...FILES, "other/kustomization.yaml": "resources: [pod.yaml]\n", "other/pod.yaml": FILES["base/pod.yaml"], "README.md": "" });
    const of = async (...files: string[]): Promise<string[]> => (JSON.parse((await lading(["render", "-f", "json", ...files], { cwd, env: WITH })).stdout) as { rendered: { roots: { folder: string }[] } }).rendered.roots.map((root) => root.folder);
    assert.deepEqual(await of("base/pod.yaml"), ["overlay"]);
    assert.deepEqual(await of("other/pod.yaml", "README.md"), ["other"]);
    assert.deepEqual(await of("other/pod.yaml", "overlay/kustomization.yaml"), ["other", "overlay"]);
    const { code, stdout, stderr } = await lading(["render", "README.md"], { cwd, env: WITH });
    assert.deepEqual([code, stdout, stderr], [0, "", "nothing is rendered from these files\n"]);
    assert.equal((await lading(["render", "base", "base/pod.yaml"], { cwd, env: WITH })).code, 2);
    assert.match((await lading(["render", "base/pdo.yaml"], { cwd, env: WITH })).stderr, /there is no file or folder base\/pdo\.yaml/);
  });

  test("a kustomization that cannot be read is never nothing", async (t) => {
    const cwd = tree(t, { "broken/kustomization.yaml": "resources: [\n", "broken/pod.yaml": FILES["base/pod.yaml"], "empty/kustomization.yaml": "# later\n", "two/kustomization.yaml": "resources: []\n", "two/Kustomization": "resources: []\n" });
    for (const args of [["render"], ["render", "broken"], ["render", "broken/kustomization.yaml"], ["render", "broken/pod.yaml"], ["check", "--render"]]) {
      const { code, stdout } = await lading([...args, "-f", "concise"], { cwd, env: WITH });
      assert.match(stdout, /^broken\/kustomization\.yaml:\d+:\d+: warning\[rendered-root\]/m, args.join(" "));
      assert.equal(code, 1);
    }
    const { stdout } = await lading(["render", "-f", "concise"], { cwd, env: WITH });
    assert.match(stdout, /^0 images rendered from 0 roots; 3 roots could not be rendered$/m);
  });

  test("the stream, with comments in place of annotations", async (t) => {
    const { code, stdout } = await lading(["render", "-f", "yaml"], { cwd: tree(t, FILES), env: WITH });
    assert.equal(stdout, "---\n# overlay, rendered with kustomize 5.7.1\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  # from overlay/kustomization.yaml:4:12 (images entry)\n  - image: nginx:1.27\n    name: c\n");
    assert.equal(code, 0);
  });

  test("without a program: a finding, 4 when that is strict or half a stream", async (t) => {
    const cwd = tree(t, FILES);
    const { code, stdout } = await lading(["render"], { cwd, env: WITHOUT });
    assert.match(stdout, /^warning\[rendered-root\]/m);
    assert.match(stdout, /^0 images rendered from 0 roots; 1 root could not be rendered$/m);
    assert.equal(code, 1);
    assert.equal((await lading(["render", "--strict"], { cwd, env: WITHOUT })).code, 4);
    assert.equal((await lading(["check", "--render", "--strict"], { cwd, env: WITHOUT })).code, 4);
    const stream = await lading(["render", "-f", "yaml"], { cwd, env: WITHOUT });
    assert.deepEqual([stream.code, stream.stdout], [4, ""]);
    assert.match(stream.stderr, /^error: .*not on PATH/);
  });

  test("nothing to render, and what is not there", async (t) => {
    const cwd = tree(t, { "pod.yaml": FILES["base/pod.yaml"] });
    assert.equal((await lading(["render"], { cwd, env: WITHOUT })).code, 3);
    assert.equal((await lading(["render", "absent"], { cwd, env: WITHOUT })).code, 2);
    assert.equal((await lading(["check", "--render", "-"], { cwd, env: WITHOUT, input: FILES["base/pod.yaml"] })).code, 2);
  });
});

describe("lading check --render", () => {
  test("judges files and what is rendered, each place once", async (t) => {
    const { stdout } = await lading(["check", "--render", "-f", "concise"], { cwd: tree(t, FILES), env: WITH });
    assert.equal(stdout.match(/overlay\/kustomization\.yaml:4:\d+: error\[pin-by-digest\]/g)?.length, 1);
    assert.match(stdout, /^2 references in 2 files: 2 floating/m);
    assert.match(stdout, /^1 image rendered from 1 root/m);
  });
});

describe("lading explain", () => {
  test("names the images that a line supplies, or says that it is not known", async (t) => {
    const cwd = tree(t, FILES);
    assert.match((await lading(["explain", "overlay/kustomization.yaml:4"], { cwd, env: WITH })).stdout, /^supplies the tag of nginx:1\.27 in Pod\/web, rendered from overlay \(kustomize\) \(images entry\); a pin belongs here$/m);
    assert.match((await lading(["explain", "base/pod.yaml:6"], { cwd, env: WITH })).stdout, /^supplies the name of nginx:1\.27 .*; a pin belongs at overlay\/kustomization\.yaml:4$/m);
    assert.match((await lading(["explain", "base/pod.yaml:6"], { cwd, env: WITHOUT })).stdout, /^not rendered, so what overlay \(kustomize\) takes from here is not known: .*is not: .*/m);
  });
});
