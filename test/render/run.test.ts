/** Programs that do not behave, under a limit on time and on output. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { type Limits, type Ran, run } from "../../src/render/run.ts";

const LIMITS: Limits = { milliseconds: 30_000, graceMilliseconds: 200, outputBytes: 64 * 1024 * 1024, memoryBytes: 4 * 1024 ** 3 };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lading-run-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const node = (cwd: string, script: string, limits: Partial<Limits> = {}): Promise<Ran> =>
  run({ program: process.execPath, args: ["-e", script], env: {}, cwd }, { ...LIMITS, ...limits });

/** Whether a process is there, or only its entry waiting to be collected. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** What it takes for a signal that was sent to have arrived. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 500 && isAlive(pid); tries++) await new Promise((done) => setTimeout(done, 10));
  return !isAlive(pid);
}

/** Starts a child that writes its id and ignores the request to end. */
const STUBBORN_CHILD = `
const { spawn } = require("node:child_process");
spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); require('fs').writeFileSync('child', String(process.pid)); setInterval(() => {}, 1000)"], { stdio: "inherit" });
`;
const WAIT_FOR_CHILD = `const wait = setInterval(() => { if (require("node:fs").existsSync("child")) { clearInterval(wait); then(); } }, 10);`;

describe("run", () => {
  test("answers what was printed", async (t) => {
    assert.deepEqual(await node(folderOf(t), `process.stdout.write("a\\u00fc"); process.stderr.write("b")`), { is: "done", output: "aü", error: "b" });
  });

  test("answers how it failed", async (t) => {
    assert.deepEqual(await node(folderOf(t), `console.log("half"); console.error("why"); process.exit(3)`), { is: "failed", code: 3, signal: undefined, error: "why\n" });
  });

  test("says by what it was ended", async (t) => {
    const ran = await node(folderOf(t), `process.kill(process.pid, "SIGKILL")`);
    assert.equal(ran.is === "failed" && ran.signal, "SIGKILL");
  });

  test("says that there is no such program", async (t) => {
    assert.deepEqual(await run({ program: join(folderOf(t), "none"), args: [], env: {}, cwd: tmpdir() }, LIMITS), { is: "not-started", why: "ENOENT" });
  });

  test("does not ask a shell", async (t) => {
    const ran = await run({ program: process.execPath, args: ["-e", "console.log(process.argv[1])", "$(touch x); `touch y` * ;"], env: {}, cwd: folderOf(t) }, LIMITS);
    assert.equal(ran.is === "done" && ran.output, "$(touch x); `touch y` * ;\n");
  });

  test("gives it nothing to read", async (t) => {
    const ran = await node(folderOf(t), `process.stdin.on("data", () => {}).on("end", () => console.log("end"))`);
    assert.equal(ran.is === "done" && ran.output, "end\n");
  });

  test("ends what hangs", async (t) => {
    assert.deepEqual(await node(folderOf(t), "setInterval(() => {}, 1000)", { milliseconds: 300 }), { is: "timeout" });
  });

  test("ends what ignores the request to end", async (t) => {
    assert.deepEqual(await node(folderOf(t), `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)`, { milliseconds: 500 }), { is: "timeout" });
  });

  test("ends a child that ignores the request, and that its parent leaves behind", async (t) => {
    const folder = folderOf(t);
    const ran = await node(folder, `${STUBBORN_CHILD} ${WAIT_FOR_CHILD} const then = () => { console.log("done"); process.exit(0); };`);
    assert.equal(ran.is === "done" && ran.output, "done\n");
    assert.ok(await gone(Number(readFileSync(join(folder, "child"), "utf8"))));
  });

  test("ends a child that ignores the request, with its parent at the deadline", async (t) => {
    const folder = folderOf(t);
    // Long enough for the child to have started, on a machine however busy.
    for (const milliseconds of [1_000, 5_000, 25_000]) {
      if (existsSync(join(folder, "child"))) break;
      assert.deepEqual(await node(folder, `${STUBBORN_CHILD} setInterval(() => {}, 1000)`, { milliseconds }), { is: "timeout" });
    }
    assert.ok(await gone(Number(readFileSync(join(folder, "child"), "utf8"))));
  });

  test("does not wait for one that left the group and holds the output open", async (t) => {
    const folder = folderOf(t);
    const ran = await node(folder, `
      const { spawn } = require("node:child_process");
      spawn(process.execPath, ["-e", "require('fs').writeFileSync('child', String(process.pid)); setInterval(() => {}, 1000)"], { stdio: "inherit", detached: true });
      ${WAIT_FOR_CHILD} const then = () => { console.log("done"); process.exit(0); };`);
    process.kill(Number(readFileSync(join(folder, "child"), "utf8")), "SIGKILL");
    assert.equal(ran.is === "done" && ran.output, "done\n");
  });

  test("ends what prints too much", async (t) => {
    const ran = await node(folderOf(t), `
      process.stdout.on("error", () => {});
      const chunk = "x".repeat(1 << 20);
      let left = 70;
      const more = () => { while (left-- > 0) if (!process.stdout.write(chunk)) return process.stdout.once("drain", more); };
      more();`);
    assert.deepEqual(ran, { is: "too-large", what: "output" });
  });

  const GREEDY = "const kept = []; setInterval(() => kept.push(Buffer.alloc(16 << 20, 1)), 5);";
  for (const [who, script] of Object.entries({ "what": GREEDY, "whose child": `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(GREEDY)}]); setInterval(() => {}, 1000);` })) {
    test(`ends ${who} takes too much memory`, { skip: process.platform !== "linux" }, async (t) => {
      assert.deepEqual(await node(folderOf(t), script, { memoryBytes: 400 << 20 }), { is: "too-large", what: "memory" });
    });
  }

  test("keeps what is just as large as allowed", async (t) => {
    const ran = await node(folderOf(t), `process.stdout.write("x".repeat(1000))`, { outputBytes: 1000 });
    assert.equal(ran.is === "done" && ran.output.length, 1000);
  });

  test("cuts short what it complains, and lets it go on", async (t) => {
    const ran = await node(folderOf(t), `process.stderr.write("y".repeat(5 << 20), () => console.log("done"))`);
    assert.ok(ran.is === "done");
    assert.deepEqual([ran.output, ran.error.length], ["done\n", 64 * 1024]);
  });
});
