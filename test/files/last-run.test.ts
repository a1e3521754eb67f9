/** The last answer is printed again when nothing has changed, and only then. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openLastRun, recordRun } from "../../src/files/last-run.ts";
import { openMemory } from "../../src/files/memory.ts";
import { openWorkspace } from "../../src/cli/workspace.ts";
import { lading, pod, program, tree } from "../cli/lading.ts";
import { skip } from "../cli/git.ts";
import { commit, git, put, repository } from "./repository.ts";

type Environment = Readonly<Record<string, string>>;

const FILES = { "a.yaml": pod("nginx:1.27"), "sub/b.yaml": pod("ghcr.io/acme/web:1", `nginx@sha256:${"a".repeat(64)}`), "README.md": "web\n", "bad.yaml": "a: [\nimage: x\n" };

const cache = (t: TestContext): Environment => ({ XDG_CACHE_HOME: tree(t, {}) });

/** What was printed, without the one thing that may differ. */
async function told(cwd: string, args: readonly string[], env: Environment): Promise<{ code: number | null; text: string }> {
  const { code, stdout, stderr } = await lading(["check", ...args], { cwd, env });
  assert.equal(stderr, "");
  assert.match(stdout, / · offline · [\d.]+ m?s/);
  return { code, text: stdout.replace(/ · offline · [\d.]+ m?s/, "") };
}

function kept(env: Environment): string | undefined {
  const folder = join(env["XDG_CACHE_HOME"]!, "lading");
  const name = existsSync(folder) ? readdirSync(folder).find((one) => one.startsWith("last-")) : undefined;
  return name === undefined ? undefined : join(folder, name);
}

/** Changes what is kept, so that an answer tells where it comes from. */
function mark(env: Environment): void {
  const path = kept(env);
  assert.ok(path !== undefined, "the answer was kept");
  writeFileSync(path, readFileSync(path, "utf8").replaceAll("[pin-by-digest]", "[FROM-LAST-RUN]"));
}
const isMarked = ({ text }: { text: string }): boolean => text.includes("[FROM-LAST-RUN]");

/** Two runs over the same, of which the second repeats the first. */
async function repeated(cwd: string, env: Environment, args: readonly string[] = []): Promise<void> {
  const first = await told(cwd, args, env);
  assert.ok(first.text.includes("[pin-by-digest]"));
  assert.deepEqual(await told(cwd, args, env), first);
  assert.deepEqual(await told(cwd, [...args, "--no-cache"], env), first);
  mark(env);
  const marked = await told(cwd, args, env);
  assert.ok(isMarked(marked), "the second answer is the first one's text");
  assert.equal(marked.code, first.code);
}

/** A run that makes its answer anew, and the answer is the one of a run that knows nothing. */
async function isFresh(cwd: string, env: Environment, args: readonly string[] = []): Promise<void> {
  const fresh = await told(cwd, args, env);
  assert.ok(!isMarked(fresh), "the answer is a new one");
  assert.deepEqual(fresh, await told(cwd, [...args, "--no-cache"], env));
  assert.deepEqual(await told(cwd, args, env), fresh);
}

/** Fakes the time of a run. */
function daysOn(t: TestContext, days: number): Environment {
  const folder = tree(t, { "clock.cjs": `const Real = Date; const on = ${days * 86_400_000};\nglobalThis.Date = class extends Real { constructor(...a) { if (a.length) super(...a); else super(Real.now() + on); } static now() { return Real.now() + on; } };\n` });
  return { NODE_OPTIONS: `--require ${join(folder, "clock.cjs")}` };
}

