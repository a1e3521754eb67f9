import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { splice } from "../../src/rewrite/splice.ts";

const edit = (start: number, end: number, text: string) => ({ span: { start, end }, text });

describe("splice", () => {
  test("replaces, inserts, removes", () => {
    assert.equal(splice("abcdef", [edit(1, 3, "X")]), "aXdef");
    assert.equal(splice("abcdef", [edit(2, 2, "X")]), "abXcdef");
    assert.equal(splice("abcdef", [edit(0, 6, "")]), "");
    assert.equal(splice("abcdef", [edit(6, 6, "X")]), "abcdefX");
  });

  test("applies several edits whatever their order", () => {
    assert.equal(splice("abcdef", [edit(4, 5, "Y"), edit(0, 1, "X")]), "XbcdYf");
  });

  test("no edit is no change", () => assert.equal(splice("abc", []), "abc"));

  test("neighbours do not overlap", () => {
    assert.equal(splice("abcdef", [edit(0, 2, "X"), edit(2, 4, "Y")]), "XYef");
    assert.equal(splice("abcdef", [edit(2, 4, "Y"), edit(2, 2, "X")]), "abXYef");
  });

  test("refuses overlaps and spans outside of the text", () => {
    const wrong = [[edit(0, 3, "X"), edit(2, 4, "Y")], [edit(1, 1, "X"), edit(0, 3, "Y")], [edit(0, 2, "X"), edit(0, 2, "Y")], [edit(2, 1, "X")], [edit(0, 7, "X")], [edit(-1, 1, "X")]];
    for (const edits of wrong) assert.throws(() => splice("abcdef", edits), JSON.stringify(edits));
  });

  test("refuses two texts for one empty place: one of them is wrong", () => {
    assert.throws(() => splice("a: \n", [edit(3, 3, "x"), edit(3, 3, "y")]));
  });

  test("everything outside of the spans stays, at any cut", () => {
    const cuts = fc.array(fc.nat(60), { minLength: 0, maxLength: 8 }).map((points) => [...new Set(points)].sort((a, b) => a - b));
    fc.assert(fc.property(fc.string({ minLength: 60, maxLength: 80, unit: "grapheme" }), cuts, (text, points) => {
      const edits = [];
      for (let i = 0; i + 1 < points.length; i += 2) edits.push(edit(points[i]!, points[i + 1]!, `<${i}>`));
      const kept: string[] = [];
      let from = 0;
      for (const { span } of edits) {
        kept.push(text.slice(from, span.start));
        from = span.end;
      }
      kept.push(text.slice(from));
      assert.deepEqual(splice(text, edits).split(/<\d+>/).join("|"), kept.join("|"));
    }), { seed: 1, numRuns: 200 });
  });
});
