/** Passing over a file that holds an image is the one mistake that nobody would ever see. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { candidates, hasEscapedKey, hasKey, keyEndsFor, KeySearch } from "../../src/surfaces/candidates.ts";
import { NO_OWN_FIELDS } from "../../src/surfaces/known-fields.ts";
import { locateFile } from "../../src/surfaces/locate.ts";

const role = (values: boolean) => ({ values, template: false, kustomization: false });
const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: c\n";

const CASES: Readonly<Record<string, readonly [text: string, values: boolean, references: number]>> = {
  "an explicit key": [`${POD}    ? image\n    : nginx:1.27\n`, false, 1],
  "an explicit key in quotes": [`${POD}    ? "image"\n    : nginx:1.27\n`, false, 1],
  "an explicit key that ends the file": ["? repository\n", true, 0],
  "a JSON key with its colon on the next line": ['{"apiVersion":"v1","kind":"Pod","metadata":{"name":"w"},"spec":{"containers":[{"name":"c","image"\n:"nginx:1.27"}]}}', false, 1],
  "the same with carriage returns and spaces": ['{"apiVersion":"v1","kind":"Pod","metadata":{"name":"w"},"spec":{"containers":[{"name":"c","image" \r\n\t: "nginx:1.27"}]}}', false, 1],
  "a key with an escape": [`${POD}    "im\\x61ge": nginx:1.27\n`, false, 1],
  "a key with a long escape": [`${POD}    "\\u0069mage": nginx:1.27\n`, false, 1],
  "capitals alone, in values": ["env:\n  WEB_IMAGE: ghcr.io/acme/web:1\n", true, 1],
  "single quotes": [`${POD}    'image': nginx:1.27\n`, false, 1],
  "JSON in quotes": [`apiVersion: v1\nkind: ConfigMap\ndata:\n  a: "{\\"kind\\":\\"Pod\\",\\"apiVersion\\":\\"v1\\",\\"spec\\":{\\"containers\\":[{\\"image\\":\\"nginx:1\\"}]}}"\n`, false, 1],
  "a patch's path": ["- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: nginx:1\n", false, 1],
  "a Helm parameter": ["apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      parameters:\n      - name: image.tag\n        value: v1\n", false, 1],
  "a repository in a HelmRelease": ["apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    redis: {repository: a/redis, tag: v1}\n", false, 1],
  "a space in front of the colon": [`${POD}    image : nginx:1.27\n`, false, 1],
};

describe("a text is read for", () => {
  for (const [name, [text, values, references]] of Object.entries(CASES)) {
    test(name, async () => {
      assert.ok(hasKey(Buffer.from(text), keyEndsFor(role(values))));
      const { sites, unread } = await locateFile({ path: values ? "values.yaml" : "a.yaml", text, encoding: "utf-8" }, role(values));
      assert.deepEqual(unread, []);
      assert.equal(sites.length, references);
    });
  }
});

describe("a JSON document that is a schema is passed over", () => {
  const wanted = (text: string): boolean => candidates(text, role(false), NO_OWN_FIELDS.toRead)(0, text.length, false);
  const IMAGE = '"containers": [{"name": "c", "image": "nginx:1.27"}]';
  for (const head of ['"$schema": "http://json-schema.org/draft-07/schema#"', '"description": "a \\"text\\"", "properties": {"apiVersion": {"type": "string"}}', '"swagger": "2.0"', '"title": "x",\n"openapi": "3.0.1"']) {
    test(head, () => assert.equal(wanted(`{\n  ${head},\n ${IMAGE}}\n`), false));
  }
  for (const head of ['"$schema": "./values.schema.json"', '"properties": {"colour": "red"}', '"description": "of swagger"', '"apiVersion": "v1", "swagger": "2.0"']) {
    test(`and not one that begins with ${head}`, () => assert.ok(wanted(`{\n  ${head},\n ${IMAGE}}\n`)));
  }
});

describe("a text is passed over", () => {
  for (const text of ["a: image\n", "# an image\n", "text: |\n  the image is\n", "imagery: 1\n", "see image.tag below\n", "path: /images/logo\n", "data: images, and more\n", 'a: "\\x61"\n']) {
    test(JSON.stringify(text), () => assert.equal(hasKey(Buffer.from(text), keyEndsFor(role(false))), false));
  }

  test("for an escape only where it is in a key", () => {
    assert.ok(hasEscapedKey('"im\\x61ge": a\n'));
    for (const text of ['a: "im\\x61ge"\n', '"image": a\n', "a: \\x61\n"]) assert.equal(hasEscapedKey(text), false, text);
  });
});

test("a search that goes on finds what one from the start finds", () => {
  const text = "a: 1\n---\nimage: x\n---\nb: 1\n---\n? image\n: y\n---\nimages\n: z\n";
  const cuts = text.split("---\n");
  let from = 0;
  const ends = keyEndsFor(role(false));
  const going = ends.map((end) => new KeySearch(text, end));
  const found = cuts.map((part) => {
    const to = from + part.length;
    const now = going.some((search) => search.within(from, to));
    assert.equal(now, hasKey(Buffer.from(part), ends), part);
    from = to + 4;
    return now;
  });
  assert.deepEqual(found, [false, true, false, true, true]);
});
