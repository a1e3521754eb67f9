/** What the quick tests pass over holds no site: every fixture and every document of the corpus, read with and without them. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { decode } from "../../src/files/load.ts";
import type { SourceFile } from "../../src/model/site.ts";
import { mayHoldImage } from "../../src/surfaces/candidates.ts";
import { NO_OWN_FIELDS } from "../../src/surfaces/known-fields.ts";
import { locateFile, locateIn } from "../../src/surfaces/locate.ts";
import { readDocuments } from "../../src/surfaces/read-documents.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { readStream } from "../../src/syntax/read.ts";
import { cases, source } from "./fixture.ts";

const CORPUS = fileURLToPath(new URL("../../bench/.cache/corpus/dev/", import.meta.url));

/** Sites of a file that is read whole, and of one that is read as a run reads it. */
async function bothWays(file: SourceFile, charts: ReadonlySet<string>): Promise<[number, number]> {
  const role = roleOf(file.path, charts, false);
  const quick = await locateFile(file, role);
  const { inside } = await readDocuments(file, role);
  const stream = await readStream(file.text, { wanted: () => true, template: role.template });
  const whole = locateIn(file, role, { ...stream, inside });
  const seen = mayHoldImage(Buffer.from(file.text), role, NO_OWN_FIELDS.toRead) ? quick.sites.length : 0;
  return [seen, whole.sites.length];
}

test("fixtures", async () => {
  for (const one of cases()) assert.equal(...(await bothWays(source(one), new Set(one.expected.charts))), one.name);
});

test("custom resources of the corpus", { skip: !existsSync(CORPUS) && "the corpus is not unpacked" }, async () => {
  const names = readdirSync(CORPUS, { recursive: true, encoding: "utf8" }).filter((name) => /\.(?:ya?ml|json)$/.test(name));
  const charts = new Set(names.filter((name) => name.endsWith("/Chart.yaml")).map((name) => name.slice(0, -"/Chart.yaml".length)));
  let compared = 0;
  for (const name of names) {
    const path = join(CORPUS, name);
    const facts = statSync(path, { throwIfNoEntry: false });
    // Files with a group in them, and of a size that keeps the test short.
    if (!facts?.isFile() || facts.size > 60_000) continue;
    const bytes = readFileSync(path);
    if (!/apiVersion["']?: *["']?[a-z0-9-]+\.[a-z0-9.-]+\//.test(bytes.toString("latin1"))) continue;
    const file = decode(name, bytes);
    if ("why" in file) continue;
    assert.equal(...(await bothWays(file, charts)), name);
    compared++;
  }
  assert.ok(compared > 1000, `${compared} files were compared`);
});
