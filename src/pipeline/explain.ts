/** Why what stands on a line is taken for an image or not, and what would become of it. */
import type { Finding } from "../model/finding.ts";
import { formatReference } from "../model/reference.ts";
import type { ImageSite, LocatedFile, Suppression } from "../model/site.ts";
import { type State, stateOf } from "../model/state.ts";
import { ownFields } from "../surfaces/known-fields.ts";
import { type OnLine, passedOverAt } from "../surfaces/why-not.ts";
import { judgeInput, type RunOptions } from "./check.ts";
import { judge } from "./judge.ts";
import { settled, survey, type Workspace } from "./survey.ts";

export interface ExplainedSite {
  readonly site: ImageSite;
  readonly state: State;
  /** The reference that the parts make, or what there is in its place. */
  readonly reads: string;
  /** What `lading pin` would do here. */
  readonly pin: string;
  readonly findings: readonly Finding[];
  readonly suppressions: readonly Suppression[];
}

export interface Explanation {
  readonly file: string;
  readonly line: number;
  readonly sites: readonly ExplainedSite[];
  /** Only where no site stands on the line. */
  readonly instead?: OnLine;
}

/**
 * Explains a line of a file, without asking a registry. The whole workspace is looked at, since other files say
 * what this one is.
 * @returns undefined when the file is not one that a run looks at
 */
export async function explain(workspace: Workspace, place: { readonly file: string; readonly line: number; readonly column?: number }, options: RunOptions): Promise<Explanation | undefined> {
  const { file, line, column } = place;
  const own = ownFields(options.policy.fields);
  const found = settled(await survey(workspace, options.policy.fields));
  const files = new Set([...workspace.files, ...((await workspace.more)?.files ?? [])]);
  if (!files.has(file)) return undefined;
  const located = found.located.find((one) => one.path === file);
  const { findings } = judge({ ...judgeInput(found, options), answers: undefined });
  const sites = (located?.sites ?? []).filter((site) => standsOn(site, line, column));
  if (located && sites.length > 0) return { file, line, sites: sites.map((site) => explained(site, located, findings)) };
  const role = workspace.role(file, new Set(found.located.flatMap(({ valuesFiles }) => valuesFiles)));
  const source = workspace.load(file, role);
  const instead: OnLine = source === undefined ? { scalars: [], nothing: "the file has no key, name or text that speaks of an image, so it was not read" }
    : "why" in source ? { scalars: [], nothing: source.why }
    : role.typescript ? { scalars: [], nothing: "no image that this program hands to a library of manifests was found on the line" }
    : await passedOverAt(source, role, line, own);
  return { file, line, sites: [], instead };
}

/** Whether a site, or a place that its pin would change, is on the line. */
function standsOn({ position, end, slotPositions }: ImageSite, line: number, column: number | undefined): boolean {
  return [{ start: position, end }, ...slotPositions].some((span) =>
    span.start.line <= line && line <= span.end.line && (column === undefined || span.start.line !== span.end.line || (span.start.column <= column && column <= span.end.column)));
}

function explained(site: ImageSite, { suppressions }: LocatedFile, findings: readonly Finding[]): ExplainedSite {
  const { position, end } = site;
  return {
    site,
    state: stateOf(site),
    reads: readsOf(site),
    pin: pinOf(site),
    findings: findings.filter(({ file, start, end: to }) => file === site.file && start.line === position.line && start.column === position.column && to.line === end.line && to.column === end.column),
    suppressions: site.suppressions.map((index) => suppressions[index]!),
  };
}

function readsOf({ reading }: ImageSite): string {
  switch (reading.is) {
    case "reference": return formatReference(reading.reference);
    case "invalid": return `no reference: ${reading.problem.message}`;
    case "incomplete": return `only a part: missing ${reading.missing}`;
    case "placeholder": return `a placeholder of ${reading.tool}`;
    case "templated": return "a template, filled in before a cluster sees it";
  }
}

function pinOf(site: ImageSite): string {
  const { reading, slots, unpinnable, elsewhere, unsafe } = site;
  if (stateOf(site) === "not-run") return "never: it is named, and no cluster runs it from here";
  if (reading.is !== "reference") return "nothing to pin: there is no whole reference";
  if (reading.reference.digest !== undefined) return "it is pinned";
  if (slots.length === 0) return `not here: ${[unpinnable ?? "there is no place for a digest", elsewhere].filter(Boolean).join("; ")}`;
  const where = slots.map(({ spells, before }) => (before !== undefined && spells === "digest" ? "a digest field" : spells === "reference" ? `${formatReference(reading.reference)}@sha256:…` : spells === "tag@digest" ? `${reading.reference.tag ?? ""}@sha256:…` : "the digest")).join(" and ");
  return `would write ${where}${unsafe === undefined ? "" : `, with --unsafe-fixes: ${unsafe}`}`;
}
