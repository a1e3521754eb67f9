/** TypeScript files in a whole run: judged, suppressed and pinned across files. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Workspace } from "../../src/pipeline/survey.ts";
import { checked, digestOf, type Files, pinned, stub, workspace, surveyed } from "./memory.ts";

const KPLUS = 'import * as kplus from "cdk8s-plus-32";\n';
const use = (...images: readonly string[]): string => `new kplus.Deployment(chart, "web", { containers: [${images.map((image) => `{ image: ${image} }`).join(", ")}] });\n`;
const NGINX = `nginx:1.27@${digestOf("docker.io/library/nginx:1.27")}`;

describe("a check of TypeScript", () => {
  test("finds a floating image at the literal, and says so with its line", async () => {
    const { findings, summary } = await checked({ "main.ts": `${KPLUS}import { WEB } from "./images";\n${use("WEB")}`, "images.ts": 'export const WEB = "nginx:1.27";\n', "pod.yaml": "a: 1\n" });
    assert.deepEqual(findings.map(({ rule, file, start }) => [rule, file, start]), [["pin-by-digest", "images.ts", { line: 1, column: 21 }]]);
    assert.deepEqual([summary.references, summary.states.floating, summary.files], [1, 1, 3]);
  });

  test("names what only a run can tell as templated, and what does not parse as unread", async () => {
    const { references, unread, findings } = await checked({ "a.ts": `${KPLUS}${use("process.env.WEB")}`, "b.ts": `${KPLUS}new (` });
    assert.deepEqual(references.map(({ raw, state, pinnable }) => [raw, state, pinnable]), [["process.env.WEB", "templated", false]]);
    assert.match(references[0]!.why ?? "", /environment/);
    assert.deepEqual(unread.map(({ file, kind, position }) => [file, kind, position?.line]), [["b.ts", "syntax", 2]]);
    assert.ok(findings.some(({ rule, file }) => rule === "readable-document" && file === "b.ts"));
  });

  test("takes suppressions in comments, and finds those that suppress nothing", async () => {
    const { findings } = await checked({ "main.ts": `${KPLUS}// lading: ignore[pin-by-digest] built on the node\n${use('"nginx:1.27"')}const a = 1; // lading: ignore[pin-by-digest] nothing here\nconst b = <any>"// lading: ignore[pin-by-digest] text";\n` });
    assert.deepEqual(findings.map(({ rule, ignored, start }) => [rule, ignored?.by, start.line]).sort(), [["pin-by-digest", "comment", 3], ["used-suppression", undefined, 4]].sort());
  });

  test("keeps files in order, with manifests between them", async () => {
    const pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: nginx:1.27\n";
    const { references } = await checked({ "a.yaml": pod, "b.ts": `${KPLUS}${use('"b:1"')}`, "c.yaml": pod, "d.ts": `${KPLUS}${use('"d:1"')}` });
    assert.deepEqual(references.map(({ file }) => file), ["a.yaml", "b.ts", "c.yaml", "d.ts"]);
  });

  test("follows a caller that imports no library, through more files", async () => {
    const { references } = await checked({
      "named.ts": `${KPLUS}export default class Named { constructor({ image }: { image: string }) { ${use("image")} } }\n`,
      "call.ts": 'import Other from "./named";\nimport * as all from "./web";\nnew Other({ image: "other:1" });\nall.web("all:1");\n',
      "web.ts": `${KPLUS}export const web = (image: string) => { ${use("image")} };\n`,
      "shop.ts": 'import { web } from "./web";\nexport class Shop { constructor(props: { image: string }) { web(props.image); } }\n',
      "index.ts": 'import { Shop } from "./shop";\nnew Shop({ image: "nginx:1.27" });\n',
      "other.ts": "export const image = 'other:1';\n",
    });
    assert.deepEqual(references.map(({ file, raw }) => [file, raw]), [["call.ts", "other:1"], ["call.ts", "all:1"], ["index.ts", "nginx:1.27"]]);
  });

  test("without a way to follow, reads what it was given", async () => {
    const { follow: _follow, ...alone } = workspace({ "main.ts": `${KPLUS}import { A } from "./a";\n${use("A", '"nginx:1.27"')}`, "a.ts": 'export const A = "a:1";' });
    const { located } = await surveyed({ ...(alone as Workspace), files: ["main.ts"] });
    assert.deepEqual(located.flatMap(({ sites }) => sites.map(({ raw }) => raw)), ["A", "nginx:1.27"]);
  });
});

describe("a pin of TypeScript", () => {
  test("writes each literal once, in the file where it stands", async () => {
    const files: Files = {
      "a.ts": `${KPLUS}import { WEB } from "./images";\n${use("WEB", "'own:1'")}`,
      "b.ts": `${KPLUS}import { WEB } from "./images";\n${use("WEB")}`,
      "images.ts": "export const WEB = 'nginx:1.27';\n",
    };
    const { gather, asked } = stub();
    const outcome = await pinned(files, { gather });
    assert.deepEqual([outcome.pinned, outcome.files, outcome.refused], [2, 2, []]);
    assert.equal(files["images.ts"], `export const WEB = '${NGINX}';\n`);
    assert.equal(asked.length, 2);
    assert.deepEqual([outcome.report.summary.states.pinned, outcome.report.summary.references], [2, 2]);
  });

  test("writes files that read one another, one after the other", async () => {
    const files: Files = {
      "a.ts": `${KPLUS}import { B } from "./b";\nexport const A = "a:1";\n${use("B", "A")}`,
      "b.ts": `${KPLUS}import { A } from "./a";\nexport const B = "b:1";\n${use("A")}`,
    };
    const { refused, pinned: count, report } = await pinned(files);
    assert.deepEqual([refused, count, report.summary.states.pinned], [[], 2, 2]);
  });

  test("leaves a file alone that changed meanwhile", async () => {
    const files: Files = { "main.ts": `${KPLUS}${use('"nginx:1.27"')}` };
    const place = workspace(files);
    const changed: Workspace = { ...place, follow: (file) => ({ path: file, text: `// new\n${String(files[file])}`, encoding: "utf-8" }) };
    const { refused, pinned: count } = await pinned(files, {}, changed);
    assert.equal(count, 0);
    assert.deepEqual(refused.map(({ file }) => file), ["main.ts"]);
    assert.equal(files["main.ts"], `${KPLUS}${use('"nginx:1.27"')}`);
  });

  test("writes only with unsafe fixes what something else reads as well", async () => {
    const text = `${KPLUS}const WEB = "nginx:1.27";\nconsole.log(WEB);\n${use("WEB")}`;
    const files: Files = { "main.ts": text };
    assert.equal((await pinned(files)).pinned, 0);
    assert.equal(files["main.ts"], text);
    assert.equal((await pinned(files, { unsafe: true })).pinned, 1);
    assert.equal(files["main.ts"], text.replace("nginx:1.27", NGINX));
  });
});
