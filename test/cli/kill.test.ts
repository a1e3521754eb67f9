/** A pin that is killed: every file is the old one or the new one, and the next run ends the work. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { startDemoRegistry } from "../../src/demo/registry.ts";
import { lading, pod, snapshot, start, tree } from "./lading.ts";
import { random } from "../syntax/mutate.ts";

const FILES = 400;
const ROUNDS = 8;

describe("a pin that is killed", () => {
  test("leaves every file whole, old or new", async (t) => {
    const registry = await startDemoRegistry({ latencyMs: 2 });
    t.after(() => registry.close());
    const digest = registry.putImage("acme/web", "1");
    const old = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`f${String(i).padStart(3, "0")}.yaml`, `${pod(`${registry.host}/acme/web:1`)}# ${"x".repeat(5000)}\n`]));
    const isOld = (text: string): boolean => text === Object.values(old)[0];
    const fresh = Object.values(old)[0]!.replace("web:1", `web:1@${digest}`);
    const next = random(6);
    const env = { XDG_CACHE_HOME: tree(t, {}) };
    // How long a whole run takes here, so that the kills fall into the writing.
    const began = performance.now();
    await lading(["pin"], { cwd: tree(t, old), env });
    const whole = performance.now() - began;
    let between = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const cwd = tree(t, old);
      const child = await start(["pin"], { cwd, env });
      child.stdout!.resume();
      child.stderr!.resume();
      const ended = new Promise((done) => child.once("close", done));
      await wait(whole * (0.15 + 0.85 * next()));
      child.kill("SIGKILL");
      await ended;
      const now = snapshot(cwd);
      const left = Object.entries(now).filter(([name]) => !name.startsWith(".lading-"));
      assert.equal(left.length, FILES);
      for (const [name, text] of left) assert.ok(isOld(text) || text === fresh, `${name} is neither the old file nor the new one`);
      const written = left.filter(([, text]) => !isOld(text)).length;
      if (written > 0 && written < FILES) between++;
      // What a killed run leaves behind is no manifest to the next one, which ends the work.
      if (round === 0) {
        const { code } = await lading(["pin"], { cwd, env });
        assert.equal(code, 0);
        assert.ok(Object.entries(snapshot(cwd)).every(([name, text]) => name.startsWith(".lading-") || text === fresh));
      }
      assert.ok(readdirSync(cwd).filter((name) => name.startsWith(".lading-")).length <= 1);
    }
    t.diagnostic(`${between} of ${ROUNDS} kills fell between the first write and the last`);
  });
});
