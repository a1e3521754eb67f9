import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "../../src/model/finding.ts";
import { formats, textOf } from "../../src/report/index.ts";
import { finding, fullReport, PLAIN, reference, report } from "./sample.ts";

const { fix: _, ...withoutFix } = finding();

/** The lines of the block of one finding, without the accounting line. */
function block(over: Partial<Finding>): string[] {
  const out = textOf(formats.pretty(report({ references: [reference("floating")], findings: [{ ...withoutFix, ...over }] }), PLAIN));
  return out.split("\n").slice(0, -2);
}

test("one finding looks as the manual says", () => {
  const out = textOf(formats.pretty(report({ references: [reference("floating"), reference("pinned")], findings: [finding()] }), PLAIN));
  assert.equal(
    out,
    `error[pin-by-digest]: the image can change after review
  --> apps/web/deploy.yaml:23:16
   |
23 |         image: ghcr.io/acme/web:1.4
   |                ^^^^^^^^^^^^^^^^^^^^ tag "1.4" can be moved
   = fix: ghcr.io/acme/web:1.4@sha256:9b1c4a7f0d2e…  (multi-arch index)
   = help: lading explain pin-by-digest
2 references in 1 file: 1 pinned, 1 floating (1 fixable) · online · 0.9 s
`,
  );
});

test("several findings, what was ignored, and what was not judged", () => {
  const out = textOf(formats.pretty(fullReport(), PLAIN));
  assert.equal(
    out,
    `error[pin-by-digest]: the image can change after review
  --> apps/web/deploy.yaml:23:16
   |
23 |         image: ghcr.io/acme/web:1.4
   |                ^^^^^^^^^^^^^^^^^^^^ tag "1.4" can be moved
   = fix: ghcr.io/acme/web:1.4@sha256:9b1c4a7f0d2e…  (multi-arch index)
   = help: lading explain pin-by-digest

warning[pin-by-digest]: the image can change after review
  --> apps/web/deploy.yaml:23:16
   |
23 |         image: ghcr.io/acme/web:1.4
   |                ^^^^^^^^^^^^^^^^^^^^ tag "1.4" can be moved
   = fix: ghcr.io/acme/web:1.4@sha256:9b1c4a7f0d2e…  (multi-arch index)
   = help: write the whole name
   = help: lading explain pin-by-digest
18 references in 7 files: 9 pinned, 2 floating (2 fixable), 1 templated, 1 invalid, 2 cannot be pinned here, 3 ignored · online · 0.9 s
1 rule was not run: digest-exists (offline)
1 Helm template was not judged: render it
2 documents could not be read:
  --> broken.yaml:3:1: a tab indents this line
  --> latin1.yaml: not valid UTF-8
`,
  );
});

test("an unsafe fix says how to get it", () => {
  const fix = { ...finding().fix!, safe: false, note: "" };
  assert.ok(block({ fix }).some((line) => line.endsWith("…  (only with --unsafe-fixes)")));
});

test("nothing found is said, and where was looked", () => {
  assert.equal(textOf(formats.pretty(report({ mode: "offline" }), PLAIN)), "no image references in 12 files · offline · 0.9 s\n");
  assert.match(textOf(formats.pretty(report({ mode: "cache" }), PLAIN)), /from cache/);
});

test("the prefix leads from where the reader stands", () => {
  const out = textOf(formats.pretty(report({ references: [reference("floating")], findings: [finding()] }), { ...PLAIN, prefix: "clusters/" }));
  assert.match(out, /--> clusters\/apps\/web\/deploy\.yaml:23:16/);
});

/** Where the carets must stand: the excerpt, the text underlined, and the two lines as shown. */
const CARETS: readonly (readonly [name: string, excerpt: string, image: string, line: string, carets: string])[] = [
  ["plain", "image: nginx", "nginx", "image: nginx", "       ^^^^^"],
  ["tabs", "\t\timage:\tnginx", "nginx", "        image:    nginx", "                  ^^^^^"],
  ["wide characters in front", "名前: {image: nginx}", "nginx", "名前: {image: nginx}", "              ^^^^^"],
  ["wide characters underlined", "image: 名前", "名前", "image: 名前", "       ^^^^"],
  ["an emoji in front", "🚀 image: nginx", "nginx", "🚀 image: nginx", "          ^^^^^"],
  ["a combining mark", "e\u0301 image: nginx", "nginx", "e\u0301 image: nginx", "         ^^^^^"],
  ["escape sequences", "\u001b[31m image: nginx", "nginx", "\ufffd[31m image: nginx", "             ^^^^^"],
  ["a byte order mark", "\ufeffimage: nginx", "nginx", "image: nginx", "       ^^^^^"],
];

for (const [name, excerpt, image, line, carets] of CARETS)
  test(`carets: ${name}`, () => {
    const column = [...excerpt.replace("\ufeff", "").split(image)[0]!].length + 1;
    const end = column + [...image].length;
    const lines = block({ excerpt, label: "", start: { line: 7, column }, end: { line: 7, column: end } });
    assert.equal(lines[3], `7 | ${line}`);
    assert.equal(lines[4], `  | ${carets}`);
  });

test("a finding over several lines is underlined to the end of the first", () => {
  const lines = block({ excerpt: "image: >-", label: "", start: { line: 7, column: 8 }, end: { line: 9, column: 3 } });
  assert.equal(lines[4], "  |        ^^");
});

test("a finding without width has one caret", () => {
  const lines = block({ excerpt: "image:", label: "here", start: { line: 7, column: 7 }, end: { line: 7, column: 7 } });
  assert.equal(lines[4], "  |       ^ here");
});

test("a very long line is cut around the image", () => {
  const excerpt = `${"x".repeat(1_000_000)} nginx ${"y".repeat(1_000_000)}`;
  const lines = block({ excerpt, label: "", start: { line: 1, column: 1_000_002 }, end: { line: 1, column: 1_000_007 } });
  assert.match(lines[3]!, /^1 \| …x{39} nginx y+…$/);
  assert.equal(lines[3]!.indexOf("nginx"), lines[4]!.indexOf("^^^^^"));
  assert.ok(lines[3]!.length < 200);
});

test("colour is only there when asked for, and nothing else brings escapes", () => {
  const hostile = finding({ message: "\u001b[2Jgone\nx", label: "\u202eevil", file: "a\u001b]0;x\u0007.yaml" });
  const input = report({ references: [reference("floating")], findings: [hostile], unread: [{ file: "\u001b.yaml", kind: "io", why: "\u009b1m" }] });
  for (const name of ["pretty", "concise"] as const) {
    assert.doesNotMatch(textOf(formats[name](input, PLAIN)), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(textOf(formats[name](input, { ...PLAIN, color: true })), /\u001b\[/);
  }
});

test("concise has one line a finding", () => {
  const [first, second, last] = textOf(formats.concise(fullReport(), PLAIN)).split("\n");
  assert.equal(first, "apps/web/deploy.yaml:23:16: error[pin-by-digest] the image can change after review");
  assert.match(second!, /warning\[pin-by-digest\]/);
  assert.match(last!, /^18 references in 7 files/);
});
