/**
 * Does `lading check` find what is there, and nothing else? Judged by a ground truth that was made
 * by other programs. `--verbose` also lists what is missed where the truth itself only guesses.
 *
 * Recall and precision are of what the truth has at confidence high and medium. A report that the truth does not
 * have, or that it calls a decoy, counts against the category of the surface that made it (`categoryOf`).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ReportedReference } from "../../src/model/report.ts";
import { linksOf, readDecoys, readTruth, readUnparsableLines, unpackCorpus, type TruthSite } from "../tools/corpus.ts";
import { report } from "../tools/lading.ts";
import { percent, table } from "../tools/table.ts";
import { categoryOf, compare, isRequired, placeKey, repositoryOf, WANTED } from "./compare.ts";
import { type Difference, differencesOf, readArguments, settle } from "./differences.ts";

const verbose = process.argv.includes("--verbose");

const argued = readArguments(readFileSync(join(import.meta.dirname, "differences.md"), "utf8"));
const truth = readTruth();
const root = unpackCorpus();
const { report: checked, ran } = await report(["check", root, "--no-cache"]);
const result = compare(truth, readDecoys(), checked.references, linksOf(root));
const { open, stale } = settle(differencesOf(result), argued);

const foundSites = new Set(result.found.map((pair) => pair.truth));
const required = truth.filter(isRequired);
const missed = required.filter((site) => !foundSites.has(site));
const openAs = (kind: Difference["kind"]): Set<string> => new Set(open.filter((one) => one.kind === kind).map(({ place }) => place));
const openExtra = openAs("extra");
const openMissed = openAs("missed");
const openDiffers = openAs("differs");
const unexplained = result.extra.filter((reference) => openExtra.has(placeKey(reference)));
const inUnparsable = new Set(readUnparsableLines().map((line) => `${line.file}:${line.line}`));

const count = (sites: readonly TruthSite[]): number => sites.filter((site) => foundSites.has(site)).length;
const beyond = new Set(argued.filter((one) => one.beyond).map(({ place }) => place));
/** Reports that count against precision. */
const wrong = [...result.extra.filter((reference) => !beyond.has(placeKey(reference))), ...result.decoys.map(({ reported }) => reported)];

interface Figures {
  readonly category: string;
  readonly sites: number;
  readonly found: number;
  readonly recall: number;
  readonly wrong: number;
  readonly precision: number;
  readonly ok: boolean;
}

const figures = [...new Set([...Object.keys(WANTED), ...truth.map((site) => site.category)])].map((category): Figures => {
  const sites = truth.filter((site) => site.category === category && site.confidence !== "low");
  const found = count(sites);
  const bad = wrong.filter((reference) => categoryOf(reference) === category).length;
  const reported = count(truth.filter((site) => site.category === category)) + bad;
  const recall = sites.length === 0 ? 1 : found / sites.length;
  const precision = reported === 0 ? 1 : 1 - bad / reported;
  const wanted = WANTED[category] ?? 0;
  return { category, sites: sites.length, found, recall, wrong: bad, precision, ok: recall >= wanted && precision >= wanted };
});
console.log(
  table(
    ["category", "high+medium", "found", "recall", "not in truth", "precision", "low", "found", "raw ≠", "state ≠", "reference ≠", "wanted", ""],
    figures.map(({ category, sites, found, wrong: bad, precision, ok }) => {
      const low = truth.filter((site) => site.category === category && site.confidence === "low");
      const about = (what: string): number =>
        result.disagreements.filter((one) => one.about === what && one.truth.category === category).length;
      const wanted = WANTED[category];
      return [
        category, sites, found, percent(found, sites), bad, `${(100 * precision).toFixed(2)} %`, low.length, count(low),
        about("raw"), about("state"), about("reference"), wanted === undefined ? "" : `≥ ${(100 * wanted).toFixed(1)} %`, wanted === undefined ? "" : ok ? "pass" : "FAIL",
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

list("Missed, not argued", missed.filter((site) => openMissed.has(placeKey(site))), tell);
if (verbose) list("Missed, not required", truth.filter((site) => !isRequired(site) && !foundSites.has(site)), tell);
list("Reported and not in the truth, not argued", unexplained, (one) => `${tellReported(one)}${inUnparsable.has(`${one.file}:${one.line}`) ? " (in a document that does not parse)" : ""}`);
list("Reported more than once", result.repeated, tellReported);
list("Decoys reported", result.decoys, ({ decoy, reported }) => `${tellReported(reported)}: ${decoy.reason}`);
list("Disagreements, not argued", result.disagreements.filter(({ reported }) => openDiffers.has(placeKey(reported))), (one) => `${placeKey(one.reported)} [${one.truth.category}] ${one.about}: truth ${one.wanted}, reported ${one.got}`);
list("Argued in differences.md, and not there any more", stale, ({ kind, place }) => `${kind} ${place}`);

const short = figures.filter(({ ok }) => !ok).map(({ category }) => category);
const ok = short.length === 0 && open.length === 0 && stale.length === 0 && result.repeated.length === 0 && result.decoys.length === 0;
console.log(
  `\naccuracy: ${ok ? "passed" : `FAILED${short.length > 0 ? ` (short: ${short.join(", ")})` : ""}`}: recall ${percent(count(required), required.length)} of ${required.length} required sites (${missed.length} missed), ` +
    `${checked.references.length} reported, ${result.extra.length} not in the truth, ${result.repeated.length} repeated, ${result.decoys.length} decoys, ${result.disagreements.length} disagreements; ` +
    `${argued.length} differences argued (${beyond.size} of a kind that the truth does not list), ${open.length} not, ${stale.length} arguments about nothing; ${ran.seconds.toFixed(2)} s`,
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
