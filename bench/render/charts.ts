/**
 * Reports of chart folders, for each image in their values: the form in which it can be pinned, or why not; and how
 * many of the rendered images were traced to a line. `node --import tsx bench/render/charts.ts [--brief] FOLDER...`
 */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { install } from "../tools/install.ts";
import { table } from "../tools/table.ts";
import { probeChart, type ProbedChart, rendererFor } from "./probe-chart.ts";

const brief = process.argv.includes("--brief");
const folders = process.argv.slice(2).filter((argument) => !argument.startsWith("--")).map((folder) => resolve(folder));
const helm = await install("helm");
if ("missing" in helm || folders.length === 0) {
  console.error("missing" in helm ? helm.missing : "name a folder with a Chart.yaml");
  process.exit(2);
}

const summary: (string | number)[][] = [];
for (const folder of folders) {
  if (!existsSync(join(folder, "Chart.yaml"))) {
    summary.push([basename(folder), "-", "-", "-", "-", "-", "no Chart.yaml"]);
    continue;
  }
  const chart = await probeChart(folder, rendererFor(folder, helm.path));
  if (!brief) print(folder, chart);
  summary.push(row(folder, chart));
}
console.log(table(["chart", "rendered", "traced", "in values", "pinned", "renders", "forms and refusals"], summary));

function print(folder: string, { images, failure }: ProbedChart): void {
  console.log(`\n${folder}${failure === undefined ? "" : `: does not render: ${cause(failure)}`}`);
  for (const { place, outcome, code, why } of images) console.log(`  ${place}\n    ${outcome === code ? code : `${code}: ${outcome}`}${why === "" ? "" : `: ${why}`}`);
}

function row(folder: string, { images, rendered, traced, renders, failure, result }: ProbedChart): (string | number)[] {
  const codes = new Map<string, number>();
  for (const { code } of images) codes.set(code, (codes.get(code) ?? 0) + 1);
  const pinned = [...result.outcomes.values()].filter(({ is }) => is === "pinned").length;
  const said = failure === undefined ? [...codes].map(([code, count]) => `${code} ${count}`).join(", ") : `does not render: ${cause(failure).slice(0, 120)}`;
  return [basename(folder), rendered, traced, images.length, pinned, renders, said];
}

/** The line of an error that says most. */
function cause(failure: string): string {
  const lines = failure.trim().split("\n").filter((line) => !line.startsWith("Use --debug"));
  return (lines.find((line) => line.includes("Error:")) ?? lines.at(-1) ?? "").trim();
}
