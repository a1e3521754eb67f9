import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Slot } from "../../src/model/site.ts";
import { fill } from "../../src/rewrite/fill.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as const;
const WANTED = { name: "ghcr.io/acme/web", tag: "1.4", digest: DIGEST };

const slot = (spells: Slot["spells"], more: Partial<Slot> = {}): Slot => ({ span: { start: 3, end: 5 }, spells, ...more });

describe("fill", () => {
  const SPELLINGS: Readonly<Record<Slot["spells"], string>> = {
    reference: `ghcr.io/acme/web:1.4@${DIGEST}`,
    digest: DIGEST,
    "digest-hex": "a".repeat(64),
    "tag@digest": `1.4@${DIGEST}`,
    tag: "1.4",
    "tag-and-digest": `1.4${DIGEST}`,
    "tag-and-hex": `1.4${"a".repeat(64)}`,
    nothing: "",
  };
  for (const [spells, text] of Object.entries(SPELLINGS)) {
    test(`writes the ${spells}`, () => {
      assert.deepEqual(fill([slot(spells as Slot["spells"])], WANTED), [{ span: { start: 3, end: 5 }, text }]);
    });
  }

  test("puts the slot's own text before and behind", () => {
    assert.equal(fill([slot("digest", { before: ', "digest": "', after: '"' })], WANTED)[0]!.text, `, "digest": "${DIGEST}"`);
  });

  test("puts two fields into one place", () => {
    const both = slot("tag-and-digest", { before: '\n  tag: "', between: '"\n  digest: ' });
    assert.equal(fill([both], WANTED)[0]!.text, `\n  tag: "1.4"\n  digest: ${DIGEST}`);
  });

  test("what the reference lacks is left out", () => {
    const bare = { name: "nginx" };
    assert.deepEqual(fill([slot("reference"), slot("digest"), slot("digest-hex"), slot("tag@digest")], bare).map(({ text }) => text), ["nginx", "", "", ""]);
    assert.equal(fill([slot("tag@digest")], { name: "nginx", tag: "1" })[0]!.text, "1");
    assert.equal(fill([slot("reference")], { name: "nginx", digest: DIGEST })[0]!.text, `nginx@${DIGEST}`);
  });

  test("one edit for each slot, in order", () => {
    assert.deepEqual(fill([slot("digest", { span: { start: 9, end: 9 } }), slot("reference")], WANTED).map(({ span }) => span.start), [9, 3]);
  });
});
