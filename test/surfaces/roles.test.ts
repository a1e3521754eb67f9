/** What a file is by its place and its name, and which texts are worth reading. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { candidates, hasKey, KeySearch, keyEndsFor, mayHoldImage } from "../../src/surfaces/candidates.ts";
import { NO_OWN_FIELDS } from "../../src/surfaces/known-fields.ts";
import { parseSuppression } from "../../src/surfaces/comments.ts";
import { resolvePath, roleOf } from "../../src/surfaces/roles.ts";
import { cases, source } from "./fixture.ts";

const CHARTS = new Set(["charts/web", "charts/web/charts/sub"]);

describe("the role of a file", () => {
  const VALUES = ["values.yaml", "values.yml", "a/values-prod.yaml", "a/prod-values.yaml", "a/prod.values.yaml", "Values.YAML", "values.json", "charts/web/anything.yaml", "charts/web/ci/x.json", "charts/web/charts/sub/values.yaml"];
  const NOT = ["evalues.yaml", "values/x.yaml", "a/valuesfile.yaml", "deploy.yaml", "charts/web/templates/values.yaml", "charts/web/crds/x.yaml", "charts/web/Chart.yaml", "charts/website/x.yaml", "charts/x.yaml"];
  for (const path of VALUES) test(`${path} is values`, () => assert.equal(roleOf(path, CHARTS, false).values, true));
  for (const path of NOT) test(`${path} is none`, () => assert.equal(roleOf(path, CHARTS, false).values, false));
  test("a file that another names as values is values, wherever it is", () => assert.equal(roleOf("env/prod.yaml", CHARTS, true).values, true));
  test("templates stand in a chart's folder of templates", () => {
    assert.equal(roleOf("charts/web/templates/a/b.yaml", CHARTS, false).template, true);
    assert.equal(roleOf("charts/web/charts/sub/templates/b.yaml", CHARTS, false).template, true);
    assert.equal(roleOf("templates/b.yaml", CHARTS, false).template, false);
    assert.equal(roleOf("templates/b.yaml", new Set([""]), false).template, true);
  });
});

describe("a path as it is written in a file", () => {
  const PATHS: readonly (readonly [from: string, written: string, resolved: string])[] = [
    ["a/b.yaml", "c.yaml", "a/c.yaml"], ["a/b.yaml", "./c.yaml", "a/c.yaml"], ["a/b/c.yaml", "../d.yaml", "a/d.yaml"], ["a.yaml", "b/../c.yaml", "c.yaml"], ["a/b.yaml", "/c.yaml", "c.yaml"], ["a.yaml", "../../x.yaml", "x.yaml"],
  ];
  for (const [from, written, resolved] of PATHS) test(`${written} in ${from}`, () => assert.equal(resolvePath(from, written), resolved));
});

describe("the quick test for keys", () => {
  const has = (text: string, values = false): boolean => hasKey(Buffer.from(text), keyEndsFor({ ...roleOf("a.yaml", new Set(), false), values }));
  const YES = ["image: a", "image : a", '"image": a', "'image':a", "containerImage:\n", "images:\n- a", "{image: a}", '{"image":"a"}', "valueFiles: [a]", "valuesFile: a", "additionalValuesFiles:\n"];
  const NO = ["imagePullPolicy: Always", "an image of a", "# image", "imagePullSecrets:", "ima ge: a", "image", "images"];
  for (const text of YES) test(`${JSON.stringify(text)} may hold an image`, () => assert.equal(has(text), true));
  for (const text of NO) test(`${JSON.stringify(text)} holds none`, () => assert.equal(has(text), false));
  test("repository counts in values, and in manifests with Helm values", () => {
    const wanted = (text: string, values: boolean): boolean => candidates(text, { ...roleOf("a.yaml", new Set(), false), values }, NO_OWN_FIELDS.toRead)(0, text.length, false);
    assert.deepEqual([wanted("repository: a", true), wanted("repository: a", false), wanted("kind: HelmRelease\nrepository: a", false)], [true, false, true]);
  });

  test("never passes over a fixture with a site", () => {
    for (const one of cases()) {
      if (one.expected.sites.length === 0) continue;
      const { text } = source(one);
      const role = roleOf(one.expected.file, new Set(one.expected.charts), one.expected.referenced ?? false);
      assert.ok(mayHoldImage(Buffer.from(text), role, NO_OWN_FIELDS.toRead), one.name);
    }
  });

  test("goes on where it ended, document by document", () => {
    const text = "a: b\n---\nimage: c\n---\nd: e\n---\nimages: f\n";
    const search = new KeySearch(text, keyEndsFor(roleOf("a.yaml", new Set(), false))[0]!);
    const ranges = [[0, 9], [9, 22], [22, 31], [31, text.length]] as const;
    assert.deepEqual(ranges.map(([from, to]) => search.within(from, to)), [false, true, false, true]);
  });
});

describe("the words of a suppression", () => {
  test("rules, reason, date", () => {
    assert.deepEqual(parseSuppression("[pin-by-digest, name-a-tag] built on the node until=2026-12-31"), { rules: ["pin-by-digest", "name-a-tag"], reason: "built on the node", until: "2026-12-31" });
  });
  test("the date may stand before the reason", () => {
    assert.deepEqual(parseSuppression("[a] until=2026-12-31 why"), { rules: ["a"], reason: "why", until: "2026-12-31" });
  });
  for (const [rest, said] of Object.entries({ "": /no rule/, "why": /no rule/, "[] why": /no rule/, "[a]": /no reason/, "[a] until=2026-12-31": /no reason/, "[a] why until=soon": /no date/, "[a] why until=2026-13-01": /no date/, "[a why": /no rule/ }))
    test(`ignore${rest} has a problem`, () => assert.match(parseSuppression(rest).problem!, said));
});
