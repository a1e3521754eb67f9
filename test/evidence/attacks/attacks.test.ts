/** Each attack is refused, and for its own reason: one that is refused for another one tests nothing. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { CODES } from "../../../src/evidence/codes.ts";
import { judge, outcome } from "./attack.ts";
import { attacks } from "./index.ts";

describe("attacks", () => {
  for (const { name, refused, make } of attacks) {
    test(name, () => {
      const statements = judge(make());
      assert.deepEqual(statements.map(({ verdict }) => outcome(verdict)), [refused], JSON.stringify(statements[0]?.verdict));
      assert.ok(statements.every(({ payload }) => payload === undefined));
    });
  }

  test("each has a name of its own", () => assert.equal(new Set(attacks.map(({ name }) => name)).size, attacks.length));

  test("every code is met by an attack", () => {
    // These two are about more than one statement, or about what the library lets nobody hand in: see verify.test.ts.
    const met = new Set<string>([...attacks.map(({ refused }) => refused), "truncated", "log-unproved"]);
    assert.deepEqual(Object.keys(CODES).filter((code) => !met.has(code)), []);
  });

  test("every code has a sentence, and a row in docs/signatures.md", () => {
    const rows = readFileSync(new URL("../../../docs/signatures.md", import.meta.url), "utf8").match(/^\| `.*$/gm);
    assert.deepEqual(rows, Object.entries(CODES).map(([code, { is, says }]) => `| \`${code}\` | ${is} | ${says} |`));
  });
});
