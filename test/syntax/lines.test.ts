import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lines } from "../../src/syntax/lines.ts";

describe("lines", () => {
  test("both count from one", () => {
    const lines = new Lines("ab\ncd\n");
    assert.deepEqual(lines.at(0), { line: 1, column: 1 });
    assert.deepEqual(lines.at(1), { line: 1, column: 2 });
    assert.deepEqual(lines.at(3), { line: 2, column: 1 });
  });

  test("a line break belongs to the line that it ends", () => {
    assert.deepEqual(new Lines("ab\ncd").at(2), { line: 1, column: 3 });
  });

  test("the end of the text has a place", () => {
    assert.deepEqual(new Lines("ab\n").at(3), { line: 2, column: 1 });
    assert.deepEqual(new Lines("").at(0), { line: 1, column: 1 });
  });

  test("columns count code points, not code units", () => {
    const text = "\u{1f600}\u{1f600}: a";
    assert.deepEqual(new Lines(text).at(text.indexOf("a")), { line: 1, column: 5 });
  });

  test("a byte order mark counts as nothing, at the beginning of the file alone", () => {
    assert.deepEqual(new Lines("\ufeffab").at(1), { line: 1, column: 1 });
    assert.deepEqual(new Lines("\ufeffab").at(2), { line: 1, column: 2 });
    assert.deepEqual(new Lines("a\n\ufeffb").at(3), { line: 2, column: 2 });
  });

  test("CRLF is one line break; its carriage return is no part of the line's text", () => {
    const lines = new Lines("ab\r\ncd\r\n");
    assert.deepEqual(lines.at(4), { line: 2, column: 1 });
    assert.equal(lines.line(1), "ab");
    assert.equal(lines.line(2), "cd");
  });

  test("gives the text of a line without its break or byte order mark", () => {
    const lines = new Lines("\ufeffab\ncd");
    assert.equal(lines.line(1), "ab");
    assert.equal(lines.line(2), "cd");
    assert.equal(lines.line(3), "");
    assert.equal(lines.count, 2);
  });

  test("finds the line in a long text", () => {
    const text = "x\n".repeat(10_000);
    assert.deepEqual(new Lines(text).at(2 * 7654), { line: 7655, column: 1 });
  });
});
