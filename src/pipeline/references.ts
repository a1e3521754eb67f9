/** What a report says of each reference, and its counts. */
import type { Finding } from "../model/finding.ts";
import { formatReference } from "../model/reference.ts";
import type { ReportedReference, SignatureState, Summary } from "../model/report.ts";
import { stateOf } from "../model/state.ts";
import type { ImageSite } from "../model/site.ts";
import type { Verdict } from "./judge.ts";
import type { Survey } from "./survey.ts";

/** Every reference found, made as they are asked for: formats that only count them need not hold them. */
export const references = ({ located }: Survey, { ignored }: Verdict, signatureOf: (site: ImageSite) => SignatureState | undefined): Iterable<ReportedReference> => ({
  *[Symbol.iterator]() {
    for (const { path, sites } of located) {
      const hidden = ignored.get(path);
      for (const [i, site] of sites.entries()) yield reported(site, hidden?.has(i) ?? false, signatureOf(site));
    }
  },
});

function reported(site: ImageSite, ignored: boolean, signature: SignatureState | undefined): ReportedReference {
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
    ...(signature ? { signature } : {}),
    ignored,
  };
}

const withElsewhere = ({ unpinnable, elsewhere }: ImageSite): string | undefined =>
  unpinnable !== undefined && elsewhere !== undefined ? `${unpinnable}; ${elsewhere}` : unpinnable;

/** The counts of a run. */
export function summarise({ files, unread }: Survey, { findings, account }: Verdict): Summary {
  const templates = unread.filter(({ kind }) => kind === "template").length;
  const { references, states, ignored, fixable, signatures } = account;
  return { references, files, filesWithReferences: account.files, states, ignored, fixable, findings: count(findings), ...(signatures ? { signatures } : {}), templates, unreadable: unread.length - templates };
}

function count(findings: readonly Finding[]): Summary["findings"] {
  const counts = { error: 0, warning: 0, info: 0, ignored: 0 };
  for (const finding of findings) counts[finding.ignored ? "ignored" : finding.severity]++;
  return counts;
}
