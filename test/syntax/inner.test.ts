/** Strings that hold documents: the text is what YAML says it is, and every place in it has a place outside. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseDocument } from "yaml";
import { innerText, type InnerText } from "../../src/syntax/inner.ts";
import { readStream } from "../../src/syntax/read.ts";
import { get, type Node } from "../../src/syntax/tree.ts";

async function inside(text: string, reader: "fast" | "full" = "fast"): Promise<InnerText> {
  const { documents, broken } = await readStream(text, { wanted: () => true, reader });
  assert.deepEqual(broken, []);
  const root = documents[0]!.root;
  const node: Node | undefined = get(root, "a") ?? root.children?.[0];
  const found = node && innerText(text, node);
  assert.ok(found, text);
  return found;
}

const valueOf = (text: string): unknown => {
  const value: unknown = parseDocument(text, { schema: "failsafe" }).toJS();
  return Array.isArray(value) ? value[0] : (value as { a: unknown }).a;
};

const CASES: Record<string, string> = {
  "a literal block": "a: |\n  x: 1\n  y: 2\nb: 2\n",
  "deeper lines": "a: |\n    x:\n      y: 2\n",
  "an indentation indicator": "a: |2\n   x\n  y\n",
  "an indicator below a dash": "- |1\n  x\n y\n",
  "an indicator behind a nested key": "k:\n- a: 1\n  b: |1-\n    x\n",
  "strip": "a: |-\n  x\n\n\nb: 1\n",
  "keep": "a: |+\n  x\n\n\nb: 1\n",
  "keep before the end of the text": "a: |+\n  x\n  \n",
  "empty lines above the content": "a: |\n\n\n  x\n\n  y\n",
  "a comment on the header": "a: |- # like | this\n  x\n",
  "a tag and an anchor": "a: &b !!str |\n  x\n  y\n",
  "CRLF": "a: |\r\n  x: 1\r\n  y: 2\r\nb: 1\r\n",
  "a line of spaces": "a: |\n  x\n     \n  y\n",
  "a folded block": "a: >\n  x\n  y\n\n  z\n",
  "deeper lines in a folded block": "a: >-\n  x\n    y\n\n    z\n  w\n  v\n",
  "a folded block with empty lines": "a: >+\n\n  x\n\n\n  y\n\n",
  "double quotes": 'a: "x\\n  y: \\"z\\"\\t\\u00e9\\U0001F600"\n',
  "double quotes over lines": 'a: "x  \n   y\n\n  z\\\n     w \\\n  \\  v"\n',
  "single quotes": "a: 'it''s\n   folded\n\n   twice'\n",
  "plain over lines": "a: one\n  two\n\n  three\nb: 1\n",
  "JSON in JSON": '{"a": "{\\"b\\": \\"c\\\\nd\\"}"}',
};

describe("the text of a scalar", () => {
  for (const [name, text] of Object.entries(CASES)) {
    test(`is what a YAML parser reads: ${name}`, async () => {
      const expected = name.startsWith("an indicator behind") ? " x" : valueOf(text);
      const node = name.startsWith("an indicator behind") ? await nested(text) : await inside(text);
      assert.equal(node.text, expected);
      if (!name.startsWith("an indicator behind")) assert.equal((await inside(text, "full")).text, expected);
    });
  }

  async function nested(text: string): Promise<InnerText> {
    const { documents } = await readStream(text, { wanted: () => true });
    return innerText(text, get(get(documents[0]!.root, "k")!.children![0], "b")!)!;
  }
});

describe("places", () => {
  for (const [name, text] of Object.entries(CASES)) {
    test(`go out and come back: ${name}`, async () => {
      if (name.startsWith("an indicator behind")) return;
      const found = await inside(text);
      for (let i = 0; i < found.text.length; i++) {
        const { start, end } = found.outward({ start: i, end: i + 1 });
        assert.ok(start < end, `${i}`);
        // What is no escape and no line break stands outside as it stands inside.
        if (/[a-z:]/.test(found.text[i]!) && end - start === 1) assert.equal(text[start], found.text[i]);
        if (!/[\ud800-\udfff]/.test(found.text[i]!)) assert.deepEqual(found.inward({ start, end }), { start: i, end: i + 1 });
      }
    });
  }

  test("a place in the middle of an escape is none", async () => {
    const found = await inside('a: "x\\ny"\n');
    assert.equal(found.inward({ start: 6, end: 6 }), undefined);
  });
});

describe("what is put in", () => {
  const put = async (text: string, at: string, added: string): Promise<string | undefined> => {
    const found = await inside(text);
    const escaped = found.escape(added);
    if (escaped === undefined) return undefined;
    const offset = found.text.indexOf(at) + at.length;
    const { start } = found.outward({ start: offset, end: offset });
    return text.slice(0, start) + escaped + text.slice(start);
  };

  test("keeps the indentation and the line ends of a literal block", async () => {
    assert.equal(await put("a: |-\r\n   x: 1\r\n", "x: 1", "\ny: 2"), "a: |-\r\n   x: 1\r\n   y: 2\r\n");
  });
  test("is escaped in quotes", async () => {
    assert.equal(await put('a: "{\\"x\\": 1}"', "1", ', "y": 2'), 'a: "{\\"x\\": 1, \\"y\\": 2}"');
    assert.equal(await put("a: '{x: 1}'", "1", ", y: 'z'"), "a: '{x: 1, y: ''z''}'");
    assert.equal(await put('a: "x: 1\\n"', "x: 1", "\ny: 2"), 'a: "x: 1\\ny: 2\\n"');
  });
  test("is refused where the style has no place for a line", async () => {
    assert.equal(await put("a: >\n  x\n", "x", "\ny"), undefined);
    assert.equal(await put("a: 'x'", "x", "\ny"), undefined);
    assert.equal(await put("a: x\n", "x", ": y"), undefined);
  });
});

test("any text in any style reads as the parser reads it", async () => {
  const line = fc.stringMatching(/^[ ]{0,3}[a-z"'\\:#{}é😀]{0,6}[ ]{0,2}$/u);
  const style = fc.constantFrom("|", "|-", "|+", ">", ">-", ">+", "'", '"', "|2", ">1-");
  await fc.assert(fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 6 }), style, fc.constantFrom("\n", "\r\n"), async (lines, given, lineBreak) => {
    const body = given.startsWith("'") || given.startsWith('"')
      ? `${given}${lines.join("\n ").replaceAll(given === "'" ? "'" : /["\\]/g, (one) => (given === "'" ? "''" : `\\${one}`))}${given}`
      : `${given}\n${lines.map((one) => `${/\d/.test(given) ? " ".repeat(Number(/\d/.exec(given)![0])) : "   "}${one}`).join("\n")}`;
    const text = `a: ${body}\nb: 1\n`.replaceAll("\n", lineBreak);
    const document = parseDocument(text, { schema: "failsafe" });
    if (document.errors.length > 0) return;
    const { documents } = await readStream(text, { wanted: () => true });
    const node = get(documents[0]?.root, "a");
    if (!node || documents.length !== 1) return;
    const found = innerText(text, node);
    const { a } = document.toJS() as { a: string };
    // A block without content is no document.
    if (a.trim() === "") return;
    // Parsers differ on a last line of more spaces than the indentation.
    if (/^ +$/.test(lines.at(-1)!) && /^[|>]/.test(given)) assert.equal(found?.text.trimEnd(), a.trimEnd());
    else assert.equal(found?.text, a);
  }), { seed: 7, numRuns: 3000 });
});
