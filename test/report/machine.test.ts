import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv } from "ajv";
import { formats, textOf } from "../../src/report/index.ts";
import { DIGEST, finding, fullReport, PLAIN, reference, report } from "./sample.ts";

const schema = JSON.parse(readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8")) as object;
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

test("the JSON report is what its schema says", () => {
  for (const input of [fullReport(), report()]) {
    const text = textOf(formats.json(input, PLAIN));
    assert.ok(text.startsWith('{\n  "$schema": "urn:lading:schema:report:1",\n  "version": 1,'));
    const data = JSON.parse(text) as Record<string, unknown>;
    assert.ok(validate(data), JSON.stringify(validate.errors));
    const { $schema: _, ...rest } = data;
    assert.deepEqual(rest, input);
    assert.equal(validate({ ...data, extra: 1 }), false);
    assert.equal(validate({ ...data, version: 2 }), false);
  }
});

test("JSON lines hold every object once and end in the summary", () => {
  const input = fullReport();
  const lines = textOf(formats.jsonl(input, PLAIN)).trimEnd().split("\n").map((line) => JSON.parse(line) as { type: string });
  const number = (type: string): number => lines.filter((line) => line.type === type).length;
  assert.deepEqual(
    { reference: number("reference"), finding: number("finding"), unread: number("unread"), summary: number("summary") },
    { reference: input.references.length, finding: input.findings.length, unread: input.unread.length, summary: 1 },
  );
  const { type, ...summary } = lines.at(-1)!;
  const { references: _r, findings: _f, unread: _u, ...rest } = input;
  assert.equal(type, "summary");
  assert.deepEqual(summary, rest);
});

interface Region { startLine: number; startColumn: number; endLine: number; endColumn: number }
interface Artifact { uri: string; uriBaseId: string }
interface Result {
  ruleId: string;
  ruleIndex: number;
  level: string;
  locations: [{ physicalLocation: { artifactLocation: Artifact; region: Region } }];
  partialFingerprints: Record<string, string>;
  fixes?: { artifactChanges: { artifactLocation: Artifact; replacements: { deletedRegion: Region; insertedContent: { text: string } }[] }[] }[];
  suppressions: { kind: string; justification: string; status: string }[];
}
interface Run {
  tool: { driver: { rules: { id: string; help: { markdown: string }; defaultConfiguration: { level: string } }[] } };
  columnKind: string;
  results: Result[];
  invocations: { executionSuccessful: boolean; toolExecutionNotifications: { message: { text: string } }[] }[];
}

function run(input = fullReport(), options = PLAIN): Run {
  const log = JSON.parse(textOf(formats.sarif(input, options))) as { version: string; runs: [Run] };
  assert.equal(log.version, "2.1.0");
  assert.equal(log.runs.length, 1);
  return log.runs[0];
}

test("SARIF: results, regions, rules and fingerprints", () => {
  const { tool, columnKind, results } = run();
  assert.equal(columnKind, "unicodeCodePoints");
  assert.equal(results.length, 4);
  assert.deepEqual(results[0]!.locations[0].physicalLocation, {
    artifactLocation: { uri: "apps/web/deploy.yaml", uriBaseId: "%SRCROOT%" },
    region: { startLine: 23, startColumn: 16, endLine: 23, endColumn: 36 },
  });
  assert.deepEqual(results.map(({ level }) => level), ["error", "warning", "error", "error"]);
  for (const result of results) {
    assert.equal(tool.driver.rules[result.ruleIndex]!.id, result.ruleId);
    assert.match(result.partialFingerprints["lading/v1"]!, /^[0-9a-f]{32}$/);
  }
  assert.match(tool.driver.rules[0]!.help.markdown, /A tag can be moved/);
  assert.equal(tool.driver.rules[0]!.defaultConfiguration.level, "error");
});

test("SARIF: fixes replace the region, and unsafe ones are left out", () => {
  const unsafe = finding({ fix: { ...finding().fix!, safe: false } });
  const { results } = run(report({ references: [reference("floating")], findings: [finding(), unsafe] }));
  const [change] = results[0]!.fixes![0]!.artifactChanges;
  assert.deepEqual(change!.replacements, [
    { deletedRegion: { startLine: 23, startColumn: 16, endLine: 23, endColumn: 36 }, insertedContent: { text: `ghcr.io/acme/web:1.4@${DIGEST}` } },
  ]);
  assert.equal(results[1]!.fixes, undefined);
});

test("SARIF: ignored findings are suppressed with their reason, all others carry an empty list", () => {
  const kinds = run().results.map(({ suppressions }) => suppressions.map(({ kind, justification }) => `${kind}: ${justification}`));
  assert.deepEqual(kinds, [[], [], ["inSource: the branch is followed (until 2026-12-31)"], ["external: in the baseline"]]);
});

test("SARIF: a clean run has an empty list of results", () => {
  assert.deepEqual(run(report()).results, []);
});

test("SARIF: what was not judged is a notification", () => {
  const texts = run().invocations[0]!.toolExecutionNotifications.map(({ message }) => message.text);
  assert.deepEqual(texts, ["not judged: Helm template", "not judged: a tab indents this line", "not judged: not valid UTF-8", "digest-exists was not run: offline"]);
});

test("SARIF: file names are percent-encoded and relative to the repository", () => {
  const odd = finding({ file: "a b/50%/#1?:ü.yaml" });
  const { results } = run(report({ references: [reference("floating")], findings: [odd] }), { ...PLAIN, prefix: "clusters/" });
  assert.equal(results[0]!.locations[0].physicalLocation.artifactLocation.uri, "clusters/a%20b/50%25/%231%3F%3A%C3%BC.yaml");
});

test("SARIF: a rule that was not handed in has a descriptor all the same", () => {
  const { tool, results } = run(report({ findings: [finding({ rule: "new-rule" })] }));
  assert.equal(tool.driver.rules[results[0]!.ruleIndex]!.id, "new-rule");
});

test("GitHub: one command a finding, escaped", () => {
  const odd = finding({ file: "a,b:c%.yaml", message: "100%\nsure", label: "", severity: "info" });
  const input = report({ references: [reference("floating")], findings: [finding(), odd, finding({ ignored: { by: "waiver", reason: "x" } })] });
  const lines = textOf(formats.github(input, PLAIN)).split("\n");
  assert.equal(
    lines[0],
    `::error file=apps/web/deploy.yaml,line=23,col=16,endLine=23,endColumn=36,title=lading pin-by-digest::the image can change after review: tag "1.4" can be moved%0Afix: ghcr.io/acme/web:1.4@${DIGEST}`,
  );
  assert.ok(lines[1]!.startsWith("::notice file=a%2Cb%3Ac%25.yaml,"));
  assert.ok(lines[1]!.includes("::100%25%0Asure%0A"));
  assert.equal(lines.filter((line) => line.startsWith("::")).length, 2);
});

test("GitHub: unread documents are warnings, and file names cannot begin a command", () => {
  const unread = [{ file: "::error::x", kind: "io", why: "no" } as const];
  const lines = textOf(formats.github(report({ unread }), PLAIN)).split("\n");
  assert.equal(lines[0], "::warning file=%3A%3Aerror%3A%3Ax,title=lading%3A not judged::no");
  assert.equal(lines.filter((line) => line.trimStart().startsWith("::")).length, 1);
});

test("Markdown: a table that text from manifests cannot leave", () => {
  const odd = finding({ file: "a|b`c.yaml", message: "<img src=x> @team [a](https://b)\n| x |", label: "" });
  const text = textOf(formats.markdown(report({ references: [reference("floating")], findings: [finding(), odd] }), PLAIN));
  assert.match(text, /^## lading\n\n1 reference in 1 file/);
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  assert.equal(rows.length, 4);
  assert.ok(rows[3]!.includes("`` a\\|b`c.yaml:23:16 ``"));
  assert.ok(rows[3]!.includes("\\<img src=x\\> &#64;team \\[a\\](https&#58;//b) \\| x \\|"));
});

test("Markdown: what was not judged is there too", () => {
  const text = textOf(formats.markdown(fullReport(), PLAIN));
  assert.match(text, /1 rule was not run: digest-exists \(offline\)/);
  assert.match(text, /2 documents could not be read:\n\n- `broken\.yaml:3:1: a tab indents this line`\n- /);
});
