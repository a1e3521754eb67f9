/**
 * Does `lading check` find what is there, and nothing else? Judged by a ground truth that was made
 * by other programs. `--verbose` also lists the misses in categories that are not required yet.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReportedReference } from "../../src/model/report.ts";
import { linksOf, readDecoys, readTruth, readUnparsableLines, unpackCorpus, type TruthSite } from "../tools/corpus.ts";
import { report } from "../tools/lading.ts";
import { percent, table } from "../tools/table.ts";
import { compare, isRequired, placeKey, repositoryOf, REQUIRED_CATEGORIES } from "./compare.ts";

const RECALL_WANTED = 0.995;
const verbose = process.argv.includes("--verbose");

const explained = JSON.parse(readFileSync(join(import.meta.dirname, "explained.json"), "utf8")) as Record<string, string>;
const truth = readTruth();
const root = unpackCorpus();
const { report: checked, ran } = await report(["check", root, "--no-cache"]);
const result = compare(truth, readDecoys(), checked.references, linksOf(root));

const foundSites = new Set(result.found.map((pair) => pair.truth));
const required = truth.filter(isRequired);
const missed = required.filter((site) => !foundSites.has(site));
const unexplained = result.extra.filter((reference) => !(placeKey(reference) in explained));
const extraPlaces = new Set(result.extra.map(placeKey));
const stale = Object.keys(explained).filter((key) => !extraPlaces.has(key));
const inUnparsable = new Set(readUnparsableLines().map((line) => `${line.file}:${line.line}`));

const count = (sites: readonly TruthSite[]): number => sites.filter((site) => foundSites.has(site)).length;
const categories = [...new Set(truth.map((site) => site.category))].sort(
  (a, b) => Number(REQUIRED_CATEGORIES.includes(b)) - Number(REQUIRED_CATEGORIES.includes(a)) || a.localeCompare(b),
);
console.log(
  table(
    ["category", "high", "found", "recall", "all", "found", "recall", "raw ≠", "state ≠", "reference ≠", "wanted"],
    categories.map((category) => {
      const all = truth.filter((site) => site.category === category);
      const high = all.filter((site) => site.confidence === "high");
      const about = (what: string): number =>
        result.disagreements.filter((one) => one.about === what && one.truth.category === category).length;
      return [
        category, high.length, count(high), percent(count(high), high.length), all.length, count(all), percent(count(all), all.length),
        about("raw"), about("state"), about("reference"), REQUIRED_CATEGORIES.includes(category) ? "≥ 99.5 % of high" : "",
      ];
    }),
  ),
);
const repositories = [...new Set(truth.map(repositoryOf))].sort();
const here = <T extends { readonly file: string }>(list: readonly T[], repository: string): T[] =>
  list.filter((one) => one.file.startsWith(`${repository}/`));
console.log(
  `\n${table(
    ["repository", "required", "found", "recall", "other sites", "found", "extra", "explained", "decoys"],
    repositories.map((repository) => {
      const must = here(required, repository);
      const other = here(truth, repository).filter((site) => !isRequired(site));
      const extra = here(result.extra, repository);
      const unknown = here(unexplained, repository).length;
      return [
        repository, must.length, count(must), percent(count(must), must.length), other.length, count(other),
        unknown, extra.length - unknown, result.decoys.filter(({ reported }) => repositoryOf(reported) === repository).length,
      ];
    }),
  )}`,
);

list("Missed", missed, tell);
if (verbose) list("Missed, not required", truth.filter((site) => !isRequired(site) && !foundSites.has(site)), tell);
list("Reported and not in the truth", unexplained, (one) => `${tellReported(one)}${inUnparsable.has(`${one.file}:${one.line}`) ? " (in a document that does not parse)" : ""}`);
list("Reported more than once", result.repeated, tellReported);
list("Decoys reported", result.decoys, ({ decoy, reported }) => `${tellReported(reported)}: ${decoy.reason}`);
list("Explanations that explain nothing", stale, (key) => key);
list("Disagreements (for information)", result.disagreements, (one) => `${placeKey(one.reported)} [${one.truth.category}] ${one.about}: truth ${one.wanted}, reported ${one.got}`);

const recall = count(required) / required.length;
const ok = recall >= RECALL_WANTED && unexplained.length === 0 && result.repeated.length === 0 && result.decoys.length === 0 && stale.length === 0;
const unknownByOthers = result.extra.length - unexplained.length;
console.log(
  `\naccuracy: ${ok ? "passed" : "FAILED"}: recall ${percent(count(required), required.length)} of ${required.length} required sites (${missed.length} missed), ` +
    `${checked.references.length} reported, ${unexplained.length} not in the truth (and ${unknownByOthers} explained), ${result.repeated.length} repeated, ` +
    `${result.decoys.length} decoys, ${result.disagreements.length} disagreements, ${ran.seconds.toFixed(2)} s`,
);
process.exit(ok ? 0 : 1);

function list<T>(title: string, items: readonly T[], text: (item: T) => string): void {
  if (items.length > 0) console.log(`\n${title}: ${items.length}\n${items.map((item) => `  ${text(item)}`).join("\n")}`);
}

function tell(site: TruthSite): string {
  return `${placeKey(site)} [${site.category} ${site.sub} ${site.confidence} ${site.refClass}] ${site.path} = ${site.raw}`;
}

function tellReported(reference: ReportedReference): string {
  return `${placeKey(reference)} [${reference.surface} ${reference.confidence} ${reference.state}] ${reference.path.join(".")} = ${reference.raw}`;
}
