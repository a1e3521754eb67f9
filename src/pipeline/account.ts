/** The report of a run: every reference in exactly one state, so that the counts add up. */
import type { Finding } from "../model/finding.ts";
import { formatReference } from "../model/reference.ts";
import type { ReportedReference, Summary } from "../model/report.ts";
import { type State, stateOf } from "../model/state.ts";
import type { ImageSite } from "../model/site.ts";
import type { Verdict } from "./judge.ts";
import type { Survey } from "./survey.ts";

export function references(survey: Survey, { ignored }: Verdict): ReportedReference[] {
  return survey.located.flatMap(({ sites }) => sites.map((site) => reported(site, ignored.has(site))));
}

function reported(site: ImageSite, ignored: boolean): ReportedReference {
  const { file, position, raw, surface, path, resource, confidence, because, role, reading, owner } = site;
  const state = stateOf(site);
  const reference = reading.is === "reference" ? reading.reference : undefined;
  const why =
    reading.is === "incomplete" ? `only a part stands here: missing ${reading.missing}`
    : reading.is === "placeholder" ? `filled in by ${reading.tool}`
    : reading.is === "invalid" ? reading.problem.message
    : reading.is === "templated" ? withElsewhere(site)
    : state === "floating" ? withElsewhere(site) ?? site.unsafe
    : undefined;
  return {
    file,
    ...position,
    raw,
    ...(reference ? { reference: formatReference(reference) } : {}),
    surface,
    path,
    resource,
    confidence,
    because,
    ...(role === undefined ? {} : { role }),
    state,
    ...(reference?.digest === undefined ? {} : { digest: reference.digest }),
    ...(owner ? { owner } : {}),
    pinnable: state === "floating" && site.slots.length > 0,
    ...(why === undefined ? {} : { why }),
    ignored,
  };
}

const withElsewhere = ({ unpinnable, elsewhere }: ImageSite): string | undefined =>
  unpinnable !== undefined && elsewhere !== undefined ? `${unpinnable}; ${elsewhere}` : unpinnable;

/** The counts of a run. `wanted`: the sites that `lading pin` would write if it can. */
export function summarise(survey: Survey, { findings, ignored }: Verdict, wanted: ReadonlySet<ImageSite>): Summary {
  const states: Record<State, number> = { pinned: 0, floating: 0, templated: 0, placeholder: 0, incomplete: 0, "not-run": 0, invalid: 0 };
  let all = 0;
  let fixable = 0;
  for (const { sites } of survey.located) {
    for (const site of sites) {
      all++;
      if (ignored.has(site)) continue;
      states[stateOf(site)]++;
      if (wanted.has(site) && site.slots.length > 0 && site.unsafe === undefined) fixable++;
    }
  }
  const templates = survey.unread.filter(({ kind }) => kind === "template").length;
  return {
    references: all,
    files: survey.files,
    filesWithReferences: survey.located.filter(({ sites }) => sites.length > 0).length,
    states,
    ignored: ignored.size,
    fixable,
    findings: count(findings),
    templates,
    unreadable: survey.unread.length - templates,
  };
}

function count(findings: readonly Finding[]): Summary["findings"] {
  const counts = { error: 0, warning: 0, info: 0, ignored: 0 };
  for (const finding of findings) counts[finding.ignored ? "ignored" : finding.severity]++;
  return counts;
}
