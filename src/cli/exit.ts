/** Exit codes (docs/cli.md). The format never changes them. */
import { SEVERITIES, type Severity } from "../model/severity.ts";
import type { Report } from "../model/report.ts";

export const EXIT = { clean: 0, findings: 1, usage: 2, nothing: 3, failed: 4 } as const;

/** Said when a run had no file to look at, which must not pass for a clean one. */
export const NOTHING = `error: nothing to check: no manifest (*.yaml, *.yml, *.json, Kustomization) was found
  = help: files that Git ignores are looked at only when they are named
`;

/** What a finished run exits with. */
export function exitCode(report: Report, failOn: Severity, strict: boolean): number {
  if (report.summary.files === 0 && report.unread.length === 0) return EXIT.nothing;
  if (strict && (report.findings.some(({ rule }) => rule === "registry-answers" || rule === "evidence-answers") || (report.rendered?.account.failed ?? 0) > 0)) return EXIT.failed;
  const counts = report.findings.some(({ ignored, severity }) => !ignored && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failOn));
  return counts ? EXIT.findings : EXIT.clean;
}
