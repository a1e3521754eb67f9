/** What earlier runs found out about charts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openProbeFile } from "../../src/files/probe-cache.ts";

function file(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lading-probes-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "deep/probes.json");
}

const DAY = 24 * 60 * 60 * 1000;

test("what is kept is there the next time, and goes when nobody asks for it", (t) => {
  const path = file(t);
  const first = openProbeFile(path);
  first.set("a", "1");
  first.set("b", "2");
  first.save(0);
  const later = openProbeFile(path);
  assert.equal(later.get("a"), "1");
  later.set("c", "3");
  later.save(31 * DAY);
  const last = openProbeFile(path);
  assert.deepEqual([last.get("a"), last.get("b"), last.get("c")], ["1", undefined, "3"]);
});

test("a file that is damaged is an empty one", (t) => {
  const path = file(t);
  const first = openProbeFile(path);
  first.set("a", "1");
  first.save(0);
  for (const text of ["", "{", '{"version":1,"probes":{"a":7}}', readFileSync(path, "utf8").replace('"version":1', '"version":0')]) {
    writeFileSync(path, text);
    assert.equal(openProbeFile(path).get("a"), undefined);
  }
});
