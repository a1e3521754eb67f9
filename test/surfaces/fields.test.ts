/** Fields that the catalogue or a policy knows: paths, trees, which texts are read for them, and what a policy adds. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import type { ImageField } from "../../src/model/field.ts";
import { parseFieldPath, stepText } from "../../src/surfaces/field-path.ts";
import { completeField, fieldProblem } from "../../src/surfaces/field-entry.ts";
import { buildTrees, kindsToRead } from "../../src/surfaces/field-tree.ts";
import { KindSearch, namesKind } from "../../src/surfaces/kinds.ts";
import { ownFields } from "../../src/surfaces/known-fields.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { checked, pinned } from "../pipeline/memory.ts";

const role = { values: false, template: false, kustomization: false };
const field = (written: Parameters<typeof completeField>[2], group = "acme.example", kind = "Widget"): ImageField => completeField(group, kind, written, "policy");

describe("a path", () => {
  const GOOD: readonly (readonly [path: string, steps: readonly string[]])[] = [
    ["image", ["image"]],
    ["spec.steps[*].image", ["spec", "steps", "[*]", "image"]],
    ["data{*}", ["data", "{*}"]],
    ["data.{*}.image", ["data", "{*}", "image"]],
    ["a.steps[*][*].b", ["a", "steps", "[*]", "[*]", "b"]],
    ["spec.taskRef[resolver=bundles].params[name=bundle].value", ["spec", "taskRef", "[resolver=bundles]", "params", "[name=bundle]", "value"]],
    ["images[*]", ["images", "[*]"]],
    ["docker_image-x", ["docker_image-x"]],
  ];
  for (const [path, steps] of GOOD) test(`${path} is one`, () => assert.deepEqual(parseFieldPath(path)?.map(stepText), steps));
  for (const path of ["", ".a", "a.", "a..b", "a[0]", "a[*", "a[b~c].d", "a b", "spec/image", "a{key}", "**"]) test(`${JSON.stringify(path)} is none`, () => assert.equal(parseFieldPath(path), undefined));
});

describe("an entry", () => {
  test("has the defaults of its shape", () => {
    assert.equal(field({ path: "a" }).pin, "append");
    assert.deepEqual(field({ path: "a", shape: "object" }).keys, { repository: "repository", tag: "tag" });
    assert.equal(field({ path: "a", shape: "object" }).pin, "tag-suffix");
    assert.equal(field({ path: "a", shape: "object", keys: { repository: "r", digest: "d" } }).pin, "set");
    assert.equal(field({ path: "a", role: "tracked" }).pin, "report");
    assert.equal(field({ path: "a", role: "managed" }).pin, "append");
  });
  test("that cannot be meant is refused, with the key to blame", () => {
    assert.equal(fieldProblem({ path: "a..b" })?.key, "path");
    assert.equal(fieldProblem({ path: "a", shape: "picture" as never })?.key, "shape");
    assert.equal(fieldProblem({ path: "a", shape: "object", keys: { colour: "x" } as never })?.key, "keys");
    assert.equal(fieldProblem({ path: "a", shape: "tag", pin: "append" })?.key, "pin");
    assert.equal(fieldProblem({ path: "a", shape: "object", keys: { repository: "r" }, pin: "tag-suffix" }), undefined);
  });
});

test("fields of one kind share their steps, and equal ends are kept once", () => {
  const { ends, kinds } = buildTrees([field({ path: "spec.a.image" }), field({ path: "spec.b[*].image" }), field({ path: "spec.a.image" })]);
  assert.equal(ends.length, 1);
  assert.deepEqual(kinds, { "acme.example/Widget": { spec: { a: { image: { "=": [0] } }, b: { "[*]": { image: { "=": [0] } } } } } });
});

test("a kind is read for its name where no key of a field tells", () => {
  const KEYS: readonly (readonly [written: Parameters<typeof completeField>[2], read: boolean])[] = [
    [{ path: "spec.image" }, false], [{ path: "spec.images[*]" }, false], [{ path: "spec.template.spec", shape: "podSpec" }, false], [{ path: "spec.image", shape: "object" }, false],
    [{ path: "spec.package" }, true], [{ path: "spec.imageUrl" }, true], [{ path: "spec.imageName" }, true], [{ path: "spec", shape: "object", keys: { repository: "baseImage", tag: "tag" } }, false], [{ path: "spec", shape: "object" }, true],
  ];
  for (const [written, read] of KEYS) assert.equal(kindsToRead([field(written)]).length > 0, read, JSON.stringify(written));
});

describe("a text names a kind to read", () => {
  const kinds = new Set(["acme.example/Widget"]);
  const YES = [
    "apiVersion: acme.example/v1\nkind: Widget\n", "kind: Widget\r\napiVersion: acme.example/v2\r\n", '{"apiVersion":"acme.example/v1","kind":"Widget"}', '"apiVersion" : \'acme.example/v1\'\n"kind" : \'Widget\'\n',
    '{\\"apiVersion\\":\\"acme.example/v1\\",\\"kind\\":\\"Widget\\"}', "apiVersion: acme.example/v1\nitems: []\nkind: WidgetList\n", `apiVersion: acme.example/v1\n${"a: b\n".repeat(80)}kind: Widget\n`, "apiVersion: &v acme.example/v1\nkind: Widget\n", "apiVersion: *v\nkind: Widget\n",
  ];
  const NO = ["apiVersion: v1\nkind: Widget\n", "apiVersion: acme.example/v1\nkind: Gadget\n", "apiVersion: other.example/v1\nkind: Widget\n", "apiVersion:\n  type: string\n", "kind: Widget\n"];
  for (const [texts, wanted] of [[YES, true], [NO, false]] as const)
    for (const text of texts)
      test(`${JSON.stringify(text.slice(0, 60))}: ${wanted}`, () => {
        assert.equal(namesKind(Buffer.from(text), kinds), wanted);
        assert.equal(new KindSearch(text, kinds).within(0, text.length), wanted);
      });
  test("document by document", () => {
    const text = "a: b\n---\napiVersion: acme.example/v1\nkind: Widget\n---\nc: d\n";
    const search = new KindSearch(text, kinds);
    assert.deepEqual([[0, 8], [9, 50], [52, text.length]].map(([from, to]) => search.within(from!, to!)), [false, true, false]);
  });
  test("of the core group, where a policy asks for one", () => {
    const text = "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n";
    assert.equal(namesKind(Buffer.from(text), new Set(["/ConfigMap"])), true);
    assert.equal(namesKind(Buffer.from(text), new Set(["/Secret"])), false);
  });
});

describe("a policy's own fields", () => {
  const text = "apiVersion: acme.example/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  runner: ghcr.io/acme/runner:1\n  parts:\n    repo: acme/part\n    version: '2'\n";
  const fields = [field({ path: "spec.runner" }), field({ path: "spec.parts", shape: "object", keys: { repository: "repo", tag: "version", digestHex: "sha" } })];

  test("are found, and say that the policy named them", async () => {
    const { sites } = await locateFile({ path: "a.yaml", text, encoding: "utf-8" }, role, ownFields(fields));
    assert.deepEqual(sites.map(({ raw, confidence, because }) => [raw, confidence, because]), [
      ["ghcr.io/acme/runner:1", "certain", "policy: acme.example Widget spec.runner"],
      ["acme/part", "certain", "policy: acme.example Widget spec.parts"],
    ]);
    assert.deepEqual((await locateFile({ path: "a.yaml", text, encoding: "utf-8" }, role)).sites, []);
  });

  test("are checked and pinned like any other", async () => {
    const files = { "a.yaml": text };
    assert.equal((await checked(files, { policy: { fields } })).references.length, 2);
    assert.equal((await checked(files)).references.length, 0);
    const { pinned: count, refused } = await pinned(files, { policy: { fields } });
    assert.deepEqual([count, refused], [2, []]);
    assert.match(String(files["a.yaml"]), /runner: ghcr\.io\/acme\/runner:1@sha256:[0-9a-f]{64}\n/);
    assert.match(String(files["a.yaml"]), /version: '2'\n {4}sha: [0-9a-f]{64}\n/);
  });

  test("win over what the catalogue says", async () => {
    const package_ = "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nspec: {package: 'xpkg.example/a:1'}\n";
    const own = ownFields([field({ path: "spec.package", pin: "report", elsewhere: "ask the platform team" }, "pkg.crossplane.io", "Provider")]);
    const { sites } = await locateFile({ path: "a.yaml", text: package_, encoding: "utf-8" }, role, own);
    assert.deepEqual(sites.map(({ slots, elsewhere }) => [slots.length, elsewhere]), [[0, "ask the platform team"]]);
  });
});

describe("fields of a type", () => {
  const model = (group: string, kind: string, path: string, version: string): ImageField => completeField(group, kind, { path, versions: [version] }, "model");
  const text = "apiVersion: acme.example/v1\nkind: Widget\nspec: {tool: {imageName: 'acme/tool:1'}}\n---\napiVersion: acme.example/v2\nkind: Widget\nspec: {tool: {imageName: 'acme/tool:2'}}\n";

  test("are likely, of their version alone, and pinned", async () => {
    const fields = [model("acme.example", "Widget", "spec.tool.imageName", "v1")];
    const { sites } = await locateFile({ path: "a.yaml", text, encoding: "utf-8" }, role, ownFields(fields));
    assert.deepEqual(sites.filter(({ because }) => because.startsWith("type")).map(({ raw, confidence, because }) => [raw, confidence, because]), [["acme/tool:1", "likely", "type: acme.example Widget spec.tool.imageName"]]);
    const files = { "a.yaml": text };
    await pinned(files, { policy: { fields } });
    assert.match(String(files["a.yaml"]), /'acme\/tool:1@sha256:[0-9a-f]{64}'/);
  });

  test("say less than the catalogue, and than the policy", async () => {
    const provider = "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nspec: {package: 'xpkg.example/a:1'}\n";
    const of = async (...fields: ImageField[]): Promise<string[]> => (await locateFile({ path: "a.yaml", text: provider, encoding: "utf-8" }, role, ownFields(fields))).sites.map(({ because }) => because);
    const typed = model("pkg.crossplane.io", "Provider", "spec.package", "v1");
    assert.deepEqual(await of(typed), ["catalogue: pkg.crossplane.io Provider spec.package"]);
    assert.deepEqual(await of(typed, field({ path: "spec.package" }, "pkg.crossplane.io", "Provider")), ["policy: pkg.crossplane.io Provider spec.package"]);
  });
});

test("the build refuses an entry that it does not understand, with its line", () => {
  const script = `import { readCatalogue } from "./build/catalogue.mjs";
    const entry = await import("./src/surfaces/field-entry.ts");
    try { readCatalogue("groups:\\n  a.b:\\n    C:\\n      - {path: x}\\n      - {path: y, shape: sphere}\\n      - {path: z, verified: source}\\n      - {path: x}\\n", entry); } catch (error) { process.stdout.write(error.message); }`;
  const said = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { cwd: new URL("../../", import.meta.url), encoding: "utf8" });
  assert.deepEqual(said.split("\n").map((line) => /^data\/image-fields\.yaml:(\d+): a\.b C (\w+): /.exec(line)?.slice(1).join(" ")), ["5 y", "6 z", "7 x"], said);
});