describe("the last answer", { concurrency: 4, skip }, () => {
  for (const args of [[], ["--format", "concise"], ["--color", "always"], ["--fail-on", "error"]])
    test(`is printed again, byte by byte but for the time it took: ${args.join(" ") || "no option"}`, async (t) => {
      await repeated(repository(t, FILES), cache(t), args);
    });

  test("is printed again for a folder that is named, and in a part of a repository", async (t) => {
    const cwd = repository(t, FILES);
    await repeated(cwd, cache(t), ["sub"]);
    await repeated(join(cwd, "sub"), cache(t));
  });

  test("is printed again with a policy and a baseline, as their content is known", async (t) => {
    const cwd = repository(t, { ...FILES, "lading.yaml": "registries:\n  ours: [ghcr.io/acme/**]\n" });
    await lading(["baseline", "write", "sub"], { cwd });
    commit(cwd);
    await repeated(cwd, cache(t));
  });

  test("opens neither a manifest nor what was located, and does not need it", async (t) => {
    const cwd = repository(t, FILES);
    const env = cache(t);
    const log = join(tree(t, {}), "log");
    const hook = tree(t, { "open.cjs": `const fs = require("node:fs"); const open = fs.openSync; const append = fs.appendFileSync;\nfor (const name of ["openSync", "readFileSync"]) { const real = fs[name]; fs[name] = (path, ...rest) => { if (typeof path === "string" && path !== ${JSON.stringify(log)}) append(${JSON.stringify(log)}, path + "\\n"); return real(path, ...rest); }; }\nrequire("node:module").syncBuiltinESMExports();\n` });
    const watched = { ...env, NODE_OPTIONS: `--require ${join(hook, "open.cjs")}` };
    const opened = async (): Promise<string[]> => {
      rmSync(log, { force: true });
      await told(cwd, [], watched);
      return readFileSync(log, "utf8").split("\n").filter((path) => /\.yaml$|located-/.test(path));
    };
    assert.ok((await opened()).some((path) => path.endsWith("a.yaml")), "the first run opens them");
    assert.deepEqual(await opened(), []);
    rmSync(join(env["XDG_CACHE_HOME"]!, "lading", readdirSync(join(env["XDG_CACHE_HOME"]!, "lading")).find((name) => name.startsWith("located-"))!));
    mark(env);
    assert.ok(isMarked(await told(cwd, [], env)));
  });

  test("is kept with no other user's rights", async (t) => {
    const env = cache(t);
    await told(repository(t, FILES), [], env);
    assert.equal(statSync(kept(env)!).mode & 0o777, 0o600);
  });
});

