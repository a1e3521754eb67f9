/**
 * What proofs by rendering cost and come to: every chart of the fixtures with helm 3 and 4, the form chosen for each
 * image, the renders that took, and the sandbox's share beside the programs alone. Ends with one line; exits 1 when short.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatReference } from "../../src/model/reference.ts";
import { execute } from "../tools/lading.ts";
import { install, installKustomize } from "../tools/install.ts";
import { table } from "../tools/table.ts";
import { corpus } from "./corpus.ts";
import { kustomizeCost, median, type Cost } from "./cost.ts";
import { probeChart, rendererFor, rootOf } from "./probe-chart.ts";

const CHARTS = join(import.meta.dirname, "../../test/fixtures/charts");

/** Renders for each candidate, besides two of the chart as it is: six forms, halves and the last one with all of them. */
const RENDERS_EACH = 8;
/** How much longer a render may take in the sandbox than the program alone. */
const COST = 2;

type Expected = Readonly<Record<string, Readonly<Record<string, { readonly form?: string; readonly image?: string; readonly refused?: string }>>>>;

const problems: string[] = [];
const missing: string[] = [];
const costs: (Cost & { readonly what: string })[] = [];
let images = 0;
let right = 0;
let renders = 0;

for (const name of ["helm", "helm4"] as const) {
  const helm = await install(name);
  if ("missing" in helm) {
    missing.push(helm.missing);
    continue;
  }
  const version = (await execute(helm.path, ["version", "--short"])).out.trim();
  const rows: (string | number)[][] = [];
  for (const chart of readdirSync(CHARTS).sort()) {
    const expected = JSON.parse(readFileSync(join(CHARTS, chart, "expected.json"), "utf8")) as Expected;
    // Values that no object names are no layer of a chart's folder.
    const places = Object.entries(expected).filter(([file]) => !file.startsWith("production")).flatMap(([file, paths]) => Object.entries(paths).map(([path, want]) => ({ place: `${file} ${path}`, want })));
    const probed = await probeChart(join(CHARTS, chart), rendererFor(join(CHARTS, chart), helm.path));
    if (probed.failure !== undefined) problems.push(`${name}: ${chart} does not render: ${probed.failure}`);
    const found = new Map([...probed.result.outcomes].map(([{ site, path }, outcome]) => [`${site.file} ${path.join(".")}`, outcome.is === "pinned" ? `${outcome.form} ${formatReference(outcome.image)}` : outcome.is === "inactive" ? "inactive" : outcome.reason.code]));
    const wrong = places.filter(({ place, want }) => found.get(place) !== (want.form === undefined ? want.refused : `${want.form} ${want.image}`));
    for (const { place } of wrong) problems.push(`${name}: ${chart}: ${place} is ${found.get(place) ?? "not found"}`);
    if (found.size !== places.length) problems.push(`${name}: ${chart}: ${found.size} images in its values, not ${places.length}`);
    const bound = 2 + RENDERS_EACH * found.size;
    if (probed.renders > bound) problems.push(`${name}: ${chart}: ${probed.renders} renders for ${found.size} images, more than ${bound}`);
    if (probed.traced < probed.rendered) problems.push(`${name}: ${chart}: ${probed.rendered - probed.traced} of ${probed.rendered} rendered images were not traced`);
    images += places.length;
    right += places.length - wrong.length;
    renders += probed.renders;
    rows.push([chart, found.size, probed.renders, `${probed.traced}/${probed.rendered}`, [...found.values()].map((one) => one.split(" ")[0]!).join(", ")]);
  }
  console.log(`\nPins proved with ${version}\n\n${table(["chart", "images", "renders", "traced", "forms and refusals"], rows)}`);
  costs.push({ what: `helm template (${version.replace(/\+.*/, "")})`, ...(await helmCost(helm.path)) });
}

const kustomize = await installKustomize();
if ("missing" in kustomize) missing.push(kustomize.missing);
else costs.push({ what: "kustomize build", ...(await kustomizeCost(kustomize)) });

console.log(`\nOne render, median of interleaved rounds\n\n${table(["", "alone", "in the sandbox", "ratio", "at most"], costs.map(({ what, alone, sandboxed }) => [what, `${alone.toFixed(0)} ms`, `${sandboxed.toFixed(0)} ms`, (sandboxed / alone).toFixed(2), COST]))}`);
for (const { what, alone, sandboxed } of costs) if (sandboxed / alone > COST) problems.push(`${what} takes ${(sandboxed / alone).toFixed(2)} times as long in the sandbox`);
const kustomizations = await corpus();
console.log(`\n${kustomizations.text}`);
if (!kustomizations.ok) problems.push(kustomizations.summary);
for (const problem of problems) console.log(`problem: ${problem}`);
console.log(`\nrender: ${problems.length + missing.length === 0 ? "passed" : "short"}: ${right} of ${images} images in values as expected, ${renders} renders to prove them; ${costs.map(({ what, alone, sandboxed }) => `${what} × ${(sandboxed / alone).toFixed(2)}`).join(", ")}; ${kustomizations.summary}; ${problems.length} problems; missing: ${missing.join("; ") || "nothing"}`);
process.exitCode = problems.length + missing.length === 0 ? 0 : 1;

/** A render in the sandbox beside the program alone, on a copy of a chart of usual size. */
async function helmCost(helm: string): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), "lading-bench-"));
  try {
    cpSync(join(CHARTS, "kube-prometheus-stack"), folder, { recursive: true });
    const render = rendererFor(folder, helm);
    return await median(
      async () => void (await execute(helm, ["template", "release", folder, "--include-crds"])),
      async () => void (await render({ root: rootOf(), instead: new Map(), provenance: false })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
