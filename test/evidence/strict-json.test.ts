/** JSON that is refused where two readers may differ, and read where they cannot. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readJson } from "../../src/evidence/strict-json.ts";

const code = (text: string, foldedTo = 0): string | undefined => {
  try {
    readJson(text, foldedTo);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("strict JSON", () => {
  test("reads whatever JSON.parse reads, when each key is there once", () => {
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(readJson(text), JSON.parse(text));
    }));
  });

  test("finds a key twice wherever it stands and however it is written", () => {
    fc.assert(fc.property(fc.string(), fc.jsonValue(), fc.nat(20), (key, value, depth) => {
      const escaped = `"${[...key].map((one) => [...Array(one.length).keys()].map((at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")).join("")}"`;
      const twice = `{${JSON.stringify(key)}:${JSON.stringify(value)},${escaped}:0}`;
      assert.equal(code(`${"[".repeat(depth)}${twice}${"]".repeat(depth)}`), "duplicate-key");
    }));
  });

  for (const [text, foldedTo, expected] of [
    ['{"a":{"b":1},"c":{"b":1}}', 0, undefined],
    ['{"a":"a","b":"a"}', 0, undefined],
    ['[{"a":1},{"a":1}]', 0, undefined],
    ['{"a":["a","a",{"a":"b"}]}', 0, undefined],
    ['{"a":1,"A":1}', 0, undefined],
    ['{"a":1,"A":1}', 1, "duplicate-key"],
    ['{"x":{"a":1,"A":1}}', 1, undefined],
    ['{"x":{"a":1,"A":1}}', 2, "duplicate-key"],
    ['{"a\\"":1,"a":1}', 0, undefined],
    ['{"__proto__":1,"__proto__":2}', 0, "duplicate-key"],
    ['{"a":1,}', 0, "malformed"],
    ["", 0, "malformed"],
    ["[".repeat(200) + "]".repeat(200), 0, undefined],
    ["[".repeat(201) + "]".repeat(201), 0, "too-deep"],
  ] as const) test(`${text.slice(0, 40)} folded to ${foldedTo}: ${expected ?? "read"}`, () => assert.equal(code(text, foldedTo), expected));
});