describe("an answer is made anew after", { concurrency: 4, skip }, () => {
  const changes: Readonly<Record<string, (cwd: string, t: TestContext) => void | Promise<void>>> = {
    "an edit": (cwd) => put(cwd, { "a.yaml": pod("nginx:1.28") }),
    "an edit of the same size": (cwd) => put(cwd, { "a.yaml": pod("nginx:1.29") }),
    "a touch": (cwd) => utimesSync(join(cwd, "a.yaml"), 1, 1),
    // Git compares whole seconds.
    "a change of mode": async (cwd) => {
      await sleep(1100);
      chmodSync(join(cwd, "a.yaml"), 0o600);
    },
    "a new file": (cwd) => put(cwd, { "new.yaml": pod("new:1") }),
    "a new file in a new folder": (cwd) => put(cwd, { "deep/er/Kustomization": "images:\n- name: nginx\n  newTag: \"1\"\n" }),
    "a new chart around manifests": (cwd) => put(cwd, { "sub/Chart.yaml": "name: c\n" }),
    "a file that is gone": (cwd) => rmSync(join(cwd, "a.yaml")),
    "a folder that is gone": (cwd) => rmSync(join(cwd, "sub"), { recursive: true }),
    "a folder that became a link": (cwd) => {
      renameSync(join(cwd, "sub"), join(cwd, "real"));
      symlinkSync("real", join(cwd, "sub"));
    },
    "a file that became a link": (cwd) => {
      rmSync(join(cwd, "a.yaml"));
      symlinkSync("sub/b.yaml", join(cwd, "a.yaml"));
    },
    "a rename": (cwd) => void git(cwd, "mv", "a.yaml", "c.yaml"),
    "a rename that was committed": (cwd) => {
      git(cwd, "mv", "a.yaml", "c.yaml");
      commit(cwd);
    },
    "a commit": (cwd) => {
      put(cwd, { "a.yaml": pod("nginx:1.28") });
      commit(cwd);
    },
    "another branch": (cwd) => {
      git(cwd, "switch", "-q", "-c", "other");
      put(cwd, { "a.yaml": pod("nginx:1.28") });
      commit(cwd);
      git(cwd, "switch", "-q", "main");
      git(cwd, "switch", "-q", "other");
    },
    "a file that is not tracked any more": (cwd) => void git(cwd, "rm", "-q", "--cached", "a.yaml"),
    "a file that Git ignores now": (cwd) => {
      git(cwd, "rm", "-q", "--cached", "a.yaml");
      put(cwd, { ".gitignore": "a.yaml\n" });
    },
    "a conflict": (cwd) => {
      git(cwd, "switch", "-q", "-c", "other");
      put(cwd, { "a.yaml": pod("nginx:1.28") });
      commit(cwd);
      git(cwd, "switch", "-q", "main");
      put(cwd, { "a.yaml": pod("nginx:1.29") });
      commit(cwd);
      assert.throws(() => git(cwd, "merge", "other"));
    },
    "an edit that Git was told not to look for": (cwd) => {
      git(cwd, "update-index", "--assume-unchanged", "a.yaml");
      put(cwd, { "a.yaml": pod("nginx:1.28") });
    },
    "an edit outside of a sparse checkout": (cwd) => {
      git(cwd, "update-index", "--skip-worktree", "a.yaml");
      put(cwd, { "a.yaml": pod("nginx:1.28") });
    },
    "a file that is only meant to be added": (cwd) => {
      put(cwd, { "new.yaml": pod("new:1") });
      git(cwd, "add", "-N", "new.yaml");
    },
    "a repository inside": (cwd) => {
      put(cwd, { "inner/x.yaml": pod("inner:1") });
      git(join(cwd, "inner"), "init", "-q");
    },
    "a repository around tracked files": (cwd) => {
      git(join(cwd, "sub"), "init", "-q");
      put(cwd, { "sub/x.yaml": pod("inner:1") });
    },
    "an index that is gone": (cwd) => rmSync(join(cwd, ".git/index")),
    "a repository that is gone": (cwd) => rmSync(join(cwd, ".git"), { recursive: true }),
    "new attributes": (cwd) => put(cwd, { ".gitattributes": "*.yaml filter=x\n" }),
    "new attributes of the clone": (cwd) => put(cwd, { ".git/info/attributes": "*.yaml ident\n" }),
    "new attributes of the user": (cwd, t) => {
      const folder = tree(t, { attributes: "*.yaml ident\n" });
      git(cwd, "config", "core.attributesFile", join(folder, "attributes"));
    },
    "a new policy": (cwd) => put(cwd, { "lading.yml": "rules:\n  pin-by-digest: error\n" }),
    "a policy that leaves files out": (cwd) => put(cwd, { "lading.yml": "paths:\n  exclude: [sub/**]\n" }),
    "a policy that includes others": (cwd) => put(cwd, { "lading.yml": "paths:\n  include: [sub/**]\n" }),
    "a new baseline": (cwd) => put(cwd, { "lading-baseline.json": '{"version":1,"findings":[]}\n' }),
  };
  for (const [what, change] of Object.entries(changes))
    test(what, async (t) => {
      const cwd = repository(t, FILES);
      const env = cache(t);
      await repeated(cwd, env);
      await change(cwd, t);
      await isFresh(cwd, env);
    });

  for (const args of [["--fail-on", "error"], ["--format", "concise"], ["--color", "always"], ["--strict"], ["--policy", "other.yml"], ["--baseline", "other.json"], ["--format", "concise", "--color", "always"]])
    test(`another option: ${args.join(" ")}`, async (t) => {
      const cwd = repository(t, { ...FILES, "other.json": '{"version":1,"findings":[{"fingerprint":"0123456789abcdef0123456789abcdef","rule":"pin-by-digest","file":"a.yaml"}]}\n', "other.yml": "failOn: info\nrules:\n  pin-by-digest: info\n" });
      const env = cache(t);
      await repeated(cwd, env);
      await isFresh(cwd, env, args);
    });

  test("an edit of the policy and of the baseline that Git does not see", async (t) => {
    const cwd = repository(t, { ...FILES, ".gitignore": "lading*\n" });
    const env = cache(t);
    put(cwd, { "lading.yaml": "rules:\n  pin-by-digest: error\n" });
    await repeated(cwd, env);
    put(cwd, { "lading.yaml": "rules:\n  pin-by-digest: info\n" });
    await isFresh(cwd, env);
    mark(env);
    await lading(["baseline", "write"], { cwd });
    await isFresh(cwd, env);
  });

  test("a start from another folder, from which paths read otherwise", async (t) => {
    const cwd = repository(t, FILES);
    const env = cache(t);
    await repeated(cwd, env);
    await isFresh(join(cwd, "sub"), env, [".."]);
    mark(env);
    await isFresh(cwd, env);
  });

  test("a chart that came up around the folder", async (t) => {
    const cwd = repository(t, { "chart/sub/values.yaml": "web:\n  image: ghcr.io/acme/web:1\n", "chart/sub/a.yaml": pod("nginx:1.27") });
    const env = cache(t);
    await repeated(cwd, env, ["chart/sub"]);
    put(cwd, { "chart/Chart.yaml": "name: c\n" });
    await isFresh(cwd, env, ["chart/sub"]);
  });

  test("midnight, since suppressions end", async (t) => {
    const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const cwd = repository(t, { "a.yaml": pod("nginx:1.27", `web:1 # lading: ignore[pin-by-digest] soon gone until=${until}`) });
    const env = cache(t);
    await repeated(cwd, env);
    const later = { ...env, ...daysOn(t, 3) };
    const today = await told(cwd, ["--no-cache"], env);
    await isFresh(cwd, later);
    assert.notDeepEqual(await told(cwd, [], later), today);
  });

  test("another build of the program", async (t) => {
    const cwd = repository(t, FILES);
    const env = cache(t);
    await repeated(cwd, env);
    const other = tree(t, {});
    cpSync(dirname(await program()), other, { recursive: true });
    const runOf = (folder: string): string => spawnSync(process.execPath, [join(folder, "main.js"), "check"], { cwd, env: { PATH: process.env["PATH"], ...env }, encoding: "utf8" }).stdout;
    assert.ok(isMarked({ text: runOf(dirname(await program())) }));
    assert.match(runOf(other), /\[pin-by-digest\]/);
  });
});

