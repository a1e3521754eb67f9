/**
 * The fast reader's admission: what it accepts, it reads as two whole YAML parsers do, place by place.
 * docs/decisions/0003-three-readers.md says why there are three.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Cut } from "../../src/syntax/stream.ts";
import { readStream } from "../../src/syntax/read.ts";
import { decode } from "../../src/files/load.ts";
import { cases } from "../surfaces/fixture.ts";
import { decoded, difference, events, fast, full, outline, pieces } from "./compare.ts";
import { mutate, random } from "./mutate.ts";

/** What the fast reader has to read itself: manifests as people write them. */
const READ: Readonly<Record<string, string>> = {
  "a mapping": "a: b\nc: d\n",
  "zero-indented sequences": "a:\n- b\n- c: d\n  e: f\ng:\n- h\n",
  "indented sequences": "a:\n  - b\n  -   c: d\n      e: f\n",
  "compact nested sequences": "- - a\n  - - b\n    - c\n- d\n",
  "a dash alone": "-\n  a: b\n-\n- c\n-\n  - d\n",
  "dashes alone in a row": "- -\n  - a\n- - -\n",
  "comments everywhere": "# top\na: # one\n  # two\n  b: c # three\n\n# four\n  d: e\n  #five\n# six\nf: # seven\n# eight\n- g # nine\n# ten\n- h\n#\n",
  "no comment without a space": "a: b#c\nd: 'e'\nf: #g\nh: i #\n",
  "blank lines": "\n\na:\n\n\n  b: c\n   \n\nd: e\n\n",
  "no line break at the end": "a: b",
  "a comment at the end": "a: b\n# end",
  "CRLF": "a:\r\n  b: c # d\r\n\r\n  e: |\r\n    f\r\n    g\r\n  h: 'i'\r\n",
  "mixed line ends": "a: b\r\nc: d\ne:\r\n- f\n- g\r\n",
  "a byte order mark": "\ufeffa: b\nc: d\n",
  "quoted keys": "\"a\": b\n'c d': e\n\"f:g\": h\n\"i\" : j\n",
  "keys with spaces and signs": "a b: c\nd.e/f: g\n-h: i\n?j: k\nl : m\n",
  "quoted values": "a: \"b: c # d\"\ne: 'f: g # h'\ni: \"\"\nj: ''\nk: \"l \\\" m\\n\"\nn: 'o''p'\n",
  "colons in values": "a: http://b:80/c\nd: e:f\ng: :h\ni: j:\n  k\n".replace("i: j:\n  k\n", ""),
  "values that look like something else": "a: -b\nc: ?d\ne: 1.10\nf: 0x1\ng: 2024-01-01\nh: ~\ni: null\nj: yes\n",
  "empty values": "a:\nb:\n\nc: # d\ne:\n- f:\n- g:\n  h:\n",
  "a flow map": "a: {b: c, \"d\": 'e', f: {g: h}, i: [j], k: }\n".replace(", k: }", "}"),
  "flow over several lines": "a: {\n  b: c,\n  e: [\n    f, 'g',\n  ],\n  }\nh: [\n ]\n",
  "flow in a sequence": "- {a: b}\n- [c, d]\n- []\n- {}\n- [[], {e: []}]\n",
  "a root in flow style": "{a: b, c: [d]}\n",
  "JSON": '{\n\t"a": [1, 2.5e3, true, null],\n\t"b": {"c": "d\\u0041"}, "e": "",\n\t"f": []\n}\n',
  "JSON on one line": '[{"a":"b","c":["d"]},{"e":"f"}]',
  "a literal": "a: |\n  b\n   c\n\n  d\ne: f\n",
  "a folded scalar": "a: >\n  b\n  c\n\n  d\ne: f\n",
  "chomping": "a: |-\n  b\nc: |+\n  d\n\n\ne: >-\n  f\n\ng: >+\n  h\n\n",
  "blank lines before a block's content": "a: |\n\n  b\nc: >-\n\n\n    d\ne: f\n",
  "empty blocks": "a: |\nb: >-\n\nc: |+\nd: e\n",
  "blocks with comments at their heads": "a: | # b\n  c # d\ne: >- #f\n  # g\n  h\n",
  "blocks in sequences": "- |\n  a\n-  >-\n   b\n- c: |\n    d\n  e: f\n",
  "a block at the end": "a: |\n  b\n  c",
  "text in a block that looks like YAML": "a: |\n  b: c\n  - d\n  # e\n  {{ f }}\n  -- \ng: h\n",
  "tabs after values": "a: |\n  b\tc\nd: {e:\tf}\n".replace("d: {e:\tf}\n", ""),
  "templates in quotes": "a: \"{{ .Values.b }}\"\nc: '{{ d }}'\n",
  "a template without quotes": "a: {{ .Values.b }}\n".replace("{{ .Values.b }}", "x-{{ .Values.b }}"),
  "a template that is a value": "a: {{ .Values.b }}\nc:\n- {{ d | quote }} # e\n- {{f}}\n- f: {{  g \"h\"  }}\n  i: j\n",
  "plain scalars over several lines": "a: b\n  c\n\n   d\ne:\n- f g\n  - h\n- i # j\n- k\n   l # m\nn: o\r\n  p\r\n\r\nq: r\n  ? s\n  [t\n",
  "values that begin below their key": "a:\n  b\n  c\nd:\n  \"e\n  f\" # g\nh:\n- \n  i\n- \n  [j,\n k]\nl:\n  {m: n}\no:\n  {{ p }}\nq:\n  |-\n   r\nt:\n- >\n u\n",
  "two equal keys": "a: b\na: c\n",
  "a scalar alone": "\"a b\"\n".replace('"a b"\n', "- a b\n"),
  "merges that are only text": "a:\n  \"<<\": b\n",
  "astral characters": "a: \u{1f600} # \u{1f600}\n\u{1f600}: \"\u{1f600}\"\n",
};

