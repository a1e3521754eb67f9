import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Baseline, formatBaseline, makeBaseline, parseBaseline, pruneBaseline, readBaseline } from "../../src/files/baseline.ts";
import { writeAtomically } from "../../src/files/write.ts";
import { LadingError } from "../../src/model/errors.ts";
import type { Finding } from "../../src/model/finding.ts";

const print = (character: string): string => character.repeat(32);

function finding(fingerprint: string, over: Partial<Finding> = {}): Finding {
  const place = { line: 1, column: 1 };
  return { rule: "pin-by-digest", severity: "error", message: "m", label: "", file: "a.yaml", start: place, end: place, excerpt: "", image: "nginx", fingerprint, ...over };
}

test("goes through a file and comes back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lading-baseline-"));
  try {
    const path = join(folder, "baseline.json");
    const baseline = makeBaseline([finding(print("b"), { file: "b.yaml" }), finding(`${print("a")}:2`), finding(print("a"))]);
    await writeAtomically(path, Buffer.from(formatBaseline(baseline)), "absent");
    assert.deepEqual(await readBaseline(path), baseline);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("is sorted, without repetition, one entry a line", () => {
  const { image: _, ...bare } = finding(print("c"), { file: "a.yaml", rule: "a-rule" });
  assert.equal(
    formatBaseline(makeBaseline([finding(print("b")), bare, finding(print("a")), finding(print("a"))])),
    `{
  "version": 1,
  "findings": [
    {"fingerprint":"${print("c")}","rule":"a-rule","file":"a.yaml"},
    {"fingerprint":"${print("a")}","rule":"pin-by-digest","file":"a.yaml","image":"nginx"},
    {"fingerprint":"${print("b")}","rule":"pin-by-digest","file":"a.yaml","image":"nginx"}
  ]
}
`,
  );
  assert.deepEqual(parseBaseline(formatBaseline({ version: 1, findings: [] }), "b.json"), { version: 1, findings: [] });
});

test("keeps what it had, and leaves out what is ignored for a better reason", () => {
  const findings = [
    finding(print("a"), { ignored: { by: "baseline", reason: "" } }),
    finding(print("b"), { ignored: { by: "comment", reason: "because" } }),
  ];
  assert.deepEqual(makeBaseline(findings).findings.map(({ fingerprint }) => fingerprint), [print("a")]);
});

test("pruning drops what is gone and keeps what was not judged", () => {
  const entry = (letter: string, rule = "pin-by-digest", file = "a.yaml") => ({ fingerprint: print(letter), rule, file });
  const baseline: Baseline = {
    version: 1,
    findings: [entry("a"), entry("b"), entry("c", "digest-exists"), entry("d", "pin-by-digest", "broken.yaml"), entry("e", "pin-by-digest", "elsewhere/x.yaml")],
  };
  const report = {
    findings: [finding(print("a"))],
    unread: [{ file: "broken.yaml", kind: "syntax", why: "" } as const],
    rules: { ran: ["pin-by-digest"], skipped: [] },
  };
  const { kept, removed } = pruneBaseline(baseline, report, (file) => !file.startsWith("elsewhere/"));
  assert.deepEqual(removed, [entry("b")]);
  assert.deepEqual(kept.findings.map(({ fingerprint }) => fingerprint[0]).sort(), ["a", "c", "d", "e"]);
});

for (const text of ["", "[]", "{", '{"version":2,"findings":[]}', '{"version":1}', '{"version":1,"findings":[{"fingerprint":"x","rule":"r","file":"f"}]}', '{"version":1,"findings":[],"more":1}'])
  test(`is refused: ${text}`, () => {
    assert.throws(() => parseBaseline(text, "my-baseline.json"), (error) => error instanceof LadingError && error.kind === "policy" && error.message.includes("my-baseline.json"));
  });

test("a missing file is an error with its name", async () => {
  await assert.rejects(readBaseline("/nowhere/baseline.json"), /baseline \/nowhere\/baseline\.json cannot be read/);
});