test("a file that Git ignores or does not look at changes nothing", { skip }, async (t) => {
  const cwd = repository(t, { ...FILES, ".gitignore": "out/\n" });
  const env = cache(t);
  await repeated(cwd, env);
  put(cwd, { "out/x.yaml": pod("out:1"), "README.md": "other\n", "notes.txt": "new\n" });
  const again = await told(cwd, [], env);
  assert.ok(isMarked(again));
  assert.equal(again.text.replaceAll("[FROM-LAST-RUN]", "[pin-by-digest]"), (await told(cwd, ["--no-cache"], env)).text);
});

describe("nothing is kept of", { concurrency: 4, skip }, () => {
  const runs: Readonly<Record<string, readonly string[]>> = {
    "a run without caches": ["--no-cache"],
    "a run for machines": ["--format", "json"],
    "a run with two formats": ["--format", "pretty", "--format", "json=out.txt"],
    "a report in a file": ["--format", "pretty=out.txt"],
    "a file": ["a.yaml"],
    "two folders": ["sub", "other"],
    "a run that asks": ["--online"],
    "a run whose policy lists files": ["--policy", "include.txt"],
  };
  for (const [what, args] of Object.entries(runs))
    test(what, async (t) => {
      const cwd = repository(t, { "a.yaml": pod("127.0.0.1:1/a:1"), "sub/a.yaml": pod("127.0.0.1:1/a:1"), "other/a.yaml": pod("127.0.0.1:1/a:1"), "include.txt": 'paths: { include: ["**/*.yaml"] }\n' });
      const env = cache(t);
      const { code } = await lading(["check", ...args], { cwd, env });
      assert.ok(code === 0 || code === 1);
      assert.equal(kept(env), undefined);
    });

  const trees: Readonly<Record<string, (cwd: string) => void>> = {
    "a tree with a link that could be a manifest": (cwd) => {
      symlinkSync("sub/b.yaml", join(cwd, "link.yaml"));
      commit(cwd);
    },
    "a tree with a changed manifest": (cwd) => appendFileSync(join(cwd, "a.yaml"), "# changed\n"),
    "a tree with a new manifest": (cwd) => put(cwd, { "new.yaml": pod("new:1") }),
    "a tree with ids that are not content": (cwd) => {
      put(cwd, { ".gitattributes": "*.yaml ident\n" });
      commit(cwd);
    },
    "a tree in which nothing is": (cwd) => void git(cwd, "rm", "-rq", "."),
  };
  for (const [what, change] of Object.entries(trees))
    test(what, async (t) => {
      const cwd = repository(t, FILES);
      change(cwd);
      const env = cache(t);
      const first = await lading(["check"], { cwd, env });
      assert.equal(kept(env), undefined);
      assert.equal((await lading(["check"], { cwd, env })).code, first.code);
    });

  test("a linked work tree, whose attributes lie elsewhere", async (t) => {
    const cwd = repository(t, FILES);
    const linked = join(tree(t, {}), "linked");
    git(cwd, "worktree", "add", "-q", linked);
    const env = cache(t);
    await told(linked, [], env);
    assert.equal(kept(env), undefined);
  });

  test("a file that changed between Git's look at it and ours", async (t) => {
    const cwd = repository(t, { "a.yaml": pod("a:1"), "b.yaml": pod("b:1") });
    await sleep(50);
    const options = { paths: { include: [], exclude: [] }, fields: [], policyFolder: cwd };
    const workspace = await openWorkspace([cwd], cwd, options, () => openMemory(join(cwd, ".git/memory"), "1"));
    await workspace.more;
    assert.equal(workspace.isCommitted!(), true);
    put(cwd, { "b.yaml": pod("b:2") });
    for (const file of workspace.files) {
      const role = workspace.role(file, new Set());
      const source = workspace.load(file, role);
      assert.ok(source && "text" in source);
      workspace.memory!.keep(file, role, undefined);
    }
    assert.equal(workspace.isCommitted!(), false);
    (workspace.memory as ReturnType<typeof openMemory>).save();
    const ids = git(cwd, "ls-files", "-s").split("\n").map((line) => line.split(" ")[1]!);
    const memory = readFileSync(join(cwd, ".git/memory"), "utf8");
    assert.ok(memory.includes(ids[0]!));
    assert.ok(!memory.includes(ids[1]!));
  });
});

