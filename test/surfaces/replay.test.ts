/**
 * Other tools' cases, in files of our own: `test/fixtures/replay/<case>/`. What is found and what a pin writes is
 * held; how a surface names the place is its own matter. Cases that only concern Kubernetes, Helm values and
 * Kustomize are fixtures of those surfaces, under `replay-…`.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { formatReference } from "../../src/model/reference.ts";
import { stateOf } from "../../src/model/state.ts";
import { type Files, pinned, workspace, surveyed } from "../pipeline/memory.ts";

interface Replay {
  readonly shows: string;
  readonly file: string;
  /** The references that stand in the file, sorted. */
  readonly reads: readonly string[];
}

const folder = new URL("../fixtures/replay/", import.meta.url);
const names = readdirSync(folder).sort();

async function replay(name: string): Promise<void> {
  const part = (file: string): Buffer => readFileSync(new URL(`${name}/${file}`, folder));
  const { file, reads } = JSON.parse(part("expected.json").toString()) as Replay;
  const files: Files = { [file]: part("before.yaml") };
  const { located } = await surveyed(workspace(files));
  const found = located.flatMap(({ sites }) => sites).filter((site) => stateOf(site) !== "not-run");
  assert.deepEqual(found.flatMap(({ reading }) => (reading.is === "reference" ? [formatReference(reading.reference)] : [])).sort(), reads);
  const { refused } = await pinned(files, { unsafe: true });
  assert.deepEqual(refused, []);
  assert.equal(files[file]!.toString(), part("after.yaml").toString());
}

describe("cases of other tools", () => {
  for (const name of names) test(name, () => replay(name));
});
