/** What a tree says about a text: decoded scalars, keys, merges, aliases. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseDocument } from "yaml";
import { readStream } from "../../src/syntax/read.ts";
import { contentSpan, follow, get, getText, isNull, type Node, scalarText } from "../../src/syntax/tree.ts";

async function read(text: string): Promise<Node> {
  const { documents } = await readStream(text, { wanted: () => true });
  assert.equal(documents.length, 1, "one document");
  return documents[0]!.root;
}

/** The text of the value of `k`. */
async function value(scalar: string): Promise<string> {
  const text = `k: ${scalar}`;
  const root = await read(text);
  return getText(text, root, "k")!;
}

describe("the text of a scalar", () => {
  const ONE_LINE = [
    "plain", "1.10", "'single'", "'it''s'", '"double"', '"a\\x41\\u0042\\U00000043"', '"\\n\\t\\r\\a\\b\\e\\f\\v\\0"', '"\\N\\_\\L\\P"', '"\\" \\\\ \\/ \\ "',
    '"\\uD83D\\uDE00"', '"nginx\\u003a1.27"', "a # no comment", "a#b", '"#"', "':'", '"it\'s"', "'say \"x\"'",
  ];
  for (const scalar of ONE_LINE) {
    test(`${scalar} reads as yaml reads it`, async () => {
      assert.equal(await value(scalar), parseDocument(`k: ${scalar}`, { schema: "failsafe" }).get("k"));
    });
  }

  test("lines of plain and quoted scalars fold to one space", async () => {
    assert.equal(await value("a\n  b"), "a b");
    assert.equal(await value("'a\n  b'"), "a b");
    assert.equal(await value('"a\r\n   b"'), "a b");
  });

  test("an escaped line break joins without a space", async () => {
    assert.equal(await value('"nginx:\\\n  1.27"'), "nginx:1.27");
    assert.equal(await value('"nginx:\\\r\n  1.27"'), "nginx:1.27");
  });

  test("block scalars lose their indentation and last line break", async () => {
    assert.equal(await value("|\n  nginx:1.27\n"), "nginx:1.27");
    assert.equal(await value(">-\n    nginx:1.27\n"), "nginx:1.27");
    assert.equal(await value("|+\n  nginx:1.27\n\n\n"), "nginx:1.27");
    assert.equal(await value("|\n  a\n  b\n"), "a\nb");
    assert.equal(await value(">\n  a\n  b\n"), "a b");
  });

  test("a number too large for a code point stays as it is written", async () => {
    const text = String.raw`k: "\UFFFFFFFF"`;
    const root = await read(text).catch(() => undefined);
    if (root) assert.equal(getText(text, root, "k"), String.raw`\UFFFFFFFF`);
  });
});

describe("the place of a scalar's content", () => {
  const SCALARS: readonly (readonly [text: string, content: string])[] = [
    ["k: nginx:1.27  # c\n", "nginx:1.27"],
    ["k: 'nginx:1.27'\n", "nginx:1.27"],
    ['k: "nginx:1.27"\n', "nginx:1.27"],
    ["k: |\n  nginx:1.27\n", "nginx:1.27"],
    ["k: >-\r\n  nginx:1.27\r\nl: m\r\n", "nginx:1.27"],
    ["k: |+\n\n  nginx:1.27\n\n\nl: m\n", "nginx:1.27"],
    ["k: |2-\n    nginx:1.27   \n", "nginx:1.27"],
    ["k: &a !!str nginx:1.27\n", "nginx:1.27"],
    ["k:\n  nginx:1.27\n", "nginx:1.27"],
    ['{"k":"nginx:1.27"}', "nginx:1.27"],
  ];
  for (const [text, content] of SCALARS) {
    test(JSON.stringify(text), async () => {
      const { start, end } = contentSpan(text, get(await read(text), "k")!);
      assert.equal(text.slice(start, end), content);
    });
  }
});

describe("nothing", () => {
  test("empty, ~ and null are nothing; quoted they are text", async () => {
    const text = "a:\nb: ~\nc: null\nd: NULL\ne: Null\nf: ''\ng: 'null'\nh: nil\ni: \"~\"\nj: []\n";
    const root = await read(text);
    const nothing = root.children!.filter((child) => isNull(text, child)).map(({ key }) => key);
    assert.deepEqual(nothing, ["a", "b", "c", "d", "e"]);
  });
});

describe("keys", () => {
  test("a quoted key is the same key", async () => {
    const text = "\"image\": a\n'tag' : b\n";
    const root = await read(text);
    assert.equal(getText(text, root, "image"), "a");
    assert.equal(getText(text, root, "tag"), "b");
  });

  test("a collection is no text, and an absent key is nothing", async () => {
    const text = "a: {b: c}\n";
    const root = await read(text);
    assert.equal(getText(text, root, "a"), undefined);
    assert.equal(get(root, "z"), undefined);
    assert.equal(get(undefined, "a"), undefined);
    assert.equal(getText(text, get(root, "a"), "b"), "c");
  });
});

describe("merges and aliases", () => {
  test("an alias is what it names", async () => {
    const text = "a: &x {b: c}\nd: *x\n";
    assert.equal(getText(text, get(await read(text), "d"), "b"), "c");
  });

  test("a merge gives what the map itself lacks", async () => {
    const text = "a: &x {b: c, d: e}\nf:\n  <<: *x\n  b: own\n";
    const map = get(await read(text), "f");
    assert.equal(getText(text, map, "b"), "own");
    assert.equal(getText(text, map, "d"), "e");
  });

  test("of several merges the first wins", async () => {
    const text = "a: &x {k: first}\nb: &y {k: second, l: only}\nc:\n  <<: [*x, *y]\n";
    const map = get(await read(text), "c");
    assert.equal(getText(text, map, "k"), "first");
    assert.equal(getText(text, map, "l"), "only");
  });

  test("merges of merges are looked through", async () => {
    const text = "a: &x {k: v}\nb: &y\n  <<: *x\nc:\n  <<: *y\n";
    assert.equal(getText(text, get(await read(text), "c"), "k"), "v");
  });

  test("an alias that holds itself ends", async () => {
    const text = "a: &x\n  <<: *x\n  b: *x\n";
    const { documents } = await readStream(text, { wanted: () => true });
    for (const { root } of documents) assert.equal(get(get(root, "a"), "absent"), undefined);
  });

  test("a chain of merges that doubles each time ends soon", async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1}\n  <<: [*l${i}, *l${i}]\n`);
    const text = `l0: &l0 {k: v}\n${levels.join("")}`;
    const root = await read(text);
    const began = performance.now();
    assert.equal(getText(text, get(root, "l3"), "k"), "v");
    get(get(root, "l30"), "absent");
    assert.ok(performance.now() - began < 1000);
  });

  test("an alias to nothing is nothing, or no YAML", async () => {
    const { documents } = await readStream("a: *x\n", { wanted: () => true });
    for (const { root } of documents) assert.equal(follow(root.children![0]), undefined);
  });

  test("anchors and tags are marked", async () => {
    const text = "a: &x b\nc: !!str d\ne: f\n";
    for (const reader of ["fast", "full"] as const) {
      const { documents } = await readStream(text, { wanted: () => true, reader });
      const [a, c, e] = documents[0]!.root.children!;
      assert.deepEqual([a!.anchored, c!.tagged, e!.anchored, e!.tagged], [true, true, false, false], reader);
      assert.equal(scalarText(text, a!), "b");
    }
  });
});
