/** Charts, bases and revisions: `test/fixtures/artifacts/<case>/{before,after}/` are trees, `expected.json` what is said of the first one. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { mayMatter } from "../../src/surfaces/candidates.ts";
import { NO_OWN_FIELDS } from "../../src/surfaces/known-fields.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { LocatedFile } from "../../src/model/site.ts";
import { pack, unpack } from "../../src/pipeline/packed.ts";
import { artifactRules } from "../../src/rules/index.ts";
import { tagBesideDigest } from "../../src/rules/tag-beside-digest.ts";
import { checked, type Files, surveyed, workspace } from "./memory.ts";

const folder = fileURLToPath(new URL("../fixtures/artifacts/", import.meta.url));
const RULES: ReadonlySet<string> = new Set([...artifactRules.map(({ id }) => id), tagBesideDigest.id]);

function tree(path: string): Files {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(path, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), "utf8")]));
}

async function said(files: Files): Promise<string[]> {
  const { findings } = await checked(files);
  return findings.filter(({ rule }) => RULES.has(rule)).map(({ rule, file, start }) => `${rule} ${file}:${start.line}`).sort();
}

describe("fixtures", () => {
  const names = readdirSync(folder).sort();

  for (const name of names) {
    const expected = JSON.parse(readFileSync(join(folder, name, "expected.json"), "utf8")) as { readonly shows: string; readonly before: readonly string[] };
    test(`${name}: ${expected.shows}`, async () => {
      const before = tree(join(folder, name, "before"));
      assert.deepEqual(await said(before), expected.before);
      assert.deepEqual(await said(tree(join(folder, name, "after"))), []);
      // The quick test before reading keeps every file that something is said about.
      for (const line of expected.before) {
        const file = line.slice(line.indexOf(" ") + 1, line.lastIndexOf(":"));
        assert.ok(mayMatter(Buffer.from(before[file]!), workspace(before).role(file, new Set()), NO_OWN_FIELDS.toRead), file);
      }
      // What is remembered is what was found.
      for (const { path, ...located } of (await surveyed(workspace(before))).located) {
        const kept: LocatedFile = unpack(JSON.parse(JSON.stringify(pack({ path, ...located }))) as ReturnType<typeof pack>, path);
        assert.deepEqual(kept.artifacts, located.artifacts);
      }
    });
  }

  test("there are some of each rule", () => {
    for (const rule of RULES) assert.ok(names.some((name) => name.startsWith(rule)), rule);
  });
});

describe("what hides a finding about an artifact", () => {
  const app = (comment = ""): string => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    chart: redis\n    repoURL: https://charts.example\n    targetRevision: 1.*${comment}\n`;
  const only = async (files: Files, options: Parameters<typeof checked>[1] = {}) => (await checked(files, options)).findings.filter(({ rule }) => rule === "exact-version");

  test("a comment on its line", async () => {
    const [finding] = await only({ "a.yaml": app(" # lading: ignore[exact-version] we follow them") });
    assert.equal(finding!.ignored?.by, "comment");
  });
  test("a comment above the object", async () => {
    const [finding] = await only({ "a.yaml": app().replace("  source:", "  # lading: ignore[exact-version] we follow them\n  source:") });
    assert.equal(finding!.ignored?.by, "comment");
  });
  test("a comment that hides nothing is a finding", async () => {
    const { findings } = await checked({ "a.yaml": app(" # lading: ignore[exact-version] we follow them").replace("1.*", "1.2.3") });
    assert.deepEqual(findings.map(({ rule }) => rule), ["used-suppression"]);
  });
  test("a waiver by path, and by what stands there", async () => {
    const waiver = { rule: "exact-version", reason: "theirs", until: "2099-01-01", line: 1 };
    for (const what of [{ path: "a.yaml" }, { image: "redis *" }]) {
      const [finding] = await only({ "a.yaml": app() }, { policy: { waivers: [{ ...waiver, ...what }] } });
      assert.equal(finding!.ignored?.by, "waiver", JSON.stringify(what));
    }
  });
  test("the baseline, and another version is another finding", async () => {
    const [finding] = await only({ "a.yaml": app() });
    const baseline = new Set([finding!.fingerprint]);
    assert.equal((await only({ "a.yaml": `# more\n${app()}` }, { baseline }))[0]!.ignored?.by, "baseline");
    assert.equal((await only({ "a.yaml": app().replace("1.*", "2.*") }, { baseline }))[0]!.ignored, undefined);
  });
  test("the policy: another severity, and off", async () => {
    assert.equal((await only({ "a.yaml": app() }, { policy: { rules: { ...DEFAULT_POLICY.rules, "exact-version": "error" } } }))[0]!.severity, "error");
    const { findings, rules } = await checked({ "a.yaml": app() }, { policy: { rules: { "exact-version": "off" } } });
    assert.deepEqual(findings, []);
    assert.ok(rules.skipped.some(({ rule }) => rule === "exact-version") && !rules.ran.includes("exact-version"));
  });
});

test("artifacts are no references: the account of images stays as it is", async () => {
  const { summary, references } = await checked(tree(join(folder, "base-by-commit/before")));
  assert.equal(summary.references, 0);
  assert.deepEqual(references, []);
  assert.ok(summary.findings.warning > 0);
});

test("a lock that cannot be read is no lock and no finding: the run says so", async () => {
  const chart = "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b, version: 1.0.0, repository: 'https://charts.example'}\n";
  const { findings, rules } = await checked({ "Chart.yaml": chart, "Chart.lock": "dependencies: [\n" });
  assert.deepEqual(findings, []);
  assert.match(rules.skipped.find(({ rule }) => rule === "locked-dependencies")!.why, /in part/);
});

test("an archive in charts/ is a copy", async () => {
  const chart = "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b, version: 1.0.0, repository: 'https://charts.example'}\n";
  assert.deepEqual(await said({ "Chart.yaml": chart }), ["locked-dependencies Chart.yaml:5"]);
  assert.deepEqual(await said({ "Chart.yaml": chart, "charts/b-1.0.0.tgz": Buffer.from([0x1f, 0x8b, 0]) }), []);
});
