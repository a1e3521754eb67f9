/** What a guess means to a run: information, in every format, and nothing that is written unasked. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lading, tree } from "./lading.ts";

const FILES = { "a.yaml": "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  webImage: ghcr.io/acme/web:1\n" };

describe("a guess", { concurrency: 4 }, () => {
  test("fails no run by itself, and does where information is asked for", async (t) => {
    const cwd = tree(t, FILES);
    const { code, stdout } = await lading(["check", "--format", "json"], { cwd });
    const { summary, findings, references } = JSON.parse(stdout) as { summary: { findings: object; fixable: number }; findings: { severity: string }[]; references: { confidence: string; surface: string }[] };
    assert.equal(code, 0);
    assert.deepEqual(references.map(({ surface, confidence }) => [surface, confidence]), [["guesses", "guess"]]);
    assert.deepEqual([summary.findings, summary.fixable, findings.map(({ severity }) => severity)], [{ error: 0, warning: 0, info: 1, ignored: 0 }, 0, ["info"]]);
    assert.equal((await lading(["check", "--fail-on", "info"], { cwd })).code, 1);
  });

  test("has the severity that the policy gives the rule", async (t) => {
    const cwd = tree(t, { ...FILES, "lading.yaml": "version: 1\nrules: {pin-by-digest: error}\n" });
    assert.equal((await lading(["check"], { cwd })).code, 1);
  });

  test("is a note in SARIF", async (t) => {
    const { stdout } = await lading(["check", "--format", "sarif"], { cwd: tree(t, FILES) });
    const { runs: [run] } = JSON.parse(stdout) as { runs: { results: { ruleId: string; level: string }[] }[] };
    assert.deepEqual(run!.results.map(({ ruleId, level }) => [ruleId, level]), [["pin-by-digest", "note"]]);
  });

  test("can be accepted in a baseline", async (t) => {
    const cwd = tree(t, FILES);
    assert.equal((await lading(["baseline", "write"], { cwd })).code, 0);
    assert.equal((await lading(["check", "--fail-on", "info"], { cwd })).code, 0);
  });
});
