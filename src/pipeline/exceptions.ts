/** What hides findings: suppression comments and waivers. They are judged themselves, for what they cover. */
import type { Ignored, Problem, Rule } from "../model/finding.ts";
import { matches } from "../model/match.ts";
import type { Policy, Waiver } from "../model/policy.ts";
import { formatReference, locate } from "../model/reference.ts";
import type { ImageSite, LocatedFile, Suppression } from "../model/site.ts";
import { type AboutTheRun, aboutTheRun } from "../rules/about-the-run.ts";
import { artifactRules, rules } from "../rules/index.ts";
import { aboutRun, type Draft } from "./draft.ts";

export interface ExceptionInput {
  readonly policy: Policy;
  /** ISO date of today, for expiry. */
  readonly today: string;
  /** The way from the policy's folder to the checked one, with a `/` at the end: waivers name paths from there. */
  readonly fromPolicy: string;
  /** Whether the run renders, so that it can say something about that. */
  readonly rendering?: boolean;
}

/** What a suppression or a waiver can hide: an image, or what else a file takes from elsewhere. */
type Excusable = Pick<ImageSite, "file" | "raw" | "suppressions"> & Partial<Pick<ImageSite, "reading">>;

export class Exceptions {
  private readonly input: ExceptionInput;
  /** Rules that say something in this run. */
  private readonly active: ReadonlySet<string>;
  private readonly used = new Set<Suppression | Waiver>();

  constructor(input: ExceptionInput, ran: readonly Pick<Rule, "id">[]) {
    this.input = input;
    this.active = new Set([...ran.map(({ id }) => id), "readable-document", "registry-answers", ...(input.rendering ? ["rendered-root"] : [])]);
  }

  /** What hides a rule's findings at a site, if anything. */
  covering(site: Excusable, file: LocatedFile, rule: string): Ignored | undefined {
    for (const index of site.suppressions) {
      const suppression = file.suppressions[index]!;
      if (suppression.problem !== undefined || !suppression.rules.includes(rule)) continue;
      this.used.add(suppression);
      if (!this.expired(suppression.until)) return { by: "comment", reason: suppression.reason, ...(suppression.until === undefined ? {} : { until: suppression.until }) };
    }
    for (const waiver of this.input.policy.waivers) {
      if (waiver.rule !== rule || !covers(waiver, site, this.input.fromPolicy)) continue;
      this.used.add(waiver);
      if (!this.expired(waiver.until)) return { by: "waiver", reason: waiver.reason, until: waiver.until };
    }
    return undefined;
  }

  /** Whether a waiver by path covers something that is no site. */
  waived(file: string, rule: string): Ignored | undefined {
    const waiver = this.input.policy.waivers.find((one) => one.rule === rule && one.image === undefined && one.path !== undefined && matches(one.path, this.input.fromPolicy + file));
    if (!waiver) return undefined;
    this.used.add(waiver);
    return this.expired(waiver.until) ? undefined : { by: "waiver", reason: waiver.reason, until: waiver.until };
  }

  private expired(until: string | undefined): boolean {
    return until !== undefined && until < this.input.today;
  }

  /** Findings about the suppressions of a file whose sites have been judged. */
  *aboutComments({ path, suppressions }: LocatedFile): Generator<Draft> {
    for (const one of suppressions) {
      // One for a rule that was not run is not called unused.
      const problem = this.problemOf(one, one.rules.every((rule) => this.active.has(rule) || !isRule(rule)));
      const end = { line: one.position.line, column: one.position.column + one.span.end - one.span.start };
      if (problem) yield { ...aboutRun(problem[0], this.input.policy, problem[1]), file: path, start: one.position, end, excerpt: one.excerpt };
    }
  }

  /** Findings about the waivers, when everything has been judged. */
  *aboutWaivers(): Generator<Draft> {
    const { policy } = this.input;
    for (const waiver of policy.waivers) {
      const at = { line: waiver.line, column: 1 };
      const problem = this.problemOf(waiver, this.active.has(waiver.rule));
      if (problem) yield { ...aboutRun(problem[0], policy, problem[1]), file: policy.file ?? "lading.yaml", start: at, end: at, excerpt: "" };
    }
  }

  private problemOf(one: Suppression | Waiver, active: boolean): [AboutTheRun, Problem] | undefined {
    const what = "rules" in one ? "suppression" : "waiver";
    if ("problem" in one && one.problem !== undefined)
      return ["explained-suppression", { message: "this suppression hides nothing", label: one.problem, help: "write: # lading: ignore[rule] reason until=YYYY-MM-DD" }];
    const unknown = "rules" in one ? one.rules.find((rule) => !isRule(rule)) : undefined;
    if (unknown !== undefined)
      return ["explained-suppression", { message: "this suppression names no rule of ours", label: `there is no rule "${unknown}"`, help: "`lading rules` lists them" }];
    if (this.expired(one.until))
      return ["current-suppression", { message: `this ${what} has expired`, label: `held until ${one.until}`, help: "resolve what it hides, or decide again with a new date" }];
    if (active && !this.used.has(one))
      return ["used-suppression", { message: `this ${what} matches nothing`, label: "nothing to suppress here", help: "remove it" }];
    return undefined;
  }
}

const isRule = (id: string): boolean => [...rules, ...artifactRules].some((rule) => rule.id === id) || aboutTheRun.some((rule) => rule.id === id);

function covers(waiver: Waiver, site: Excusable, fromPolicy: string): boolean {
  if (waiver.path !== undefined && !matches(waiver.path, fromPolicy + site.file)) return false;
  if (waiver.image === undefined) return true;
  if (matches(waiver.image, site.raw)) return true;
  if (site.reading?.is !== "reference") return false;
  const { registry, repository } = locate(site.reading.reference.name);
  return [formatReference(site.reading.reference), `${registry}/${repository}`].some((name) => matches(waiver.image!, name));
}
