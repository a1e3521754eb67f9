/** That the bench of mutants repeats what it does, and sees what it looks for. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fewest, minimal } from "../../bench/mutants/minimise.ts";
import { mutate, toBytes } from "../../bench/mutants/mutate.ts";
import { Random } from "../../bench/mutants/random.ts";
import { NOTHING, sum, Tallies } from "../../bench/mutants/tally.ts";
import { attempt, bytesOutside, type Input } from "../../bench/mutants/trial.ts";
import type { SourceFile } from "../../src/model/site.ts";
import { roleOf } from "../../src/surfaces/roles.ts";

const TEXT = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27\n";
const input = (text: string, more: Partial<Input> = {}): Input => ({ path: "pod.yaml", chart: false, role: roleOf("pod.yaml", new Set(), false), bytes: Buffer.from(text), ...more });
const mutant = (index: number): Buffer => {
  const random = new Random(7, index);
  return toBytes(mutate(TEXT, random, () => "other: text\n"), random);
};

describe("mutants", () => {
  test("are the same for the same seed and number", () => {
    for (let index = 0; index < 200; index++) assert.ok(mutant(index).equals(mutant(index)));
  });
  test("are seldom the same for another number", () => {
    assert.ok(new Set(Array.from({ length: 500 }, (_, index) => mutant(index).toString("latin1"))).size > 400);
  });
  test("come in UTF-16, with a byte order mark, with carriage returns, nested and cut", () => {
    const all = Array.from({ length: 2000 }, (_, index) => mutant(index));
    for (const seen of [
      (bytes: Buffer) => bytes[0] === 0xff && bytes[1] === 0xfe, (bytes: Buffer) => bytes[0] === 0xfe && bytes[1] === 0xff, (bytes: Buffer) => bytes[0] === 0xef,
      (bytes: Buffer) => bytes.includes("\r\n"), (bytes: Buffer) => bytes.includes("ConfigMap"), (bytes: Buffer) => bytes.length > 0 && bytes.length < 20, (bytes: Buffer) => bytes.includes("other: text"),
    ]) assert.ok(all.some(seen), String(seen));
  });
  test("of an empty text are made as well", () => {
    for (let index = 0; index < 300; index++) mutate("", new Random(1, index), () => "");
  });
});

describe("a trial", () => {
  test("finds and writes what is wanted", async () => {
    const outcome = await attempt(input(TEXT, { wanted: ["nginx:1.27"] }), true);
    assert.deepEqual({ ...outcome, milliseconds: 0 }, { sites: 1, edits: 1, milliseconds: 0 });
  });
  test("names a reference that is not found", async () => {
    assert.match((await attempt(input(TEXT, { wanted: ["redis:7"] }), true)).failure!, /redis:7 was not found/);
  });
  test("names a crash", async () => {
    assert.match((await attempt(input(TEXT, { role: undefined as never }), false)).failure!, /crashed: TypeError/);
  });
  test("names what takes too long", async () => {
    assert.match((await attempt(input(TEXT), false, -1)).failure!, /took \d+ ms/);
  });
  test("tells a refusal from a failure, unless the input is known to be right", async () => {
    // YAML ends a line here, and what reads the change back does not.
    const text = TEXT.replaceAll("\n", "\r");
    assert.match((await attempt(input(text), true)).refused!, /lone carriage returns/);
    assert.match((await attempt(input(text, { wanted: ["nginx:1.27"] }), true)).failure!, /refused/);
  });
  test("passes over bytes that are no text", async () => {
    assert.deepEqual({ ...(await attempt(input("", { bytes: Buffer.from([0x61, 0xff, 0x00]) }), true)), milliseconds: 0 }, { sites: 0, edits: 0, milliseconds: 0 });
  });
});

describe("bytes outside of edits", () => {
  const source: SourceFile = { path: "a", text: "é: a # 😀\nb: c\n", encoding: "utf-8" };
  const edits = [{ span: { start: 13, end: 14 }, text: "d" }];
  const differs = (after: string, encoding: SourceFile["encoding"] = "utf-8"): string | undefined => {
    const bytes = (text: string): Buffer => Buffer.from(text, encoding === "utf-8" ? "utf8" : "utf16le");
    return bytesOutside(bytes(source.text), bytes(after), { ...source, encoding }, edits);
  };
  test("are equal when only the span is another", () => {
    assert.equal(source.text.slice(13, 14), "c");
    assert.equal(differs("é: a # 😀\nb: d\n"), undefined);
    assert.equal(differs("é: a # 😀\nb: d\n", "utf-16le"), undefined);
  });
  test("are named when one in front, behind, more or less is another", () => {
    for (const after of ["e: a # 😀\nb: d\n", "é: a # 😀\nb: d\r\n", "é: a # 😀\nb: d", "é: a # 😀\n b: d\n", "é: a # 😁\nb: d\n"]) assert.match(differs(after)!, /bytes/, after);
  });
});

describe("a failing input", () => {
  test("is made as small as the failure allows", async () => {
    const tried = async (parts: readonly string[]): Promise<boolean> => parts.includes("c") && parts.includes("g");
    assert.deepEqual(await fewest([..."abcdefgh"], tried), ["c", "g"]);
    assert.deepEqual(await fewest(["c", "g"], tried), ["c", "g"]);
  });
  test("stays as it is when it does not fail alone", async () => {
    assert.equal((await minimal(input(TEXT), "crashed: Error")).toString(), TEXT);
  });
});

describe("a tally", () => {
  test("adds up, keeps the slowest, and counts alike reasons as one", () => {
    const tallies = new Tallies();
    tallies.add(1, { sites: 2, edits: 1, milliseconds: 5 }, true);
    tallies.add(2, { sites: 1, edits: 1, milliseconds: 9, refused: "line 4 would read a, not b" }, false);
    tallies.add(3, { sites: 1, edits: 1, milliseconds: 1, refused: "line 5 would read c, not d" }, false);
    const tally = tallies.take();
    assert.deepEqual([tally.inputs, tally.sites, tally.edits, tally.proved, tally.slowest], [3, 4, 1, 1, { index: 2, milliseconds: 9 }]);
    assert.deepEqual([...tally.refused.values()], [{ times: 2, index: 2 }]);
    assert.deepEqual(tallies.take(), NOTHING);
    assert.equal(sum(tally, tally).inputs, 6);
  });
});
