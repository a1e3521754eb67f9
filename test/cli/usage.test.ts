/** Exit codes for each cause, and what is said with them. Nothing here needs a registry. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { lading, pod, tree } from "./lading.ts";

const PINNED = `nginx:1.27@sha256:${"a".repeat(64)}`;

describe("exit codes", { concurrency: 4 }, () => {
  test("0: clean", async (t) => {
    const { code, stdout, stderr } = await lading(["check"], { cwd: tree(t, { "a.yaml": pod(PINNED) }) });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^1 reference in 1 file: 1 pinned · offline/m);
  });

  test("1: findings", async (t) => {
    const { code, stdout } = await lading(["check"], { cwd: tree(t, { "a.yaml": pod("nginx:1.27") }) });
    assert.equal(code, 1);
    assert.match(stdout, /error\[pin-by-digest\]/);
    assert.match(stdout, /--> a\.yaml:8:14/);
  });

  test("1 or 0 by the severity that fails, from the option before the policy", async (t) => {
    const cwd = tree(t, { "a.yaml": pod('"{{ .x }}"'), "lading.yaml": "failOn: info\n" });
    assert.equal((await lading(["check"], { cwd })).code, 1);
    assert.equal((await lading(["check", "--fail-on", "warning"], { cwd })).code, 0);
  });

  test("2: an unknown option, with the nearest one", async (t) => {
    const { code, stderr } = await lading(["check", "--stict"], { cwd: tree(t, {}) });
    assert.equal(code, 2);
    assert.match(stderr, /--stict/);
    assert.match(stderr, /did you mean --strict\?/);
  });

  test("2: an unknown command, format, severity, rule, colour or schema", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED) });
    const mistakes: [string[], RegExp][] = [
      [["chekc"], /did you mean lading check\?/], [["check", "--format", "prety"], /pretty/], [["check", "--fail-on", "warn"], /warning/],
      [["explain", "pin-by-digset"], /did you mean pin-by-digest\?/], [["check", "--color", "sometimes"], /auto, always, never/], [["schema", "polcy"], /policy/],
      [["check", "--format"], /format/], [["check", "--format", "json", "--format", "sarif"], /standard output/],
    ];
    for (const [args, said] of mistakes) {
      const { code, stderr } = await lading(args, { cwd });
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, said, args.join(" "));
      assert.doesNotMatch(stderr, /internal|    at /, args.join(" "));
    }
  });

  test("2: no command at all shows what there is", async (t) => {
    const { code, stdout } = await lading([], { cwd: tree(t, {}) });
    assert.equal(code, 2);
    assert.match(stdout, /lading pin/);
  });

  test("2: a typing mistake in the policy, at its line, with the nearest key", async (t) => {
    const { code, stderr } = await lading(["check"], { cwd: tree(t, { "a.yaml": pod(PINNED), "lading.yaml": "online: false\nregistires:\n  ours: [ghcr.io/acme/**]\n" }) });
    assert.equal(code, 2);
    assert.match(stderr, /lading\.yaml:2:1/);
    assert.match(stderr, /registries/);
  });

  test("2: a policy that is no YAML, or is not there", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED), "lading.yaml": "a: [\n" });
    assert.equal((await lading(["check"], { cwd })).code, 2);
    assert.equal((await lading(["check", "--policy", "other.yaml"], { cwd })).code, 2);
  });

  test("2: a path that does not exist", async (t) => {
    const { code, stderr } = await lading(["check", "nowhere"], { cwd: tree(t, { "a.yaml": pod(PINNED) }) });
    assert.equal(code, 2);
    assert.match(stderr, /nowhere/);
  });

  test("2: a report that cannot be written", async (t) => {
    const { code, stderr } = await lading(["check", "--format", "json=no/such/folder/x.json"], { cwd: tree(t, { "a.yaml": pod(PINNED) }) });
    assert.equal(code, 2);
    assert.match(stderr, /cannot be written/);
  });

  test("2: a baseline that was named and is not there", async (t) => {
    assert.equal((await lading(["check", "--baseline", "none.json"], { cwd: tree(t, { "a.yaml": pod(PINNED) }) })).code, 2);
  });

  test("3: nothing to check", async (t) => {
    for (const files of [{}, { "README.md": "image: nginx\n" }] as const) assert.equal((await lading(["check"], { cwd: tree(t, files) })).code, 3);
    assert.equal((await lading(["pin"], { cwd: tree(t, {}) })).code, 3);
  });

  test("--help and --version exit with 0", async (t) => {
    const cwd = tree(t, {});
    for (const args of [["--help"], ["--version"], ["check", "--help"], ["pin", "-h"], ["demo", "--help"], ["explain", "--help"], ["rules"], ["baseline", "--help"], ["evidence", "--help"], ["schema"]]) {
      const { code, stdout, stderr } = await lading(args, { cwd });
      assert.deepEqual([code, stderr], [0, ""], args.join(" "));
      assert.notEqual(stdout, "", args.join(" "));
    }
  });
});

describe("what cannot be read", { concurrency: 4 }, () => {
  test("a file without the permission to read it is named", { skip: process.getuid?.() === 0 && "root may read everything" }, async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED), "secret.yaml": pod("nginx:1") });
    chmodSync(join(cwd, "secret.yaml"), 0);
    const { code, stdout } = await lading(["check"], { cwd });
    assert.equal(code, 1);
    assert.match(stdout, /secret\.yaml/);
    assert.match(stdout, /1 document could not be read/);
  });

  test("links in a circle and links to nothing end, and are named", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED) });
    symlinkSync("loop.yaml", join(cwd, "loop.yaml"));
    symlinkSync("nothing.yaml", join(cwd, "dangling.yaml"));
    symlinkSync(".", join(cwd, "self"));
    symlinkSync("a.yaml", join(cwd, "twin.yaml"));
    const { code, stdout } = await lading(["check"], { cwd });
    assert.equal(code, 1);
    assert.match(stdout, /loop\.yaml.*circle/);
    assert.match(stdout, /dangling\.yaml.*nothing/);
    assert.doesNotMatch(stdout, /twin|self/);
    assert.match(stdout, /1 reference in 1 file/);
  });

  test("a link that was named and goes in a circle is a usage error", async (t) => {
    const cwd = tree(t, {});
    symlinkSync("loop.yaml", join(cwd, "loop.yaml"));
    const { code, stderr } = await lading(["check", "loop.yaml"], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /circle/);
  });

  test("a document that is no YAML is a finding at its place; the others are judged", async (t) => {
    const { code, stdout } = await lading(["check"], { cwd: tree(t, { "a.yaml": `${pod("nginx:1")}---\nimage: [\n---\n${pod("redis:1")}` }) });
    assert.equal(code, 1);
    assert.match(stdout, /error\[readable-document\]/);
    assert.match(stdout, /2 references in 1 file/);
  });

  test("bytes that are no text are a finding", async (t) => {
    const { code, stdout } = await lading(["check"], { cwd: tree(t, { "a.yaml": Buffer.from("image: \xff\xfe\xfd\n", "latin1") }) });
    assert.equal(code, 1);
    assert.match(stdout, /UTF-8/);
  });
});

describe("a check", { concurrency: 4 }, () => {
  test("needs no policy, no network and no Git", async (t) => {
    const { code, stdout } = await lading(["check"], { cwd: tree(t, { "a/b.yaml": pod("nginx:1.27") }), env: { PATH: "/nonexistent", HTTPS_PROXY: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" } });
    assert.equal(code, 1);
    assert.match(stdout, /· offline ·/);
  });

  test("of a folder whose .git is broken looks at every file", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27") });
    mkdirSync(join(cwd, ".git"));
    assert.match((await lading(["check"], { cwd })).stdout, /1 reference in 1 file/);
  });

  test("of paths names them from where it was started", async (t) => {
    const cwd = tree(t, { "a/b.yaml": pod("nginx:1.27"), "c.yaml": pod("redis:7"), "d.yaml": pod("x:1") });
    const { stdout } = await lading(["check", "a", "c.yaml", "--format", "concise"], { cwd });
    assert.deepEqual(stdout.split("\n").slice(0, 2).map((line) => line.split(": ")[0]), ["a/b.yaml:8:14", "c.yaml:8:14"]);
    assert.match((await lading(["check", "a", "--format", "concise"], { cwd })).stdout, /^a\/b\.yaml:8:14/);
  });

  test("reads standard input", async (t) => {
    const { code, stdout } = await lading(["check", "-"], { cwd: tree(t, {}), input: pod("nginx:1.27") });
    assert.equal(code, 1);
    assert.match(stdout, /<stdin>:8:14/);
  });

  test("changes no file", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27") });
    await lading(["check"], { cwd });
    assert.equal(readFileSync(join(cwd, "a.yaml"), "utf8"), pod("nginx:1.27"));
  });

  test("accepts a baseline that it wrote, and forgets what is gone", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27", "redis:7") });
    assert.equal((await lading(["baseline", "write"], { cwd })).code, 0);
    assert.equal((await lading(["check"], { cwd })).code, 0);
    writeFileSync(join(cwd, "a.yaml"), pod("nginx:1.27", PINNED, "new:1"));
    assert.equal((await lading(["check"], { cwd })).code, 1);
    assert.match((await lading(["baseline", "prune"], { cwd })).stdout, /1 accepted, 1 forgotten/);
  });

  test("of a tree of nothing but excluded files has nothing to check", async (t) => {
    assert.equal((await lading(["check"], { cwd: tree(t, { "a/b.yaml": pod("nginx:1"), "lading.yaml": "paths:\n  exclude: [\"**\"]\n" }) })).code, 3);
  });
});

describe("output", { concurrency: 4 }, () => {
  test("goes to standard output in one format and to files in others, with the same exit code", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27") });
    const { code, stdout } = await lading(["check", "--format", "concise", "--format", "json=r.json", "-f", "sarif=r.sarif", "-f", "markdown=r.md", "-f", "jsonl=r.jsonl"], { cwd });
    assert.equal(code, 1);
    assert.match(stdout, /^a\.yaml:8:14: error\[pin-by-digest\]/);
    const json = JSON.parse(readFileSync(join(cwd, "r.json"), "utf8"));
    assert.equal(json.summary.references, 1);
    assert.equal(JSON.parse(readFileSync(join(cwd, "r.sarif"), "utf8")).runs[0].results.length, 1);
    assert.match(readFileSync(join(cwd, "r.md"), "utf8"), /pin-by-digest/);
    assert.equal(readFileSync(join(cwd, "r.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line).type).at(-1), "summary");
  });

  test("to files alone prints nothing", async (t) => {
    const { stdout } = await lading(["check", "--format", "json=r.json"], { cwd: tree(t, { "a.yaml": pod("nginx:1.27") }) });
    assert.equal(stdout, "");
  });

  test("has colours when they are asked for, and NO_COLOR is obeyed", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27") });
    const colored = async (args: string[], env: Record<string, string> = {}): Promise<boolean> => (await lading(["check", ...args], { cwd, env })).stdout.includes("\x1b[");
    assert.equal(await colored([]), false);
    assert.equal(await colored([], { FORCE_COLOR: "1" }), true);
    assert.equal(await colored([], { FORCE_COLOR: "1", NO_COLOR: "1" }), false);
    assert.equal(await colored([], { FORCE_COLOR: "0" }), false);
    assert.equal(await colored(["--color", "always"], { NO_COLOR: "1" }), true);
    assert.equal(await colored(["--color", "never"], { FORCE_COLOR: "1" }), false);
    assert.equal(await colored([], { NO_COLOR: "", FORCE_COLOR: "1" }), true);
  });

  test("never carries what could steer a terminal", async (t) => {
    const { stdout } = await lading(["check"], { cwd: tree(t, { "a.yaml": pod('"nginx:1\\x1b[31m"'), "b\x1b[2J.yaml": pod("nginx:1 # \x1b[31m\u202e") }) });
    assert.doesNotMatch(stdout, /[\x1b\u202e]/);
  });

  test("is the step's summary in GitHub Actions as well", async (t) => {
    const cwd = tree(t, { "a.yaml": pod("nginx:1.27") });
    const { stdout } = await lading(["check", "--format", "github"], { cwd, env: { GITHUB_STEP_SUMMARY: join(cwd, "summary.md") } });
    assert.match(stdout, /^::error file=a\.yaml,line=8/m);
    assert.match(readFileSync(join(cwd, "summary.md"), "utf8"), /pin-by-digest/);
  });
});

describe("init", () => {
  test("writes a policy that is one, once", async (t) => {
    const cwd = tree(t, { "a.yaml": pod(PINNED) });
    assert.equal((await lading(["init"], { cwd })).code, 0);
    assert.equal((await lading(["check"], { cwd })).code, 0);
    assert.equal((await lading(["init"], { cwd })).code, 2);
  });
});
