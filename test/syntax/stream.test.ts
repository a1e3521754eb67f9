/** Cutting a stream without parsing it, held against what `yaml` counts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { cut } from "../../src/syntax/stream.ts";
import { readStream } from "../../src/syntax/read.ts";
import { mutate, random } from "./mutate.ts";

const parts = (text: string): string[] | undefined => cut(text)?.map(({ from, to }) => text.slice(from, to));

const count = (text: string): number => {
  const documents = parseAllDocuments(text, { logLevel: "silent" });
  return Array.isArray(documents) ? documents.length : 0;
};

const CUTS: Readonly<Record<string, readonly [text: string, parts: readonly string[]]>> = {
  "one document without a marker": ["a: b\n", ["a: b\n"]],
  "one with a marker": ["---\na: b\n", ["a: b\n"]],
  "two": ["a: b\n---\nc: d\n", ["a: b\n", "c: d\n"]],
  "empty ones": ["---\n---\na: b\n---\n", ["", "a: b\n", ""]],
  "comments before the first marker": ["# a\n\n# b\n---\nc: d\n", ["c: d\n"]],
  "content before the first marker": ["# a\nb: c\n---\nd: e\n", ["# a\nb: c\n", "d: e\n"]],
  "comments on markers": ["--- # a\nb: c\n---   # d\ne: f\n", ["b: c\n", "e: f\n"]],
  "content on markers": ["--- {a: b}\n--- |\n c\n", ["--- {a: b}\n", "--- |\n c\n"]],
  "tags and anchors on markers": ["--- &a\nb: c\n--- !t\nd: e\n", ["--- &a\nb: c\n", "--- !t\nd: e\n"]],
  "spaces and tabs behind markers": ["---  \na: b\n---\t\nc: d\n", ["a: b\n", "c: d\n"]],
  "CRLF": ["a: b\r\n---\r\nc: d\r\n", ["a: b\r\n", "c: d\r\n"]],
  "a byte order mark": ["\ufeff---\na: b\n", ["a: b\n"]],
  "a byte order mark before content": ["\ufeffa: b\n---\nc: d\n", ["a: b\n", "c: d\n"]],
  "a marker at the end, without a line break": ["a: b\n---", ["a: b\n", ""]],
  "markers that are none": ["a: ---\nb: c---\n ---: d\n", ["a: ---\nb: c---\n ---: d\n"]],
  "longer lines of dashes": ["a: b\n----\n", ["a: b\n----\n"]],
  "a hash that is no comment": ["---#a\n", ["---#a\n"]],
  "a marker in what was meant as a block scalar ends the document": ["a: |\n  b\n---\nc: d\n", ["a: |\n  b\n", "c: d\n"]],
  "an indented marker in a block scalar": ["a: |\n  ---\n  b\n", ["a: |\n  ---\n  b\n"]],
};

describe("cut", () => {
  for (const [name, [text, expected]] of Object.entries(CUTS)) {
    test(name, () => {
      assert.deepEqual(parts(text), expected);
      assert.equal(expected.length, count(text));
    });
  }

  test("nothing at all is no document", () => {
    for (const text of ["", "\n\n", "# a\n", "\ufeff"]) assert.deepEqual(parts(text), []);
  });

  test("a comment is a comment, whatever Unicode calls a line break", () => {
    assert.deepEqual(parts("# a\u2028b\n---\nc: d\n"), ["c: d\n"]);
  });

  test("leaves directives and document ends to a parser", () => {
    for (const text of ["%YAML 1.2\n---\na: b\n", "a: b\n...\n", "a: b\n...\n---\nc: d\n", "a: b\n...", "...\n", "\ufeff%YAML 1.2\n---\na: b\n", "a: b\n... # c\n", "a: b\r\n...\r\nc: d\r\n"])
      assert.equal(cut(text), undefined, JSON.stringify(text));
  });

  test("every cut lies in the text, in order, and holds no marker line", () => {
    const next = random(4);
    const seeds = Object.values(CUTS).map(([text]) => text);
    for (let i = 0; i < 5000; i++) {
      const text = mutate(seeds[Math.floor(next() * seeds.length)]!, next);
      let last = 0;
      for (const { from, to } of cut(text) ?? []) {
        assert.ok(from >= last && to >= from && to <= text.length, JSON.stringify(text));
        assert.doesNotMatch(text.slice(from, to), /\n---(?:[ \t\r\n]|$)/, JSON.stringify(text));
        last = to;
      }
    }
  });

  test("counts as yaml does, where yaml can read the text", () => {
    const next = random(5);
    const seeds = Object.values(CUTS).map(([text]) => text);
    for (let i = 0; i < 5000; i++) {
      const text = mutate(seeds[Math.floor(next() * seeds.length)]!, next);
      const cuts = cut(text);
      // yaml takes `| ---` for a block scalar and a marker.
      if (!cuts || /\r(?!\n)|[\u2028\u0085]|[|>].*---/.test(text) || text.slice(1).includes("\ufeff")) continue;
      const documents = parseAllDocuments(text, { logLevel: "silent", uniqueKeys: false });
      if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) continue;
      assert.equal(cuts.length, documents.length, JSON.stringify(text));
    }
  });
});

describe("readStream", () => {
  test("passes over documents that are not wanted, and counts them", async () => {
    const text = "a: 1\n---\nb: 2\n---\nc: [\n---\nd: 4\n";
    const { count: all, documents, broken } = await readStream(text, { wanted: (from, to) => !text.slice(from, to).includes("b:") });
    assert.equal(all, 4);
    assert.deepEqual(documents.map(({ index }) => index), [0, 3]);
    assert.deepEqual(broken.map(({ index }) => index), [2]);
  });

  test("places what a parser read where it stands in the whole text", async () => {
    const text = "a: b\n---\nc: &d e\nf: *d\n";
    const { documents } = await readStream(text, { wanted: () => true });
    const [c, f] = documents[1]!.root.children!;
    assert.equal(text.slice(c!.start, c!.end), "e");
    assert.equal(c!.keyStart, text.indexOf("c:"));
    assert.equal(f!.target, c);
  });

  test("a broken document is named at the place of the mistake", async () => {
    const text = "a: b\n---\nc: [d\ne: f\n";
    const { broken } = await readStream(text, { wanted: () => true });
    assert.equal(broken.length, 1);
    assert.ok(broken[0]!.offset >= text.indexOf("c:") && broken[0]!.offset <= text.length);
    assert.notEqual(broken[0]!.message, "");
  });

  test("directives and document ends are read by a parser", async () => {
    const { documents, broken } = await readStream("%YAML 1.2\n---\na: b\n...\n---\nc: d\n", { wanted: () => true });
    assert.deepEqual(broken, []);
    assert.deepEqual(documents.map(({ index, root }) => [index, root.children![0]!.key]), [[0, "a"], [1, "c"]]);
  });
});
