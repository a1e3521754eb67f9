import assert from "node:assert/strict";
import { test } from "node:test";
import { LadingError } from "../../src/model/errors.ts";
import type { Report, Summary } from "../../src/model/report.ts";
import { FORMAT_NAMES, formats, textOf } from "../../src/report/index.ts";
import { fullReport, PLAIN } from "./sample.ts";

/** What only formats that print every reference can tell. */
const LISTING = ["json", "jsonl"] as const;

const tampered: readonly (readonly [name: string, change: (summary: Summary) => Partial<Summary>, listing?: "listing"])[] = [
  ["references", ({ references }) => ({ references: references + 1 })],
  ["a state", ({ states }) => ({ states: { ...states, floating: states.floating - 1 } })],
  ["two states that cancel out", ({ states }) => ({ states: { ...states, floating: states.floating - 1, pinned: states.pinned + 1 } }), "listing"],
  ["ignored", ({ ignored }) => ({ ignored: ignored + 1 })],
  ["files", ({ filesWithReferences }) => ({ filesWithReferences: filesWithReferences - 1 }), "listing"],
  ["findings", ({ findings }) => ({ findings: { ...findings, error: 0 } })],
  ["ignored findings", ({ findings }) => ({ findings: { ...findings, ignored: 0 } })],
  ["templates", () => ({ templates: 0 })],
  ["unreadable", () => ({ unreadable: 0 })],
  ["more fixable than floating", () => ({ fixable: 99 })],
];

for (const [name, change, listing] of tampered)
  test(`no format prints a report that does not add up: ${name}`, () => {
    const report: Report = fullReport();
    const wrong = { ...report, summary: { ...report.summary, ...change(report.summary) } };
    for (const format of listing ? LISTING : FORMAT_NAMES)
      assert.throws(() => formats[format](wrong, PLAIN), (error) => error instanceof LadingError && error.kind === "internal", format);
  });

test("the classes on the accounting line add up to the references", () => {
  const line = textOf(formats.concise(fullReport(), PLAIN)).split("\n").find((text) => text.includes(" · "))!;
  const [total, ...classes] = [...line.replace(/ in \d+ files/, "").replace(/\([^)]*\)/g, "").split(" · ")[0]!.matchAll(/\d+/g)].map(Number);
  assert.equal(classes.reduce((sum, number) => sum + number, 0), total);
});
