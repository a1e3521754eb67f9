/** Where rendered images come from, told from recorded streams. test/interop/trace.interop.ts asks the programs themselves. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Ajv } from "ajv";
import { parseAllDocuments } from "yaml";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import type { Render, Root } from "../../src/model/render.ts";
import { check } from "../../src/pipeline/check.ts";
import { suppliedAt } from "../../src/pipeline/explain-rendered.ts";
import { renderRoots, reportedRoots } from "../../src/pipeline/rendered.ts";
import { findRoots } from "../../src/pipeline/roots/find.ts";
import { Sources } from "../../src/pipeline/trace/sources.ts";
import { trace } from "../../src/pipeline/trace/trace.ts";
import type { Report } from "../../src/model/report.ts";
import { annotated, listing } from "../../src/report/rendered.ts";
import { renderedLines } from "../../src/report/accounts.ts";
import { formats, textOf } from "../../src/report/index.ts";
import { type Files, workspace } from "./memory.ts";
import { CASES, expectedOf, filesOf, replay, traceAll, treeOf, workspaceOf } from "./recorded.ts";

describe("recorded trees", () => {
  for (const name of CASES) {
    test(`${name}: every image has the source that was read and approved`, async () => {
      assert.deepEqual(await traceAll(workspaceOf(name), replay(name)), JSON.parse(readFileSync(expectedOf(name), "utf8")));
    });
  }

  test("there is one for each way", () => assert.ok(CASES.length >= 9));

  test("what was asked for to trace is not shown, and what the tree asks for itself is", async () => {
    for (const name of ["kustomize-patches", "kustomize-replacements"]) {
      const { roots: [root] } = await findRoots(workspaceOf(name));
      const answer = await replay(name)({ root: root!, instead: new Map(), provenance: true });
      assert.ok(answer.is === "known");
      const { text } = await trace(root!, answer.value, new Sources(workspaceOf(name)));
      assert.match(answer.value.text, /alpha\.config\.kubernetes\.io\/transformations/);
      assert.doesNotMatch(text, /transformations|configuredBy: *\n *apiVersion: builtin\n *kind: ImageTagTransformer/);
      assert.equal(/config\.kubernetes\.io\/origin/.test(text), name === "kustomize-replacements");
    }
  });

  test("without a second render only texts are compared, and what two places say is said to be open", async () => {
    const place = workspaceOf("helm-same-tag");
    const { roots: [root] } = await findRoots(place);
    const answer = await replay("helm-same-tag")({ root: root!, instead: new Map(), provenance: true });
    assert.ok(answer.is === "known");
    const { images, renders } = await trace(root!, answer.value, new Sources(place));
    assert.equal(renders, 0);
    const by = images.map(({ image, origin }) => `${image.site.raw} ${origin.is === "traced" ? origin.by : "untraced"}`);
    assert.deepEqual(by, ["ghcr.io/acme/server:v3 text", "ghcr.io/acme/worker:v3 untraced", "ghcr.io/acme/job:v3 text", "ghcr.io/acme/job:v3 text", "quay.io/x/fixed:v3 text"]);
  });
});

const KUSTOMIZE: Root = { folder: "", tool: "kustomize", by: "folder", said: { file: "kustomization.yaml", position: { line: 1, column: 1 } }, kustomize: { images: [] }, open: [] };
const HELM: Root = { folder: "c", tool: "helm", by: "folder", said: { file: "c/Chart.yaml", position: { line: 1, column: 1 } }, helm: { release: "r", layers: [], apiVersions: [], includeCrds: true }, open: [] };

const pod = (image: string): string => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - image: ${image}\n    name: c\n`;
const noted = (image: string, origin: string, chain = ""): string =>
  pod(image).replace("  name: p\n", `  annotations:\n${chain && `    alpha.config.kubernetes.io/transformations: |\n${chain}`}    config.kubernetes.io/origin: |\n      ${origin}\n  name: p\n`);
const entered = "      - configuredIn: kustomization.yaml\n        configuredBy:\n          apiVersion: builtin\n          kind: ImageTagTransformer\n";

async function origins(files: Files, root: Root, text: string): Promise<string[]> {
  const { images } = await trace(root, { text }, new Sources(workspace(files)));
  return images.map(({ origin }) => (origin.is === "traced" ? `${origin.source.place.file}:${origin.source.place.position.line}` : `untraced: ${origin.why}`));
}

describe("what is not known is said", () => {
  test("an object from another repository", async () => {
    assert.match((await origins({}, KUSTOMIZE, noted("a:1", "repo: https://git.example/x\n      ref: v1\n      path: p.yaml")))[0]!, /^untraced: .*another repository: https:\/\/git\.example\/x/);
  });
  test("an object from a file that is not here", async () => {
    assert.match((await origins({}, KUSTOMIZE, noted("a:1", "path: p.yaml")))[0]!, /^untraced: .*p\.yaml, which is not among the checked files/);
    assert.match((await origins({}, KUSTOMIZE, noted("a:1", "path: ../../p.yaml")))[0]!, /^untraced: /);
  });
  test("an object without a record", async () => assert.match((await origins({}, KUSTOMIZE, pod("a:1")))[0]!, /^untraced: .*nothing about where/));
  test("a record that does not give what was rendered", async () => {
    const files = { "p.yaml": pod("a:1"), "kustomization.yaml": "resources: [p.yaml]\nimages: [{name: a, newTag: '2'}]\n" };
    assert.deepEqual(await origins(files, KUSTOMIZE, noted("a:2", "path: p.yaml", entered)), ["kustomization.yaml:2"]);
    assert.match((await origins(files, KUSTOMIZE, noted("a:3", "path: p.yaml", entered)))[0]!, /^untraced: what the files say gives a:2/);
    assert.deepEqual(await origins(files, KUSTOMIZE, noted("a:1", "path: p.yaml")), ["p.yaml:7"]);
  });
  test("two objects that both can be it", async () => {
    const two = `${pod("a:1")}---\n${pod("a:1")}`;
    assert.match((await origins({ "p.yaml": two }, KUSTOMIZE, noted("a:1", "path: p.yaml")))[0]!, /^untraced: p\.yaml:7 and p\.yaml:16 can both/);
  });
  test("a chart that is packed", async () => {
    const files = { "c/Chart.yaml": "name: c\nversion: 1.0.0\n" };
    assert.match((await origins(files, HELM, `---\n# Source: c/charts/sub/templates/p.yaml\n${pod("a:1")}`))[0]!, /^untraced: its chart is not in the checked files/);
    assert.match((await origins(files, HELM, `---\n# Source: c/templates/p.yaml\n${pod("a:1")}`))[0]!, /^untraced: no value and no template/);
  });
});

const policy = (more: Partial<Policy> = {}): Policy => ({ ...DEFAULT_POLICY, ...more });

/** A check that renders, from a recording. */
async function checked(name: string, { files = filesOf(treeOf(name)), render = replay(name), alone = false, ...more }: { files?: Files; render?: Render; alone?: boolean; policy?: Partial<Policy>; baseline?: ReadonlySet<string> } = {}): Promise<Report> {
  const place = workspace(files);
  const { roots } = await findRoots(place);
  return check(place, {
    policy: policy(more.policy), baseline: more.baseline ?? new Set(), adopt: false, fromPolicy: "", version: "0", started: "2026-06-15T12:00:00.000Z", clock: () => 0,
    rendering: { render, roots, alone },
  });
}