/** Read by libyaml, and with it by Kubernetes, and refused by YAML 1.2. */
const WIDER: Readonly<Record<string, string>> = {
  "quoted lines left of their parent": "a:\n  b: \"c\nd\"\n  e: 'f\n\n g'\n",
  "flow lines left of their parent": "a:\n  b: [\nc,\nd]\n  e: {\nf: g}\n",
};

/** What the fast reader leaves to a parser. */
const LEFT: Readonly<Record<string, string>> = {
  anchors: "a: &b c\nd: *b\n",
  "anchored maps and merges": "a: &b\n  c: d\ne:\n  <<: *b\n  f: g\n",
  "merge lists": "a: &a {x: y}\nb: &b {z: w}\nc:\n  <<: [*a, *b]\n",
  tags: "a: !!str 1.10\nb: !custom {c: d}\n",
  tabs: "a:\tb\n",
  "explicit keys": "? a\n: b\n",
  "indentation indicators": "a: |2-\n  b\n",
  "comments in flow collections": "a: {\n  b: c,   # d\n  e: [f] # g\n}\n",
  "escaped keys": '"a\\u0062": c\n',
  "flow pairs": "a: [b: c]\n",
  "flow keys without values": "a: {c: d, b: }\n",
  "content on the marker line": "--- {a: b}\n",
};

describe("the fast reader", () => {
  for (const [name, text] of Object.entries(READ)) {
    test(`reads ${name} as the parsers do`, async () => {
      for (const [i, piece] of pieces(text).entries()) {
        const root = fast(text, piece);
        assert.ok(root, "the fast reader left it to a parser");
        const slow = full(text, piece, root);
        assert.equal(slow.is, "strict", `yaml: ${slow.is === "refused" ? slow.why : slow.is}`);
        if (slow.is === "strict") assert.equal(difference(text, root, slow.root), undefined);
        const second = events(text, piece);
        assert.ok(second, "js-yaml refused it");
        assert.equal(difference(text, root, second), undefined);
        assert.equal(typeof decoded(text)[i], "object");
      }
    });
  }

  for (const [name, text] of Object.entries(WIDER)) {
    test(`reads ${name}, as libyaml does`, () => {
      for (const piece of pieces(text)) {
        const root = fast(text, piece);
        assert.ok(root);
        const slow = full(text, piece, root);
        assert.equal(slow.is, "joined");
        if (slow.is === "joined") assert.equal(difference(text, root, slow.root), undefined);
      }
    });
  }

  for (const [name, text] of Object.entries(LEFT)) {
    test(`leaves ${name} to a parser, and the stream reads the same`, async () => {
      for (const piece of pieces(text)) assert.equal(fast(text, piece), undefined);
      const [first, last] = [await read(text, "fast"), await read(text, "full")];
      assert.equal(first.documents.length, last.documents.length);
      assert.ok(first.documents.length > 0);
      for (const [i, { root }] of first.documents.entries()) {
        assert.deepEqual(outline(text, root), outline(text, last.documents[i]!.root));
        if (!text.includes("<<")) assert.deepEqual(outline(text, root), withoutNulls(decoded(text)[i]));
      }
    });
  }

  const ODD: Readonly<Record<string, string>> = {
    "a key over two lines": '{"a\n b": c}\n',
    "a question mark alone in a flow collection": "a: [b, ?]\n",
    "a dash alone in a flow collection": "a: [b, -]\n",
    "a bracket at the left": "a: {\nb: c\n}\nd: [\n]\n",
  };
  for (const [name, text] of Object.entries(ODD)) {
    test(`reads ${name} as a parser does, or leaves it`, () => {
      for (const piece of pieces(text)) {
        const root = fast(text, piece);
        if (!root) continue;
        const slow = full(text, piece, root);
        if (slow.is !== "refused") assert.equal(difference(text, root, slow.root), undefined);
      }
    });
  }

  test("leaves a lone carriage return to a parser: a line break to YAML alone", () => {
    for (const text of ["a: b\rc: d\n", "a: |\n  b\rc\n"]) for (const piece of pieces(text)) assert.equal(fast(text, piece), undefined);
  });

  test("reads deep nesting without overflowing, or leaves it to a parser that says so", async () => {
    for (const text of ["[".repeat(50_000), "- ".repeat(50_000), `${"[".repeat(5000)}${"]".repeat(5000)}`, "{a: ".repeat(20_000)]) {
      const { documents, broken } = await read(text, "fast");
      assert.equal(documents.length + broken.length, 1);
    }
  });
});

