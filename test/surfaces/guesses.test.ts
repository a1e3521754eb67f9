/** What is taken for an image on the word of a name or of the text alone, and what is not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mayHoldImage } from "../../src/surfaces/candidates.ts";
import { NO_OWN_FIELDS } from "../../src/surfaces/known-fields.ts";
import { isSureReference, isTemplatedReference, namesImage, passes } from "../../src/surfaces/guess-gate.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import type { ImageSite } from "../../src/model/site.ts";

const sitesOf = async (text: string, path = "a.yaml"): Promise<readonly ImageSite[]> =>
  (await locateFile({ path, text, encoding: "utf-8" }, roleOf(path, new Set(), false))).sites;

describe("a name", () => {
  for (const name of ["image", "sidecarImage", "WEB_IMAGE", "imageName", "image_ref", "--worker-image", "baseImageURL"]) test(`${name} is an image's`, () => assert.ok(namesImage(name)));
  for (const name of ["imagePullPolicy", "vmImage", "osImageRef", "heroImage", "logo-image", "imageType", "images", "imagery", "bootDiskImage"]) test(`${name} is none`, () => assert.equal(namesImage(name), false));
});

describe("a text", () => {
  const PASS = { any: ["redis", "acme/web", "web:1", "auto"], path: ["acme/web", "web:1", "${A}/b:c", "ko://a/b"], version: ["web:1", "acme/web@sha256:short", "{{ .Values.image }}"] } as const;
  const FAIL = {
    any: ["", "a b", "nginx: 14.6", "assets/logo.png", "localhost:8080", "db.example.org:5432", "12:30", "https://example.org/a", "!*:latest"],
    path: ["redis", "true", "some <b>text</b>", "$ 5 and more", "auto"],
    version: ["acme/web", "ghcr.io/acme/web", "redis"],
  } as const;
  for (const [strictness, texts] of Object.entries(PASS)) for (const text of texts) test(`${text} passes (${strictness})`, () => assert.ok(passes(text, strictness as keyof typeof PASS)));
  for (const [strictness, texts] of Object.entries(FAIL)) for (const text of texts) test(`${JSON.stringify(text)} does not (${strictness})`, () => assert.equal(passes(text, strictness as keyof typeof FAIL), false));

  test("is surely a reference with a host, a path and a tag or digest", () => {
    for (const text of ["quay.io/acme/web:1.0", "localhost:5000/web:1", "registry.k8s.io/a:v1"]) assert.ok(isSureReference(text), text);
    for (const text of ["acme/web:1", "quay.io/acme/web", "github.com/acme/web:v1", "example.org:8080", "https://quay.io/a:1", "quay.io/a/b.png:1 x"]) assert.equal(isSureReference(text), false, text);
  });

  test("is a template of one reference, or some other template", () => {
    for (const text of ["$(A)/b:$(C)", "{{ .a }}", "<host>/web:1", "${A:-b}/c"]) assert.ok(isTemplatedReference(text), text);
    for (const text of ["a{{ .b }} c", "<svg width=\"1\"/>", "https://${HOST}/a", "plain"]) assert.equal(isTemplatedReference(text), false, text);
  });
});

describe("what is named and not run", () => {
  const roles = async (text: string, path?: string): Promise<unknown[]> => (await sitesOf(text, path)).map(({ role }) => role);
  test("kbld: built, matched, followed", async () => {
    const text = "apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\nsources:\n- image: a\noverrides:\n- image: b\n  newImage: c:1\n";
    assert.deepEqual(await roles(text), ["build-output", "pattern", undefined]);
  });
  test("a Compose service that is built, beside one that is not", async () => {
    assert.deepEqual(await roles("services:\n  a:\n    image: acme/a:1\n    build: .\n  b:\n    image: b\n"), ["build-output", undefined]);
  });
  test("a parameter that says where a build pushes", async () => {
    assert.deepEqual(await roles("apiVersion: tekton.dev/v1\nkind: TaskRun\nspec:\n  params:\n  - {name: output-image, value: 'ghcr.io/a/b:1'}\n  - {name: builder-image, value: 'ghcr.io/a/c:1'}\n"), ["build-output", undefined]);
  });
  test("what Argo CD Image Updater follows", async () => {
    assert.deepEqual(await roles("apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    argocd-image-updater.argoproj.io/image-list: ghcr.io/acme/web:1\n"), ["tracked"]);
  });
});

test("a file that only mentions an image, and is no YAML, is no document that was lost", async () => {
  const read = async (text: string): Promise<number> => (await locateFile({ path: "devcontainer.json", text, encoding: "utf-8" }, roleOf("devcontainer.json", new Set(), false))).unread.length;
  assert.equal(await read('{\n  "features": { "ghcr.io/acme/features/go:1": {} },\n'), 0);
  assert.equal(await read('{\n  "image": "ghcr.io/acme/go:1",\n'), 1);
});

describe("a second look", () => {
  test("leaves what a surface took, and what an alias repeats", async () => {
    const text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: &i ghcr.io/acme/a:1\n    env:\n    - name: X_IMAGE\n      value: *i\n";
    const sites = await sitesOf(text);
    assert.deepEqual(sites.map(({ confidence }) => confidence), ["certain"]);
  });
  test("passes over definitions, JSON schemas and suites of tests", async () => {
    for (const text of ["apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  image: ghcr.io/a/b:1\n", '{"type":"object","properties":{"image":{"default":"a"},"x":{"image":"ghcr.io/a/b:1"}}}', "version: 1\nwaivers:\n- image: ghcr.io/a/b:1\n", '{"version":1,"findings":[{"image":"ghcr.io/a/b:1"}]}', "suite: s\ntests:\n- set:\n    image: ghcr.io/a/b:1\n"])
      assert.deepEqual(await sitesOf(text), [], text);
  });
  test("does not read pipelines where the file is none by its name", async () => {
    assert.equal((await sitesOf("build:\n  services:\n  - redis\n", "x.yaml")).length, 0);
    assert.equal((await sitesOf("build:\n  services:\n  - redis\n", ".gitlab-ci.yml")).length, 1);
  });
  test("says that only a name makes it an image, and asks before it is written", async () => {
    const [site] = await sitesOf("apiVersion: example.org/v1\nkind: W\nspec:\n  webImage: acme/web:1\n");
    assert.deepEqual([site?.surface, site?.confidence, site?.because, typeof site?.unsafe], ["guesses", "guess", "the key webImage", "string"]);
  });
  test("stays within the lines of a folded scalar", async () => {
    const sites = await sitesOf("apiVersion: v1\nkind: ConfigMap\ndata:\n  env: >\n    A_IMAGE=acme/a:1\n\n    B_IMAGE=acme/b:1\n");
    assert.deepEqual(sites.map(({ raw, position }) => [raw, position.line]), [["acme/a:1", 5], ["acme/b:1", 7]]);
  });
});

describe("without a key of an image, a file is read for", () => {
  const CASES = [
    ["a registry's path and tag", "data:\n  a: registry.k8s.io/x/y:v1\n", "a.yaml", true],
    ["a variable's name", "- name: RELATED_IMAGE_X\n  value: a/b:1\n", "a.yaml", true],
    ["an argument", "args: [--x-image=a/b:1]\n", "a.yaml", true],
    ["a key with more behind image", "imageRef: a/b:1\n", "a.yaml", true],
    ["a container of a pipeline", "jobs:\n  a:\n    container: node:22\n", ".github/workflows/a.yml", true],
    ["not a container elsewhere", "jobs:\n  a:\n    container: node:22\n", "a.yml", false],
    ["not a label", "metadata:\n  labels:\n    app.kubernetes.io/name: web\n", "a.yaml", false],
    ["not an image in a word of Docker Hub", "data:\n  a: redis:7\n", "a.yaml", false],
  ] as const;
  for (const [what, text, path, read] of CASES) test(what, () => assert.equal(mayHoldImage(Buffer.from(text), roleOf(path, new Set(), false), NO_OWN_FIELDS.toRead), read));
});
