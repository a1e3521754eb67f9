/** The comparison with the ground truth can itself be wrong; it is held here. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { categoryOf, compare, isRequired } from "../../bench/accuracy/compare.ts";
import { differencesOf, readArguments, settle } from "../../bench/accuracy/differences.ts";
import type { TruthSite } from "../../bench/tools/corpus.ts";
import type { ReportedReference } from "../../src/model/report.ts";

const truth = (over: Partial<TruthSite> = {}): TruthSite =>
  ({ file: "a/b.yaml", line: 3, column: 10, exact: true, raw: "acme/web:1", path: "$.image", category: "podspec", sub: "core", refClass: "tag", rewrite: "yes", confidence: "high", ...over });
const reported = (over: Partial<ReportedReference> = {}): ReportedReference =>
  ({ file: "a/b.yaml", line: 3, column: 10, raw: "acme/web:1", reference: "acme/web:1", surface: "kubernetes", path: [], resource: {}, confidence: "certain", because: "containers[].image of a PodSpec", state: "floating", pinnable: true, ignored: false, ...over });

describe("the comparison", () => {
  test("finds a site at its place, and nothing beside it", () => {
    const result = compare([truth()], [], [reported(), reported({ column: 11 })]);
    assert.equal(result.found.length, 1);
    assert.deepEqual(result.extra.map(({ column }) => column), [11]);
  });

  test("finds a reference that is the end of its scalar where it begins", () => {
    const arg = truth({ raw: "--x-image=acme/web:1", composed: "acme/web:1", category: "heuristic" });
    const result = compare([arg], [], [reported({ column: 20 })]);
    assert.deepEqual([result.found.length, result.missed.length, result.extra.length, result.disagreements.length], [1, 0, 0, 0]);
  });

  test("takes an image that is only named for what it is, unless it should be pinned", () => {
    const named = reported({ state: "not-run", role: "build-output" });
    assert.equal(compare([truth({ rewrite: "no" })], [], [named]).disagreements.length, 0);
    assert.equal(compare([truth({ rewrite: "yes" })], [], [named]).disagreements.length, 1);
  });

  test("knows decoys", () => {
    const { decoys, extra } = compare([], [{ file: "a/b.yaml", line: 3, column: 10, raw: "x", reason: "status" }], [reported()]);
    assert.deepEqual([decoys.length, extra.length], [1, 0]);
  });

  test("requires what the truth is sure of", () => {
    assert.deepEqual([truth(), truth({ confidence: "medium", category: "heuristic" }), truth({ confidence: "low" }), truth({ category: "patch-json6902" })].map(isRequired), [true, true, false, false]);
  });

  test("puts an extra report into the category of its surface", () => {
    assert.equal(categoryOf(reported()), "podspec");
    assert.equal(categoryOf(reported({ because: "an image beside a container's other keys" })), "crd-known");
    assert.equal(categoryOf(reported({ surface: "guesses" })), "heuristic");
    assert.throws(() => categoryOf(reported({ surface: "attic" })), /does not know the surface attic/);
  });
});

describe("the list of differences", () => {
  const differences = differencesOf(compare([truth(), truth({ line: 9, confidence: "low" })], [], [reported({ line: 7 })]));

  test("wants an argument for each that is missed or extra, and not for what the truth itself guesses", () => {
    assert.deepEqual(differences, [{ kind: "missed", place: "a/b.yaml:3:10" }, { kind: "extra", place: "a/b.yaml:7:10" }]);
    assert.equal(settle(differences, []).open.length, 2);
  });

  test("is settled by arguments, over several lines too", () => {
    const argued = readArguments("# Title\n\n- missed `a/b.yaml:3:10`: the truth has it wrong,\n  as anyone can see\n- extra `a/b.yaml:7:10`: this is an image by its schema\n");
    assert.equal(argued[0]!.argument, "the truth has it wrong, as anyone can see");
    assert.deepEqual(settle(differences, argued), { open: [], stale: [] });
  });

  test("holds nothing that is no more", () => {
    const argued = readArguments("- extra `a/b.yaml:8:10`: this was an image in former times\n");
    assert.deepEqual(settle(differences, argued).stale, argued);
  });

  test("is refused where it argues nothing, or twice", () => {
    assert.throws(() => readArguments("- extra `a:1:1`: so\n"), /no argued difference/);
    assert.throws(() => readArguments("- something else\n"), /no argued difference/);
    const item = "- extra `a:1:1`: this is an image by its schema\n";
    assert.throws(() => readArguments(item + item), /argued twice/);
  });
});
