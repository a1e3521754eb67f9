/** What registries said in earlier runs counts only under the policy that it was asked under. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openAnswerFile } from "../../src/files/answer-cache.ts";
import { tree } from "../cli/lading.ts";
import { digestOf, known, unknown } from "../pipeline/memory.ts";

const NOW = Date.parse("2026-01-02T00:00:00Z");
const KEY = "HEAD docker.io/library/nginx:1";
const digest = digestOf("nginx");

describe("the answer file", () => {
  test("keeps what one set of mirrors said from another", (t) => {
    const path = join(tree(t, {}), "answers.json");
    const mirrored = openAnswerFile(path, { mirrors: [{ from: "docker.io", to: "mirror.example" }] });
    mirrored.set(KEY, known(digest));
    mirrored.save(NOW);
    assert.equal(openAnswerFile(path, { mirrors: [] }).get(KEY), undefined);
    assert.deepEqual(openAnswerFile(path, { mirrors: [{ from: "docker.io", to: "mirror.example" }] }).get(KEY), known(digest, { from: "cache" }));
  });

  test("keeps what others wrote when it saves", (t) => {
    const path = join(tree(t, {}), "answers.json");
    for (const scope of ["one", "two"]) {
      const file = openAnswerFile(path, scope);
      file.set(KEY, known(digestOf(scope)));
      file.save(NOW);
    }
    for (const scope of ["one", "two"]) assert.deepEqual(openAnswerFile(path, scope).get(KEY), known(digestOf(scope), { from: "cache" }));
  });

  test("remembers neither failures nor absence", (t) => {
    const file = openAnswerFile(join(tree(t, {}), "answers.json"), "");
    file.set(KEY, unknown("timeout"));
    assert.equal(file.get(KEY), undefined);
    file.set(KEY, { is: "absent" });
    assert.equal(file.get(KEY), undefined);
  });

  test("drops what is old, and does without a file that is none", (t) => {
    const path = join(tree(t, {}), "answers.json");
    const file = openAnswerFile(path, "");
    file.set(KEY, known(digest));
    file.save(NOW + 31 * 24 * 60 * 60 * 1000);
    assert.equal(openAnswerFile(path, "").get(KEY), undefined);
    file.save(NOW);
    const good = readFileSync(path, "utf8");
    for (const bad of ["", "{", "[]", "null", '{"version":2}', '{"version":2,"answers":null}', good.slice(0, -9), good.replaceAll(digest, "sha256:x"), good.replace('"version":2', '"version":1')]) {
      writeFileSync(path, bad);
      assert.equal(openAnswerFile(path, "").get(KEY), undefined, bad);
    }
  });
});