describe("the file of the last answer", () => {
  const head = { options: "o", tree: "t", code: 1, ending: { mode: "offline", seconds: 1, rules: { ran: [], skipped: [] }, unread: [] } } as unknown as Parameters<typeof recordRun>[1];
  const file = (t: TestContext): string => join(tree(t, {}), "sub", "last.txt");
  const record = (path: string, ...texts: readonly string[]): void => {
    const recorder = recordRun(path, head);
    for (const text of texts) recorder.add(Buffer.from(text));
    recorder.commit();
  };
  const textOf = (path: string): string | undefined => {
    const last = openLastRun(path);
    if (!last) return undefined;
    const pieces: Buffer[] = [];
    for (const piece of last.body()) pieces.push(Buffer.from(piece));
    last.close();
    return Buffer.concat(pieces).toString();
  };

  test("gives back what was printed, in however many pieces, and the head", (t) => {
    const path = file(t);
    for (const texts of [[], ["é\nlength 3\n"], ["a".repeat(300_000), "\n", "b".repeat(300_000)]]) {
      record(path, ...texts);
      assert.ok(textOf(path) === texts.join(""), `${texts.length} pieces`);
      assert.deepEqual(openLastRun(path)!.head, head);
      assert.deepEqual(readdirSync(dirname(path)), ["last.txt"]);
    }
  });

  test("is there only when it is whole", (t) => {
    const path = file(t);
    const recorder = recordRun(path, head);
    recorder.add(Buffer.from("text"));
    assert.equal(existsSync(path), false);
    recorder.commit();
    const good = readFileSync(path);
    for (let length = 0; length < good.length; length++) {
      writeFileSync(path, good.subarray(0, length));
      assert.equal(openLastRun(path), undefined, `${length} of ${good.length} bytes`);
    }
    writeFileSync(path, Buffer.concat([good, Buffer.from("x")]));
    assert.equal(openLastRun(path), undefined);
    writeFileSync(path, Buffer.concat([Buffer.from("x"), good]));
    assert.equal(openLastRun(path), undefined);
  });

  test("is not made where it cannot be, nor of more than it may hold", (t) => {
    const path = file(t);
    writeFileSync(dirname(path), "in the way");
    assert.doesNotThrow(() => record(path, "text"));
    assert.equal(openLastRun(path), undefined);
    rmSync(dirname(path));
    mkdirSync(dirname(path));
    record(path, ...Array<string>(9).fill("x".repeat(8 * 1024 * 1024)));
    assert.deepEqual(readdirSync(dirname(path)), []);
  });
});