/** An empty value is a place for text to us, and null to a schema. */
const withoutNulls = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, one: unknown) => one ?? ""));

const read = (text: string, reader: "fast" | "full") => readStream(text, { wanted: () => true, reader });

const texts = (): string[] => cases().flatMap(({ before, after, expected }) => [before, after].map((bytes) => {
  const source = decode(expected.file, bytes);
  return "why" in source ? "" : source.text;
}));

/** Small enough that a hundred thousand take seconds. */
const seeds = [...new Set([...Object.values(READ), ...Object.values(WIDER), ...Object.values(LEFT), ...texts().filter((text) => text.length < 500)])];
const large = texts().filter((text) => text.length >= 500);

interface Tally {
  documents: number;
  accepted: number;
  refused: number;
  readonly samples: string[];
  readonly differences: string[];
}

function compare(text: string, piece: Cut, tally: Tally): void {
  tally.documents++;
  const root = fast(text, piece);
  if (!root) return;
  tally.accepted++;
  const slow = full(text, piece, root);
  const second = events(text, piece);
  if (slow.is === "refused") {
    tally.refused++;
    if (tally.samples.length < 10) tally.samples.push(`${slow.why}: ${JSON.stringify(text.slice(piece.from, piece.to))}`);
  } else note(difference(text, root, slow.root), "yaml", text, piece, tally);
  if (second) note(difference(text, root, second), "js-yaml", text, piece, tally);
}

function note(found: string | undefined, who: string, text: string, { from, to }: Cut, { differences }: Tally): void {
  if (found !== undefined) differences.push(`${who}: ${found} in ${JSON.stringify(text.slice(from, to))}`);
}

/** The shortest few: a message, not a flood. */
const shortest = (differences: readonly string[]): string => [...differences].sort((a, b) => a.length - b.length).slice(0, 5).join("\n");

describe("a hundred thousand damaged texts", () => {
  const runs = [
    { name: "small ones", from: seeds, seed: 1, count: 100_000 },
    { name: "large ones", from: large, seed: 2, count: 2_000 },
  ];
  for (const { name, from, seed, count } of runs) {
    test(name, () => {
      const next = random(seed);
      const tally: Tally = { documents: 0, accepted: 0, refused: 0, samples: [], differences: [] };
      for (let i = 0; i < count; i++) {
        const text = mutate(from[Math.floor(next() * from.length)]!, next);
        for (const piece of pieces(text)) compare(text, piece, tally);
      }
      assert.equal(tally.differences.length, 0, `${tally.differences.length} texts are read differently, the shortest:\n${shortest(tally.differences)}`);
      // Most of a manifest's damage still is YAML: a reader that gave up on it would prove nothing.
      assert.ok(tally.accepted > tally.documents / 10, `only ${tally.accepted} of ${tally.documents} were accepted`);
      // A scanner is no validator; what it accepts beyond YAML is to stay rare.
      assert.ok(tally.refused < tally.accepted / 50, `${tally.refused} of ${tally.accepted} are no YAML:\n${tally.samples.join("\n")}`);
    });
  }

  test("the stream never crashes, and reads or names every document", async () => {
    const next = random(3);
    for (let i = 0; i < 3000; i++) {
      const text = mutate(seeds[Math.floor(next() * seeds.length)]!, next);
      const { count, documents, broken } = await read(text, "fast");
      assert.equal(documents.length + broken.length, count, JSON.stringify(text));
    }
  });
});
