/** Compares what was reported with the ground truth, place by place. Pure: no files, no processes. */
import type { ReportedReference } from "../../src/model/report.ts";
import type { State } from "../../src/model/state.ts";
import type { Decoy, RefClass, TruthSite } from "../tools/corpus.ts";

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where the truth lists a reference by the scalar that ends with it. */
const PARTIAL: ReadonlySet<string> = new Set(["heuristic", "embedded"]);

/** A reference that is the end of its scalar, as in `--image=reference`, stands where it begins. */
const placeInScalar = (site: TruthSite): TruthSite =>
  PARTIAL.has(site.category) && site.composed !== undefined && site.parts === undefined && site.raw !== site.composed && site.raw.endsWith(site.composed)
    ? { ...site, column: site.column + [...site.raw].length - [...site.composed].length, raw: site.composed }
    : site;

export const placeKey = (place: Place): string => `${place.file}:${place.line}:${place.column}`;
export const repositoryOf = (place: Place): string => place.file.split("/")[0] ?? "";

/** What is wanted of each category, of recall and of precision alike. */
export const WANTED: Readonly<Record<string, number>> = {
  podspec: 0.995,
  "crd-known": 0.995,
  "kustomize-images": 0.995,
  "helm-values": 0.995,
  "flux-argocd-inline": 0.995,
  embedded: 0.97,
  heuristic: 0.97,
};

/** What the ground truth itself calls a guess is shown and not required. */
export const isRequired = (site: TruthSite): boolean => site.category in WANTED && site.confidence !== "low";

/** The category that a surface's reports belong to, for those that the truth does not have. */
const CATEGORY_OF: Readonly<Record<string, string>> = {
  kubernetes: "podspec",
  catalogue: "crd-known",
  kustomize: "kustomize-images",
  "helm-values": "helm-values",
  argocd: "flux-argocd-inline",
  flux: "flux-argocd-inline",
  gitops: "flux-argocd-inline",
  embedded: "embedded",
  guesses: "heuristic",
};

/**
 * The category that a report would be in if the truth had it: by its surface; of the Kubernetes surface what is
 * no PodSpec is a custom resource's.
 */
export function categoryOf({ surface, because }: ReportedReference): string {
  const category = CATEGORY_OF[surface];
  if (category === undefined) throw new Error(`bench/accuracy does not know the surface ${surface}: say in CATEGORY_OF which category its reports belong to`);
  return surface === "kubernetes" && !because.includes("PodSpec") ? "crd-known" : category;
}

/** The states that fit what stands at a place. A part of a reference may be incomplete by itself. */
const STATES: Readonly<Record<RefClass, readonly State[]>> = {
  digest: ["pinned"],
  tag: ["floating", "incomplete"],
  none: ["floating", "incomplete"],
  templated: ["templated"],
  special: ["placeholder"],
  invalid: ["invalid"],
};

export interface Pair {
  readonly truth: TruthSite;
  readonly reported: ReportedReference;
}

export interface Disagreement extends Pair {
  readonly about: "raw" | "state" | "reference";
  readonly wanted: string;
  readonly got: string;
}

export interface Comparison {
  readonly found: readonly Pair[];
  readonly missed: readonly TruthSite[];
  /** Reported, and not in the truth; decoys are not repeated here. */
  readonly extra: readonly ReportedReference[];
  /** Reported more often than the truth has sites at that place. */
  readonly repeated: readonly ReportedReference[];
  readonly decoys: readonly { readonly decoy: Decoy; readonly reported: ReportedReference }[];
  readonly disagreements: readonly Disagreement[];
}

export function compare(
  truth: readonly TruthSite[],
  decoys: readonly Decoy[],
  reported: readonly ReportedReference[],
  /** Symbolic links: a place reported through a link is the place in the target. */
  links: ReadonlyMap<string, string> = new Map(),
): Comparison {
  const free = new Map<string, ReportedReference[]>();
  for (const reference of reported) {
    if (links.has(reference.file)) continue;
    push(free, placeKey(reference), reference);
  }
  const found: Pair[] = [];
  const missed: TruthSite[] = [];
  const places = new Set<string>();
  // Exact places first: a site inside a string has only its outer scalar's place and may share it.
  for (const listed of [...truth].sort((a, b) => Number(b.exact) - Number(a.exact))) {
    const site = placeInScalar(listed);
    places.add(placeKey(site));
    const match = take(free, site);
    if (match) found.push({ truth: listed, reported: match });
    else missed.push(listed);
  }
  const decoyAt = new Map(decoys.map((decoy) => [placeKey(decoy), decoy]));
  const matched = new Set(found.map((pair) => pair.reported));
  const extra: ReportedReference[] = [];
  const repeated: ReportedReference[] = [];
  const hitDecoys: { decoy: Decoy; reported: ReportedReference }[] = [];
  for (const reference of reported) {
    if (matched.has(reference)) continue;
    const key = placeKey({ ...reference, file: links.get(reference.file) ?? reference.file });
    const decoy = decoyAt.get(key);
    if (places.has(key)) {
      if (!links.has(reference.file)) repeated.push(reference);
    } else if (decoy) hitDecoys.push({ decoy, reported: reference });
    else extra.push(reference);
  }
  return { found, missed, extra, repeated, decoys: hitDecoys, disagreements: found.flatMap(disagreements) };
}

function take(free: Map<string, ReportedReference[]>, site: TruthSite): ReportedReference | undefined {
  const here = free.get(placeKey(site)) ?? [];
  if (site.exact) return here.shift();
  const same = here.findIndex((reference) => reference.raw === site.raw);
  if (same >= 0) return here.splice(same, 1)[0];
  // The place inside the string may be told more exactly than the truth tells it.
  for (const list of free.values()) {
    const inside = list.findIndex(
      (reference) => reference.file === site.file && reference.line >= site.line && reference.raw === site.raw,
    );
    if (inside >= 0) return list.splice(inside, 1)[0];
  }
  return undefined;
}

function disagreements(pair: Pair): Disagreement[] {
  const { reported } = pair;
  const truth = placeInScalar(pair.truth);
  const all: Disagreement[] = [];
  if (reported.raw !== truth.raw) all.push({ ...pair, about: "raw", wanted: truth.raw, got: reported.raw });
  // What is only named has a state of its own, whatever it is called.
  const onlyNamed = reported.state === "not-run" && truth.rewrite !== "yes";
  if (!onlyNamed && !STATES[truth.refClass].includes(reported.state))
    all.push({ ...pair, about: "state", wanted: truth.refClass, got: reported.state });
  const composed = truth.composed;
  if (composed !== undefined && reported.reference !== undefined && composed !== reported.reference)
    all.push({ ...pair, about: "reference", wanted: composed, got: reported.reference });
  return all;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
