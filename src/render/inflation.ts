/**
 * The charts that kustomize inflates. It hands fields to helm as they are, so a release called
 * `--post-renderer=./x` runs a program (kustomize#6241): each field is held against what it can be.
 */
import type { SaidAt } from "../model/render.ts";
import { quoted, refused } from "./refusal.ts";
import { exactKeys, isNothing, type MapValue, mapsUnder, textsUnder, textUnder, type Value } from "./yaml-value.ts";

/** A chart of a kustomization, with the files that belong to it; paths as they are written. */
export interface ChartUse {
  readonly name: string;
  readonly folder: string;
  readonly values: readonly { readonly text: string; readonly said: SaidAt }[];
  readonly said: SaidAt;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const FLAG = /^(?:true|false|yes|no|on|off|y|n)$/i;

/** What each field may hold. `any`: maps and lists that only become values. */
const FIELDS: Readonly<Record<string, RegExp | "any" | "file" | "files" | "words">> = {
  name: NAME,
  version: /^v?[0-9][A-Za-z0-9.+_-]*$/,
  repo: /^(?:https?|oci):\/\/[^\s-][^\s]*$/,
  releaseName: /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/,
  namespace: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  // helm's functions for it ask DNS, and read the environment.
  nameTemplate: /^(?!.*(?:getHostByName|env))[^-\s].*$/,
  kubeVersion: /^v?[0-9]+(?:\.[0-9]+){0,2}(?:[-+][A-Za-z0-9.+-]+)?$/,
  valuesMerge: /^(?:merge|override|replace)$/,
  valuesFile: "file",
  additionalValuesFiles: "files",
  apiVersions: "words",
  valuesInline: "any",
  includeCRDs: FLAG,
  skipHooks: FLAG,
  skipTests: FLAG,
  debug: FLAG,
  devel: FLAG,
};

const API_VERSION = /^[A-Za-z0-9][A-Za-z0-9./-]*$/;
const GLOBALS = ["chartHome", "configHome"];
const HOME = "charts";

/** All charts that a kustomization names, in the current and in the old form. */
export function inflations(map: MapValue): ChartUse[] {
  const globals = map.entries.get("helmGlobals");
  if (globals?.is === "map") exactKeys(globals, GLOBALS, true);
  const home = globals?.is === "map" ? homeOf(globals) : undefined;
  const old = mapsUnder(map, "helmChartInflationGenerator").map(modern);
  return [...mapsUnder(map, "helmCharts"), ...old].map((chart) => check(chart, home, []));
}

/** The object form, which carries the globals as well. */
export function checkInflation(chart: MapValue): ChartUse {
  return check(chart, homeOf(chart), ["apiVersion", "kind", "metadata", ...GLOBALS]);
}

/** Where charts are. helm's own configuration is not taken from a repository: plugins would come with it. */
function homeOf(globals: MapValue): string | undefined {
  const configuration = globals.entries.get("configHome");
  if (configuration && !isNothing(configuration)) throw refused("configHome is not let through: helm would take its configuration and plugins from there", configuration.said);
  return textUnder(globals, "chartHome");
}

const OLD: Readonly<Record<string, string>> = { chartName: "name", chartVersion: "version", chartRepoUrl: "repo", chartHome: "chartHome", values: "valuesFile", valuesLocal: "valuesInline", valuesMerge: "valuesMerge", releaseName: "releaseName" };

/** The deprecated form in the words of the current one; the fields that name a program or its home are refused. */
function modern(old: MapValue): MapValue {
  exactKeys(old, Object.keys(OLD), true);
  return { ...old, entries: new Map([...old.entries].map(([key, value]) => [OLD[key]!, value])) };
}

function check(chart: MapValue, home: string | undefined, besides: readonly string[]): ChartUse {
  exactKeys(chart, [...Object.keys(FIELDS), ...besides, "chartHome"], true);
  for (const [key, value] of chart.entries) if (!isNothing(value) && Object.hasOwn(FIELDS, key)) field(key, value);
  const name = textUnder(chart, "name");
  if (name === undefined) throw refused("a chart without a name", chart.said);
  const version = textUnder(chart, "version");
  // `absChartHome` of kustomize: with both, the folder's name holds the version.
  const below = version !== undefined && textUnder(chart, "repo") !== undefined ? `${name}-${version}/${name}` : name;
  const file = chart.entries.get("valuesFile");
  const first = file?.is === "text" && !isNothing(file) ? [file] : [];
  return { name, folder: `${textUnder(chart, "chartHome") ?? home ?? HOME}/${below}`, values: [...first, ...textsUnder(chart, "additionalValuesFiles")], said: chart.said };
}

function field(key: string, value: Value): void {
  const wanted = FIELDS[key]!;
  if (wanted === "any") return;
  const items = wanted === "files" || wanted === "words" ? (value.is === "list" ? value.items : []) : [value];
  if ((wanted === "files" || wanted === "words") && value.is !== "list") throw refused(`${key} is no list`, value.said);
  for (const item of items) {
    if (item.is !== "text") throw refused(`${key} is no text`, item.said);
    const fits = wanted instanceof RegExp ? wanted.test(item.text) : wanted === "words" ? API_VERSION.test(item.text) : !item.text.startsWith("-");
    if (!fits || /[\0\r\n]/.test(item.text)) throw refused(`${key}: ${quoted(item.text)} is no ${key} that is let through: helm could take it for a flag`, item.said);
  }
}
