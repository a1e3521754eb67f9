/** What went wrong once at the edges: paths, links, pipes, policies, baselines. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { forTerminal } from "../../src/cli/diff.ts";
import { type DemoRegistry, startDemoRegistry } from "../../src/demo/registry.ts";
import { skip } from "./git.ts";
import { lading, pod, snapshot, start, tree } from "./lading.ts";

const PINNED = `nginx:1.27@sha256:${"a".repeat(64)}`;

async function registry(t: TestContext): Promise<DemoRegistry> {
  const started = await startDemoRegistry({});
  t.after(() => started.close());
  return started;
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always", ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], HOME: cwd } });
}

interface Found {
  readonly findings: readonly { rule: string; severity: string; file: string; label: string; message: string; fingerprint: string }[];
  readonly references: readonly { file: string; raw: string }[];
  readonly unread?: readonly { file: string; kind: string }[];
}

async function json(cwd: string, ...args: string[]): Promise<Found & { code: number | null }> {
  const { code, stdout, stderr } = await lading(["check", "--format", "json", ...args], { cwd });
  assert.equal(stderr, "");
  return { ...JSON.parse(stdout), code };
}

const raws = ({ references }: Found): string[] => references.map(({ file, raw }) => `${file} ${raw}`);

describe("links", { concurrency: 4 }, () => {
  test("a link that was named is followed to its file", async (t) => {
    const outside = tree(t, { "real.yaml": pod("outside:1") });
    const cwd = tree(t, { "sub/a.yaml": pod("inside:1") });
    symlinkSync("sub/a.yaml", join(cwd, "in.yaml"));
    symlinkSync(join(outside, "real.yaml"), join(cwd, "out.yaml"));
    assert.deepEqual(raws(await json(cwd, "in.yaml")), ["sub/a.yaml inside:1"]);
    assert.deepEqual((await json(cwd, "out.yaml")).references.map(({ raw }) => raw), ["outside:1"]);
  });

  test("pin writes the file that a named link leads to, and leaves the link", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const cwd = tree(t, { "sub/a.yaml": pod(`${host}/acme/web:1`) });
    symlinkSync("sub/a.yaml", join(cwd, "in.yaml"));
    const { code, stderr } = await lading(["pin", "in.yaml"], { cwd });
    assert.equal(code, 0, stderr);
    assert.deepEqual(snapshot(cwd), { "sub/a.yaml": pod(`${host}/acme/web:1@${digest}`) });
  });

  for (const [where, prepare] of [["", undefined], [" in a Git repository", (cwd: string) => git(cwd, "init", "-q")]] as const) {
    test(`a link out of the folder is a warning${where}`, { skip: prepare !== undefined && skip }, async (t) => {
      const outside = tree(t, { "real.yaml": pod("outside:1") });
      const cwd = tree(t, { "a.yaml": pod(PINNED) });
      symlinkSync(join(outside, "real.yaml"), join(cwd, "out.yaml"));
      prepare?.(cwd);
      const { code, findings, references } = await json(cwd);
      assert.deepEqual(references.map(({ file }) => file), ["a.yaml"]);
      assert.deepEqual(findings.map(({ rule, severity, file }) => `${rule} ${severity} ${file}`), ["readable-document warning out.yaml"]);
      assert.equal(code, 1);
    });
  }

  test("a report is not written through one", async (t) => {
    const outside = tree(t, { "victim": "precious\n" });
    const cwd = tree(t, { "a.yaml": pod(PINNED) });
    symlinkSync(join(outside, "victim"), join(cwd, "r.sarif"));
    const { code, stderr } = await lading(["check", "--format", "sarif=r.sarif"], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /cannot be written/);
    assert.deepEqual(snapshot(outside), { victim: "precious\n" });
  });
});

describe("repositories in the repository", { concurrency: 3, skip }, () => {
  test("a submodule and a nested repository are named, and nothing in them is judged", async (t) => {
    const library = tree(t, { "lib.yaml": pod("lib:1") });
    git(library, "init", "-q");
    git(library, "add", "-A");
    git(library, "commit", "-qm", "x");
    const cwd = tree(t, { "a.yaml": pod(PINNED), "nested/b.yaml": pod("nested:1") });
    git(cwd, "init", "-q");
    git(join(cwd, "nested"), "init", "-q");
    git(cwd, "submodule", "--quiet", "add", library, "module");
    const { references, findings, ...report } = await json(cwd);
    assert.deepEqual(references.map(({ file }) => file), ["a.yaml"]);
    const text = JSON.stringify({ findings, report });
    for (const name of ["module", "nested"]) assert.ok(text.includes(`"file":"${name}"`), `${name} is named`);
    assert.match(text, /Git repository of its own/);
    assert.deepEqual(raws(await json(cwd, "module")).length, 1);
    assert.deepEqual(raws(await json(cwd, "nested")).length, 1);
  });

  test("a program that the checked repository names as core.fsmonitor is not run", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED), "monitor.sh": '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n' });
    chmodSync(join(cwd, "monitor.sh"), 0o755);
    git(cwd, "init", "-q");
    git(cwd, "add", "-A");
    git(cwd, "commit", "-qm", "x");
    git(cwd, "config", "core.fsmonitor", join(cwd, "monitor.sh"));
    for (const args of [["check"], ["check"], ["check", "--no-cache"], ["check", "."]]) assert.equal((await lading(args, { cwd })).code, 0);
    assert.ok(!("ran" in snapshot(cwd)));
    git(cwd, "status");
    assert.ok("ran" in snapshot(cwd), "git itself runs it");
  });
});

describe("standard input and output", { concurrency: 4 }, () => {
  test("nothing on standard input is nothing to check", async (t) => {
    const cwd = tree(t, {});
    for (const input of ["", "\n \n"]) assert.equal((await lading(["check", "-"], { cwd, input })).code, 3, JSON.stringify(input));
    assert.equal((await lading(["check", "-"], { cwd, input: pod(PINNED) })).code, 0);
  });

  for (const [image, wanted] of [["web:1", 1], [PINNED, 0]] as const) {
    test(`a reader that goes away leaves exit code ${wanted}`, async (t) => {
      const cwd = tree(t, { "a.yaml": pod(...Array.from({ length: 4000 }, () => image)) });
      const child = await start(["check", "--format", "json"], { cwd });
      child.stdin!.end();
      let stderr = "";
      child.stderr!.on("data", (chunk) => (stderr += chunk));
      child.stdout!.once("data", () => child.stdout!.destroy());
      const code = await new Promise((done) => child.once("close", done));
      assert.deepEqual([code, stderr], [wanted, ""]);
    });
  }
});

describe("a policy", { concurrency: 4 }, () => {
  const BROKEN = { "gen/a.yaml": `${pod(PINNED)}---\nimage: [\n` };

  test("can turn off, or waive by path, what could not be read", async (t) => {
    assert.equal((await json(tree(t, BROKEN))).code, 1);
    assert.equal((await json(tree(t, { ...BROKEN, "lading.yaml": "rules:\n  readable-document: off\n" }))).code, 0);
    const waiver = (path: string): string => `waivers:\n- rule: readable-document\n  path: ${path}\n  reason: generated\n  until: 2999-12-31\n`;
    assert.equal((await json(tree(t, { ...BROKEN, "lading.yaml": waiver("gen/**") }))).code, 0);
    assert.equal((await json(tree(t, { ...BROKEN, "lading.yaml": waiver("other/**") }))).code, 1);
  });

  test("does not lead out of the folder", async (t) => {
    const parent = tree(t, { "outside.yaml": pod("outside:1"), "in/a.yaml": pod("inside:1"), "in/lading.yaml": 'paths:\n  include: ["../*", "*.yaml"]\n' });
    assert.deepEqual(raws(await json(join(parent, "in"))), ["a.yaml inside:1"]);
  });

  test("that lies elsewhere names paths from the checked folder", async (t) => {
    const elsewhere = tree(t, { "p.yaml": "paths:\n  include: ['apps/**']\n  exclude: ['apps/old/**']\n" });
    const cwd = tree(t, { "apps/a.yaml": pod("a:1"), "apps/old/b.yaml": pod("b:1"), "c.yaml": pod("c:1") });
    assert.deepEqual(raws(await json(cwd, "--policy", join(elsewhere, "p.yaml"))), ["apps/a.yaml a:1"]);
  });

  test("that lies above names paths from where it lies", async (t) => {
    const cwd = tree(t, { "lading.yaml": "paths:\n  exclude: ['apps/old/**']\n", "apps/a.yaml": pod("a:1"), "apps/old/b.yaml": pod("b:1") });
    mkdirSync(join(cwd, ".git"));
    assert.deepEqual((await json(cwd, "apps")).references.map(({ raw }) => raw), ["a:1"]);
  });

  test("is not written where there is one under the other name", async (t) => {
    const cwd = tree(t, { "lading.yml": "online: false\n" });
    const { code, stderr } = await lading(["init"], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /lading\.yml is there already/);
    assert.deepEqual(Object.keys(snapshot(cwd)), ["lading.yml"]);
  });
});

describe("usage", { concurrency: 4 }, () => {
  test("names that every object has are no schemas, commands or rules", async (t) => {
    const cwd = tree(t, {});
    for (const args of [["schema", "toString"], ["schema", "constructor"], ["toString"], ["constructor"], ["explain", "toString"], ["check", "--format", "toString"], ["check", "--fail-on", "toString"]]) {
      const { code, stderr } = await lading(args, { cwd });
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, /toString|constructor/, args.join(" "));
    }
  });

  test("two formats to one file are a mistake", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED) });
    const { code, stderr } = await lading(["check", "--format", "json=r", "--format", "sarif=r"], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /same place/);
    assert.deepEqual(Object.keys(snapshot(cwd)), ["a.yaml"]);
  });

  test("two spellings of one file are one file", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED) });
    assert.equal((await lading(["check", "--format", "json=r", "--format", "sarif=./r"], { cwd })).code, 2);
  });
});

describe("baselines", { concurrency: 4 }, () => {
  test("are written anew over one that is broken", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27"), "lading-baseline.json": "{ broken" });
    assert.equal((await lading(["check"], { cwd })).code, 2);
    const { code, stderr } = await lading(["baseline", "write"], { cwd });
    assert.equal(code, 0, stderr);
    assert.equal((await lading(["check"], { cwd })).code, 0);
  });

  test("hold for a folder of the repository as for the whole", async (t) => {
    const cwd = tree(t, { "lading.yaml": "online: false\n", "apps/a.yaml": pod("nginx:1.27"), "apps/b/c.yaml": pod("redis:7") });
    mkdirSync(join(cwd, ".git"));
    const prints = async (...args: string[]): Promise<string[]> => (await json(cwd, ...args)).findings.map(({ fingerprint }) => fingerprint);
    assert.deepEqual(await prints("apps"), await prints("."));
    assert.deepEqual(await prints("apps/a.yaml", "apps/b/c.yaml"), await prints("."));
    assert.equal((await lading(["baseline", "write"], { cwd })).code, 0);
    for (const path of [".", "apps", "apps/b"]) assert.equal((await lading(["check", path], { cwd })).code, 0, path);
  });
});

describe("pin", { concurrency: 3 }, () => {
  test("--diff of a folder prints a patch that applies from where it was started", { skip }, async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const cwd = tree(t, { "apps/a.yaml": pod(`${host}/acme/web:1`) });
    const { stdout } = await lading(["pin", "--diff", "apps"], { cwd });
    execFileSync("git", ["apply", "-"], { cwd, input: stdout, stdio: ["pipe", "pipe", "pipe"] });
    assert.deepEqual(snapshot(cwd), { "apps/a.yaml": pod(`${host}/acme/web:1@${digest}`) });
  });

  test("a file that is read-only is left alone, named and exit code 4; the others are pinned", async (t) => {
    const { host, putImage } = await registry(t);
    const digest = putImage("acme/web", "1");
    const before = pod(`${host}/acme/web:1`);
    const cwd = tree(t, { "a.yaml": before, "b.yaml": before, "c.yaml": before });
    chmodSync(join(cwd, "b.yaml"), 0o444);
    const { code, stderr } = await lading(["pin"], { cwd });
    assert.equal(code, 4);
    assert.match(stderr, /b\.yaml/);
    assert.match(stderr, /read-only/);
    const after = pod(`${host}/acme/web:1@${digest}`);
    assert.deepEqual(snapshot(cwd), { "a.yaml": after, "b.yaml": before, "c.yaml": after });
  });

  test("--diff and --check call no suppression unused that a check does not", async (t) => {
    const { host, putImage } = await registry(t);
    putImage("acme/web", "1");
    putImage("acme/web", "latest");
    const cwd = tree(t, { "a.yaml": pod(`${host}/acme/web:1`, `${host}/acme/web # lading: ignore[name-a-tag] the newest`) });
    assert.doesNotMatch((await lading(["check"], { cwd })).stdout, /used-suppression/);
    for (const option of ["--diff", "--check"]) {
      const { code, stdout, stderr } = await lading(["pin", option], { cwd });
      assert.doesNotMatch(stdout + stderr, /used-suppression/, option);
      assert.equal(code, option === "--check" ? 1 : 0, option);
    }
  });

  test("answers learned from one policy's mirror do not serve without that policy", async (t) => {
    const [one, two] = [await registry(t), await registry(t)];
    const wrong = one.putImage("copies/acme/web", "1");
    const right = two.putImage("acme/web", "1", { seed: "other" });
    const text = pod(`${two.host}/acme/web:1`);
    const env = { XDG_CACHE_HOME: tree(t, {}) };
    const mirrored = tree(t, { "a.yaml": text, "lading.yaml": `mirrors:\n- from: ${two.host}\n  to: ${one.host}/copies\n` });
    await lading(["pin"], { cwd: mirrored, env });
    assert.match(snapshot(mirrored)["a.yaml"]!, new RegExp(wrong));
    const asked = two.log.length;
    const plain = tree(t, { "a.yaml": text });
    await lading(["pin"], { cwd: plain, env });
    assert.match(snapshot(plain)["a.yaml"]!, new RegExp(right));
    assert.ok(two.log.length > asked);
  });

  test("a diff for a terminal holds no control characters", () => {
    const shown = forTerminal("-a \x1b[2Jb\r\n+\x07c \u202ed\tx\n");
    assert.doesNotMatch(shown, /[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]/);
    assert.equal(shown.split("\n").length, 3);
  });
});

