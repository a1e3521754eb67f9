/** Each convention and each failure of charts, with the real helm: the form that is chosen, and what it changes. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { install } from "../../bench/tools/install.ts";
import { formatReference } from "../../src/model/reference.ts";
import type { ValuesLayer } from "../../src/model/render.ts";
import { helmRender, probeFolder } from "./charts.ts";
import { missing } from "./missing.ts";

const CHARTS = join(import.meta.dirname, "../fixtures/charts");

type Expected = Readonly<Record<string, Readonly<Record<string, { form?: string; image?: string; writesTag?: string; also?: string; refused?: string }>>>>;

for (const name of ["helm", "helm4"] as const) {
  describe(`pins proven by ${name}`, () => {
    for (const chart of readdirSync(CHARTS).sort()) {
      test(chart, async (t) => {
        const helm = await install(name);
        if ("missing" in helm) return missing(t, helm.missing);
        const folder = join(CHARTS, chart);
        const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected;
        const { outcomes, failure, renders } = await probeFolder(folder, helmRender(helm.path, folder), layersFor(folder));
        assert.equal(failure, undefined, failure?.message);
        const found: Record<string, Record<string, unknown>> = Object.fromEntries(Object.keys(expected).map((file) => [file, {}]));
        for (const [{ site, path, tag }, outcome] of outcomes) {
          (found[site.file] ??= {})[path.join(".")] =
            outcome.is === "pinned" ? { form: outcome.form, image: formatReference(outcome.image), ...(tag === undefined ? { writesTag: outcome.writes } : {}), ...(outcome.also === undefined ? {} : { also: "label" }) }
            : { refused: outcome.is === "inactive" ? "inactive" : outcome.reason.code };
        }
        assert.deepEqual(found, expected);
        assert.ok(renders <= 2 + 8 * outcomes.size, `${renders} renderings for ${outcomes.size} candidates`);
      });
    }
  });
}

/** Values files beside the chart's own are given on the command line. */
function layersFor(folder: string): ValuesLayer[] {
  const path = "production-values.yaml";
  return existsSync(join(folder, path)) ? [{ is: "file", path, optional: false, said: { file: path, position: { line: 1, column: 1 } } }] : [];
}
