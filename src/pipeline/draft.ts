/** Findings in the making. */
import type { Finding, Problem } from "../model/finding.ts";
import type { Policy } from "../model/policy.ts";
import type { Severity } from "../model/severity.ts";
import type { Path } from "../model/site.ts";
import { type AboutTheRun, aboutTheRun } from "../rules/about-the-run.ts";

/** A finding before it has its fingerprint. `site`: its place in the file's list; `raw`: what stands there, if that is no image. */
export type Draft = Omit<Finding, "fingerprint"> & { readonly site?: number; readonly path?: Path; readonly raw?: string };

export function describe(rule: string, severity: Severity, { message, label, help }: Problem): Pick<Draft, "rule" | "severity" | "message" | "label" | "help"> {
  return { rule, severity, message, label, ...(help === undefined ? {} : { help }) };
}

export function severityOf(rule: string, own: Severity, policy: Policy): Severity {
  const set = policy.rules[rule];
  return set === undefined || set === "off" ? own : set;
}

export function aboutRun(id: AboutTheRun, policy: Policy, problem: Problem): Pick<Draft, "rule" | "severity" | "message" | "label" | "help"> {
  const { severity } = aboutTheRun.find((one) => one.id === id)!;
  return describe(id, severityOf(id, severity, policy), problem);
}