const places = ({ findings }: Report, rule: string): string[] => findings.filter((one) => one.rule === rule).map(({ file, start, ignored }) => `${file}:${start.line}${ignored ? ` ${ignored.by}` : ""}`);

describe("a check that renders", () => {
  test("adds what only rendering shows, at its source, and says nothing twice", async () => {
    const report = await checked("helm-subcharts");
    assert.deepEqual(places(report, "pin-by-digest"), ["Chart.yaml:4", "charts/sub/values.yaml:1", "templates/d.yaml:9", "values.yaml:5", "values.yaml:8", "values.yaml:9"]);
    assert.deepEqual(report.rendered?.account, { roots: 1, failed: 0, images: 6, traced: 6, untraced: 0 });
  });

  test("is in step with its own counts", async () => {
    for (const name of CASES) {
      const report = await checked(name);
      const listed = [...report.references];
      assert.equal(listed.length, report.summary.references, name);
      assert.equal(report.rendered!.account.traced + report.rendered!.account.untraced, report.rendered!.roots.flatMap(({ images }) => images).length);
    }
  });

  test("prints what its schema says", async () => {
    const schema = JSON.parse(readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8")) as object;
    const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
    const failing: Render = async () => ({ is: "unknown", why: { code: "timeout", message: "too slow" } });
    const untraced: Render = async () => ({ is: "known", value: { text: pod("other/image:7"), program: "helm", milliseconds: 0 } });
    for (const report of [await checked("helm-subcharts"), await checked("kustomize-called"), await checked("helm-subcharts", { render: failing }), await checked("helm-subcharts", { render: untraced })]) {
      assert.ok(validate(JSON.parse(textOf(formats.json(report, { color: false, rules: [] })))), JSON.stringify(validate.errors));
    }
  });

  test("counts images and roots in its last lines", async () => {
    const report = await checked("helm-subcharts");
    assert.deepEqual(renderedLines(report), ["6 images rendered from 1 root: 6 traced"]);
    assert.deepEqual(renderedLines({ ...report, rendered: { ...report.rendered!, account: { roots: 2, failed: 1, images: 3, traced: 2, untraced: 1 } } }), ["3 images rendered from 1 root: 2 traced, 1 untraced; 1 root could not be rendered"]);
    assert.throws(() => textOf(formats.json({ ...report, rendered: { ...report.rendered!, account: { ...report.rendered!.account, traced: 5 } } }, { color: false, rules: [] })), /does not add up/);
  });

  test("alone judges only what is rendered", async () => {
    const report = await checked("kustomize-patches", { alone: true });
    assert.deepEqual([...report.references].map(({ file, state }) => `${file} ${state}`), ["base/deploy.yaml floating", "component/kustomization.yaml floating", "overlay/kustomization.yaml floating", "overlay/kustomization.yaml pinned"]);
  });

  test("suppressions, waivers and the baseline hold for rendered images", async () => {
    const files = filesOf(treeOf("helm-subcharts"));
    const at = (report: Report): string[] => places(report, "pin-by-digest").filter((one) => one.startsWith("Chart.yaml"));
    files["Chart.yaml"] = String(files["Chart.yaml"]).replace('appVersion: "2.5.0"', 'appVersion: "2.5.0" # lading: ignore[pin-by-digest] ours, and built with the chart');
    // The mark render has another text then, so only the first render is replayed.
    const first = replay("helm-subcharts");
    const render: Render = async (request) => (request.instead.size === 0 ? first(request) : { is: "unknown", why: { code: "failed", message: "made to fail" } });
    const suppressed = await checked("helm-subcharts", { files, render });
    assert.deepEqual(at(suppressed), ["Chart.yaml:4 comment"]);
    assert.equal(suppressed.findings.some(({ rule }) => rule === "used-suppression"), false);

    const waiver = { rule: "pin-by-digest", path: "Chart.yaml", reason: "ours", until: "2027-01-01", line: 1 };
    assert.deepEqual(at(await checked("helm-subcharts", { policy: { waivers: [waiver] } })), ["Chart.yaml:4 waiver"]);
    const { findings } = await checked("helm-subcharts");
    const known = new Set(findings.filter(({ file }) => file === "Chart.yaml").map(({ fingerprint }) => fingerprint));
    assert.deepEqual(at(await checked("helm-subcharts", { baseline: known })), ["Chart.yaml:4 baseline"]);
  });

  test("a root that could not be rendered is a finding at its cause, and never clean", async () => {
    const render: Render = async () => ({ is: "unknown", why: { code: "no-program", message: "helm is not on PATH" } });
    const report = await checked("helm-subcharts", { render });
    assert.deepEqual(places(report, "rendered-root"), ["Chart.yaml:1"]);
    assert.deepEqual(report.rendered?.account, { roots: 1, failed: 1, images: 0, traced: 0, untraced: 0 });
    const waiver = { rule: "rendered-root", path: "Chart.yaml", reason: "no helm here", until: "2027-01-01", line: 1 };
    assert.deepEqual(places(await checked("helm-subcharts", { render, policy: { waivers: [waiver] } }), "rendered-root"), ["Chart.yaml:1 waiver"]);
  });

  test("an image that cannot be traced is judged at its root", async () => {
    const render: Render = async () => ({ is: "known", value: { text: `---\n# Source: app/templates/x.yaml\n${pod("other/image:7")}`, program: "helm", milliseconds: 0 } });
    const report = await checked("helm-subcharts", { render, alone: true });
    assert.deepEqual(places(report, "pin-by-digest"), ["Chart.yaml:1"]);
    assert.equal(report.rendered?.account.untraced, 1);
  });
});

describe("what a line supplies", () => {
  const supplied = async (name: string, file: string, line: number, render = replay(name)): Promise<string[]> => {
    const place = workspaceOf(name);
    const { roots } = await findRoots(place);
    const { images, failed } = await suppliedAt({ file, line }, roots, new Sources(place), render);
    return [...images.map(({ image, sets, isSource }) => `${image} ${sets.join("+") || "nothing"}${isSource ? " source" : ""}`), ...failed.map(({ why }) => `failed: ${why}`)];
  };
  test("a tag, and a name beside it", async () => {
    assert.deepEqual(await supplied("helm-subcharts", "values.yaml", 8), ["docker.io/library/redis:7.4 tag source"]);
    assert.deepEqual(await supplied("helm-subcharts", "values.yaml", 3), ["ghcr.io/acme/app:2.5.0 name"]);
    assert.deepEqual(await supplied("helm-subcharts", "values.yaml", 1), []);
  });
  test("what was written over", async () => assert.deepEqual(await supplied("kustomize-patches", "base/kustomization.yaml", 2), ["busybox:9 nothing"]));
  test("what could not be rendered", async () => {
    assert.deepEqual(await supplied("helm-subcharts", "values.yaml", 8, async () => ({ is: "unknown", why: { code: "no-program", message: "no helm" } })), ["failed: no helm"]);
  });
});

describe("what people read", () => {
  test("a root a paragraph, with the places of each image", async () => {
    const { rendered } = await checked("kustomize-patches", { alone: true });
    const text = textOf(listing(rendered!.roots, { color: false, rules: [], prefix: "x/" }));
    assert.match(text, /^x\/overlay · kustomize \S+ · 4 images\n/);
    assert.match(text, /floating +busybox:9 .*\n +x\/overlay\/kustomization\.yaml:12:14 \(JSON patch\)\n +over x\/base\/kustomization\.yaml:2:33 \(images entry\) nginx:1\.26\n +over x\/base\/deploy\.yaml:9:18 \(manifest\) nginx:1\.25\n/);
  });

  test("a stream with comments is the same stream", async () => {
    for (const name of ["kustomize-replacements", "helm-subcharts"]) {
      const place = workspaceOf(name);
      const { roots } = await findRoots(place);
      const [one] = await renderRoots(roots, new Sources(place), replay(name));
      assert.ok(one?.is === "rendered");
      const shown = annotated(reportedRoots([one])[0]!, one.stream.text, one.stream.images.map(({ image }) => image.line), { color: false, rules: [] });
      const values = (text: string): unknown[] => parseAllDocuments(text).map((document) => document.toJS() as unknown).filter((value) => value !== null);
      assert.deepEqual(values(shown), values(one.stream.text));
      assert.equal(shown.match(/# from /g)?.length, one.stream.images.length);
    }
  });
});
