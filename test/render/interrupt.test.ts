/** Whoever interrupts a run leaves no program and no copy behind. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { tree } from "../cli/lading.ts";
import { programs } from "./fakes.ts";

const RENDER = new URL("../../src/render/render.ts", import.meta.url).href;
const SCRIPT = `
import { createRender } from ${JSON.stringify(RENDER)};
const [root, PATH] = process.argv.slice(2);
const said = { file: "a.yaml", position: { line: 1, column: 1 } };
await createRender({ root, env: { PATH } })({ root: { folder: "web", tool: "helm", by: "folder", said, open: [] }, instead: new Map(), provenance: false });
`;

async function until(what: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 3_000 && !what(); tries++) await new Promise((done) => setTimeout(done, 10));
  return what();
}

describe("a run that is interrupted", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`by ${signal} ends its programs, removes its copies, and ends by that signal`, async (t) => {
      const bin = programs(t, { helm: `process.on("SIGTERM", () => {}); process.on("SIGINT", () => {}); fs.writeFileSync(__dirname + "/pid", String(process.pid)); setInterval(() => {}, 1000);` });
      const folder = tree(t, { "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "run.mts": SCRIPT });
      const temporary = join(folder, "tmp");
      mkdirSync(temporary);
      writeFileSync(join(folder, "package.json"), "{}");
      const run = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), join(folder, "run.mts"), folder, bin.path], { env: { PATH: process.env["PATH"], TMPDIR: temporary }, stdio: "ignore" });
      const ended = new Promise<NodeJS.Signals | null>((done) => run.once("exit", (_code, by) => done(by)));
      const copies = (): string[] => readdirSync(temporary).filter((name) => name.startsWith("lading-render-"));
      assert.ok(await until(() => existsSync(join(bin.path, "pid"))));
      assert.equal(copies().length, 1);
      run.kill(signal);
      assert.equal(await ended, signal);
      const pid = readFileSync(join(bin.path, "pid"), "utf8");
      assert.ok(await until(() => !existsSync(`/proc/${pid}`)), "the program goes on");
      assert.deepEqual(copies(), []);
    });
  }
});
