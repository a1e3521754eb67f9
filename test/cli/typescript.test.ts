/** TypeScript manifests on the command line: what is listed and followed, what is remembered, and what is loaded. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { lading, pod, tree } from "./lading.ts";

const KPLUS = 'import * as kplus from "cdk8s-plus-32";\n';
const use = (image: string): string => `new kplus.Deployment(chart, "web", { containers: [{ image: ${image} }] });\n`;
const main = (from: string): string => `${KPLUS}import { WEB } from "${from}";\n${use("WEB")}`;
const WEB = 'export const WEB = "nginx:1.27";\n';

interface Reference {
  readonly file: string;
  readonly raw: string;
}

async function found(cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { stdout, stderr } = await lading(["check", "--format", "json", ...args], { cwd, env });
  assert.notEqual(stdout, "", stderr);
  return (JSON.parse(stdout) as { references: Reference[] }).references.map(({ file, raw }) => `${file} ${raw}`);
}

describe("a check of a folder", { concurrency: 4 }, () => {
  test("finds TypeScript beside YAML, and leaves declarations and node_modules alone", async (t) => {
    const own = `${KPLUS}${use('"own:1"')}`;
    const cwd = tree(t, { "a.yaml": pod("a:1"), "b.ts": own, "c.tsx": own, "d.mts": own, "types.d.ts": own, "node_modules/x/index.ts": own, "plain.ts": use('"plain:1"') });
    assert.deepEqual(await found(cwd), ["a.yaml a:1", "b.ts own:1", "c.tsx own:1", "d.mts own:1"]);
  });

  test("follows imports inside of it and nowhere else", async (t) => {
    const cwd = tree(t, { "in/main.ts": main("./images"), "in/images.ts": WEB, "in/out.ts": main("../outside"), "outside.ts": WEB, "in/far.ts": main("./link/far"), "elsewhere/far.ts": WEB, "in/module.ts": main("./node_modules/x/images"), "in/node_modules/x/images.ts": WEB });
    symlinkSync(join(cwd, "elsewhere"), join(cwd, "in/link"));
    assert.deepEqual(await found(join(cwd, "in")), ["far.ts WEB", "images.ts nginx:1.27", "module.ts WEB", "out.ts WEB"]);
    assert.deepEqual((await found(cwd, ["in/main.ts", "in/far.ts"])), ["in/far.ts WEB", "in/images.ts nginx:1.27"]);
  });

  test("does not follow into what the policy leaves out", async (t) => {
    const cwd = tree(t, { "main.ts": main("./images"), "images.ts": WEB, "lading.yaml": "paths:\n  exclude: [images.ts]\n" });
    assert.deepEqual(await found(cwd), ["main.ts WEB"]);
    assert.deepEqual(await found(cwd, ["main.ts"]), ["main.ts WEB"]);
  });

  test("is as right when it remembers as when it does not", async (t) => {
    const cwd = tree(t, { "main.ts": main("./images"), "images.ts": WEB, "a.yaml": pod("a:1"), "same.yaml": pod("same:1"), "same.ts": pod("same:1") });
    const git = (...args: readonly string[]): void => void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd, stdio: "ignore" });
    git("init", "-q");
    git("add", "-A");
    git("commit", "-qm", "x");
    const env = { XDG_CACHE_HOME: tree(t, {}) };
    const cold = ["a.yaml a:1", "images.ts nginx:1.27", "same.yaml same:1"];
    for (let run = 0; run < 2; run++) assert.deepEqual(await found(cwd, [], env), cold);
    // The importer is as committed; what it imports is not.
    writeFileSync(join(cwd, "images.ts"), 'export const WEB = "nginx:1.28";\n');
    assert.deepEqual(await found(cwd, [], env), ["a.yaml a:1", "images.ts nginx:1.28", "same.yaml same:1"]);
    git("commit", "-qam", "y");
    for (let run = 0; run < 2; run++) assert.deepEqual(await found(cwd, [], env), ["a.yaml a:1", "images.ts nginx:1.28", "same.yaml same:1"]);
    writeFileSync(join(cwd, "images.ts"), 'import * as k from "cdk8s-plus-32";\nexport const WEB = "nginx:1.29";\nnew k.Pod(c, "p", { containers: [{ image: "more:1" }] });\n');
    assert.deepEqual(await found(cwd, [], env), ["a.yaml a:1", "images.ts nginx:1.29", "images.ts more:1", "same.yaml same:1"]);
  });
});

/** Scripts that a run loaded, by V8's own account. */
async function loaded(t: TestContext, args: readonly string[], cwd: string): Promise<string[]> {
  const folder = tree(t, {});
  await lading(args, { cwd, env: { NODE_V8_COVERAGE: folder } });
  const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as { result: { url: string }[] });
  return reports.flatMap(({ result }) => result.map(({ url }) => url));
}

describe("the compiler", () => {
  const compiler = (urls: readonly string[]): boolean => urls.some((url) => url.includes("ts-morph"));

  test("is loaded by runs that meet a TypeScript manifest, and by no others", async (t) => {
    const cwd = tree(t, { "yaml/a.yaml": pod("a:1"), "yaml/plain.ts": use('"plain:1"'), "ts/main.ts": `${KPLUS}${use('"own:1"')}` });
    assert.ok(compiler(await loaded(t, ["check"], join(cwd, "ts"))));
    for (const [args, where] of [[["check"], "yaml"], [["--version"], "ts"], [["explain", "pin-by-digest"], "ts"]] as const) {
      const urls = await loaded(t, args, join(cwd, where));
      assert.ok(urls.length > 0 && !compiler(urls), args.join(" "));
    }
  });
});

describe("dist/", () => {
  const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

  test("checks TypeScript alone, without node_modules", { skip: existsSync(join(dist, "surfaces-typescript-locate.cjs")) ? false : "run npm run build first" }, (t) => {
    const copy = mkdtempSync(join(tmpdir(), "lading-dist-"));
    t.after(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(dist, join(copy, "dist"), { recursive: true });
    const cwd = tree(t, { "main.ts": main("./images"), "images.ts": WEB });
    const { stdout, stderr } = spawnSync(process.execPath, [join(copy, "dist/lading.cjs"), "check", "--format", "json"], { cwd, encoding: "utf8", env: { HOME: copy, PATH: process.env["PATH"] } });
    assert.equal(stderr, "");
    assert.deepEqual((JSON.parse(stdout) as { references: Reference[] }).references.map(({ file, raw }) => [file, raw]), [["images.ts", "nginx:1.27"]]);
    const library = `import { check, roleOf } from ${JSON.stringify(join(copy, "dist/index.js"))};
      const policy = { online: false, failOn: "warning", registries: { ours: [], plainHttp: [], certificateAuthorities: [] }, mirrors: [], images: [], paths: { include: [], exclude: [] }, rules: {}, waivers: [] };
      const files = { "main.ts": ${JSON.stringify(`${KPLUS}${use('"own:1"')}`)} };
      const workspace = { root: ".", files: Object.keys(files), unread: [], role: (file) => roleOf(file, new Set(), false), load: (file) => ({ path: file, text: files[file], encoding: "utf-8" }) };
      const report = await check(workspace, { policy, baseline: new Set(), adopt: false, fromPolicy: "", version: "0", started: "2026-01-01T00:00:00Z", clock: () => 0 });
      console.log([...report.references].map(({ raw }) => raw).join());`;
    const told = spawnSync(process.execPath, ["--input-type=module", "-e", library], { cwd, encoding: "utf8" });
    assert.equal(`${told.stdout}${told.stderr}`, "own:1\n");
  });
});
