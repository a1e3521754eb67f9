/** What is read from YAML is what is written again, for whoever reads it next. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { load } from "js-yaml";
import { parse } from "yaml";
import { Refusal } from "../../src/render/refusal.ts";
import { readValues, writeValue } from "../../src/render/yaml-value.ts";

const again = (text: string): string => {
  const [value, ...more] = readValues(text, "a.yaml");
  assert.ok(value && more.length === 0);
  return writeValue(value);
};

const CASES: Readonly<Record<string, readonly [text: string, written: string]>> = {
  "leaves words to the reader that some take for something else": ["a: [1.10, 0x1F, 010, yes, No, ~, null, .inf, -.NaN, 2024-01-01, 1e3, y]", '{"a": [1.10, 0x1F, 010, yes, No, ~, null, .inf, -.NaN, 2024-01-01, 1e3, y]}'],
  "quotes all other words": ["a: [web, -x, 'yes', \"1.10\", a b, v1]", '{"a": ["web", "-x", "yes", "1.10", "a b", "v1"]}'],
  "fills empty places": ["a:\nb: []", '{"a": null, "b": []}'],
  "unfolds aliases": ["a: &x {b: 1}\nc: *x", '{"a": {"b": 1}, "c": {"b": 1}}'],
  "unfolds merges, which give way": ["a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}", '{"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}}'],
  "unfolds merges of several": ["a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}", '{"a": {"b": 1}, "c": {"b": 2, "d": 3}, "e": {"b": 1, "d": 3}}'],
  "takes the last of two equal keys": ["a: 1\na: 2", '{"a": 2}'],
  "keeps block texts": ["a: |\n  x\n   y\nb: >-\n  x\n  y", '{"a": "x\\n y\\n", "b": "x y"}'],
  "takes a tag for a text": ["a: !!str 1", '{"a": "1"}'],
  "escapes what YAML does not take": ['a: "\\x07\\x85\\u2028\\ufeff"', '{"a": "\\u0007\\u0085\\u2028\\ufeff"}'],
};

describe("YAML that is written again", () => {
  for (const [what, [text, written]] of Object.entries(CASES)) test(what, () => assert.equal(again(text), written));

  test("reads the same to two other readers", () => {
    const word = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("yes", "1.10", "~", "- a", "a: b", "#", "'", '"', "\\", "<<x"));
    // js-yaml gives `__proto__` a meaning of its own.
    const key = word.filter((one) => one !== "__proto__" && one !== "<<" && one.length < 200);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, word, fc.integer(), fc.boolean(), fc.constant(null), fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true })),
    }));
    fc.assert(fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (map) => {
      const written = again(JSON.stringify(map));
      assert.deepEqual(parse(written), map);
      assert.deepEqual(load(written), map);
    }), { numRuns: 60 });
  });

  test("leaves out documents that hold nothing", () => assert.deepEqual(readValues("---\n# nothing\n---\na: 1\n---\n", "a.yaml").map(writeValue), ['{"a": 1}']));

  test("says where what stands", () => {
    const [value] = readValues("a: 1\nb:\n- x\n- y\n", "a.yaml");
    const list = value?.is === "map" ? value.entries.get("b") : undefined;
    assert.deepEqual(list?.is === "list" ? list.items.map(({ said }) => said) : [], [3, 4].map((line) => ({ file: "a.yaml", position: { line, column: 3 } })));
  });

  for (const [what, text] of Object.entries({ "no YAML": "a: [", "an alias to nothing": "a: *x", "an alias of what it stands in": "a: &x [*x]", "a key that is a list": "? [a]\n: b", "a tag of a program": "a: !!js/function x" })) {
    test(`is not made of ${what}`, () => assert.throws(() => readValues(text, "a.yaml"), Refusal));
  }
});
