/** The judge itself: what it must accept, and what it must not. Run by `node --import tsx --test`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyDocuments, verifyText } from "./verify.ts";

const A = `sha256:${"a1".repeat(32)}`;
const B = `sha256:${"ab".repeat(32)}`;

const accepted: readonly (readonly [name: string, before: string, after: string, edits: number])[] = [
  ["nothing changed", "image: nginx\n", "image: nginx\n", 0],
  ["appended digest", "image: nginx:1 # web\n", `image: nginx:1@${A} # web\n`, 1],
  ["inside quotes", `{"image": "nginx:1"}`, `{"image": "nginx:1@${A}"}`, 1],
  ["replaced digest", `image: nginx@${A}\n`, `image: nginx@${B}\n`, 1],
  ["replaced by one that begins alike", `image: nginx@${A}\n`, `image: nginx@${A.slice(0, -1)}0\n`, 1],
  ["new field behind, same indent follows", "- name: a\n  newTag: b\n  newName: c\n", `- name: a\n  newTag: b\n  digest: ${A}\n  newName: c\n`, 1],
  ["new field at the end without a line break", "images:\n- name: a", `images:\n- name: a\n  digest: ${A}`, 1],
  ["new field, CRLF", "a:\r\n  tag: 1\r\n", `a:\r\n  tag: 1\r\n  digest: ${A}\r\n`, 1],
  ["new field before another that is called digest", "tag: 1\ndigests: 2\n", `tag: 1\ndigest: ${A}\ndigests: 2\n`, 1],
  ["flow map", "image: {repository: a, tag: b}\n", `image: {repository: a, tag: b, digest: ${A}}\n`, 1],
  ["empty field filled", `digest: ""\n`, `digest: "${A}"\n`, 1],
  ["two in one file", "image: a\nimage: b\n", `image: a@${A}\nimage: b@${B}\n`, 2],
];

for (const [name, before, after, edits] of accepted)
  test(`accepts ${name}`, () => {
    const verdict = verifyText(before, after);
    assert.ok(verdict.ok, verdict.ok ? "" : verdict.why);
    assert.equal(verdict.edits.length, edits);
    assert.equal(verifyDocuments(before, after), undefined);
  });

const refused: readonly (readonly [name: string, before: string, after: string])[] = [
  ["a lost comment", "image: nginx:1 # web\n", `image: nginx:1@${A}\n`],
  ["a moved tag", "image: nginx:1\n", `image: nginx:2@${A}\n`],
  ["a digest cut short", "image: nginx:1\n", `image: nginx:1@${A.slice(0, -1)}\n`],
  ["a lost digest", `image: nginx:1@${A}\n`, "image: nginx:1\n"],
  ["changed quotes", "image: 'nginx:1'\n", `image: "nginx:1@${A}"\n`],
  ["changed line ends", "a: b\r\nimage: c\r\n", `a: b\nimage: c@${A}\n`],
  ["a lost final line break", "image: nginx:1\n", `image: nginx:1@${A}`],
];

for (const [name, before, after] of refused)
  test(`refuses ${name}`, () => assert.equal(verifyText(before, after).ok, false));

test("a digest that breaks the document is refused by the parser's view", () => {
  assert.notEqual(verifyDocuments("image: nginx\n", `image: nginx ${A}\n`), undefined);
  assert.notEqual(verifyDocuments("images:\n- name: a\n", `images:\n- name: a\ndigest: ${A}\n`), undefined);
});
