/** Sites and facts → findings. Everything that hides a finding is applied here, and is itself judged. */
import type { Facts } from "../model/facts.ts";
import type { Finding, Ignored, Problem, Rule } from "../model/finding.ts";
import { stateOf } from "../model/state.ts";
import type { Severity } from "../model/severity.ts";
import { fingerprints } from "../model/fingerprint.ts";
import { matches } from "../model/match.ts";
import type { Policy, Waiver } from "../model/policy.ts";
import { formatReference, locate } from "../model/reference.ts";
import type { ImageSite, LocatedFile, Owner, Path, Suppression, Unread } from "../model/site.ts";
import { type AboutTheRun, aboutTheRun } from "../rules/about-the-run.ts";
import { rules as allRules } from "../rules/index.ts";
import { nameATag } from "../rules/name-a-tag.ts";
import { pinByDigest } from "../rules/pin-by-digest.ts";
import { fill } from "../rewrite/fill.ts";
import { type Answers, factsOf } from "./ask.ts";

export interface JudgeInput {
  readonly located: readonly LocatedFile[];
  readonly unread: readonly Unread[];
  readonly policy: Policy;
  /** Undefined offline: rules that need facts are then not run, and named. */
  readonly answers: Answers | undefined;
  readonly baseline: ReadonlySet<string>;
  /** ISO date of today, for expiry. */
  readonly today: string;
  /** Write where another tool writes too. */
  readonly adopt: boolean;
  /** The way from the policy's folder to the checked one, with a `/` at the end: waivers name paths from there. */
  readonly fromPolicy: string;
  /** Sites whose pin is prepared and shown elsewhere: what it would set right is not said again. */
  readonly pending?: ReadonlySet<ImageSite>;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly ran: readonly string[];
  readonly skipped: readonly { readonly rule: string; readonly why: string }[];
  /** Sites, by identity, whose findings are all ignored. */
  readonly ignored: ReadonlySet<ImageSite>;
}

/** A finding before it has its fingerprint. */
type Draft = Omit<Finding, "fingerprint"> & { readonly site?: ImageSite; readonly path?: Path };

export function judge(input: JudgeInput): Verdict {
  const { ran, skipped } = choose(input);
  const exceptions = new Exceptions(input);
  const drafts: Draft[] = [];
  for (const file of input.located) {
    for (const site of file.sites) {
      if (stateOf(site) === "not-run") continue;
      const found = [...judgeSite(site, file, ran, exceptions, input)];
      drafts.push(...(input.pending?.has(site) ? found.filter(({ rule }) => !SET_RIGHT_BY_A_PIN.has(rule)) : found));
    }
  }
  drafts.push(...input.unread.flatMap((one) => unreadable(one, input.policy, exceptions)));
  drafts.push(...exceptions.own(ran));
  const off = new Set(aboutTheRun.filter(({ id }) => input.policy.rules[id] === "off").map(({ id }): string => id));
  if (off.size > 0) drafts.splice(0, drafts.length, ...drafts.filter(({ rule }) => !off.has(rule)));
  drafts.sort((a, b) => compare(a.file, b.file) || a.start.line - b.start.line || a.start.column - b.start.column);
  const prints = fingerprints(drafts.map(({ rule, file, resource, path, image }) => ({
    rule, file: input.fromPolicy + file, ...(resource ? { resource } : {}), ...(path ? { path } : {}), ...(image === undefined ? {} : { raw: image }),
  })));
  const bySite = new Map<ImageSite, boolean>();
  const findings = drafts.map(({ site, path: _path, ...draft }, i): Finding => {
    const fingerprint = prints[i]!;
    const ignored: Ignored | undefined = draft.ignored ?? (input.baseline.has(fingerprint) ? { by: "baseline", reason: "in the baseline" } : undefined);
    if (site) bySite.set(site, (bySite.get(site) ?? true) && ignored !== undefined);
    return { ...draft, ...(ignored ? { ignored } : {}), fingerprint };
  });
  const ignored = new Set([...bySite].filter(([, all]) => all).map(([site]) => site));
  return { findings, ran: ran.map(({ id }) => id), skipped, ignored };
}

/**
 * The sites that want a pin: the rule says so, and no suppression, waiver or other owner hides it. A baseline only
 * hides findings, and resolving them is still welcome.
 */
export function wantingPin(input: Omit<JudgeInput, "answers" | "baseline" | "unread">): ReadonlySet<ImageSite> {
  const exceptions = new Exceptions({ ...input, answers: undefined, baseline: new Set(), unread: [] });
  const wanting = new Set<ImageSite>();
  for (const file of input.located) {
    for (const site of file.sites) {
      if (stateOf(site) === "not-run") continue;
      const [problem] = pinByDigest.check(site, factsOf(site, new Map()), input.policy);
      if (problem && !exceptions.covering(site, file, pinByDigest.id) && !owned(site, pinByDigest, input.adopt)) wanting.add(site);
    }
  }
  return wanting;
}

/** What a prepared pin of a site answers. */
const SET_RIGHT_BY_A_PIN: ReadonlySet<string> = new Set([pinByDigest.id, nameATag.id]);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function choose({ policy, answers }: JudgeInput): { ran: Rule[]; skipped: { rule: string; why: string }[] } {
  const ran: Rule[] = [];
  const skipped: { rule: string; why: string }[] = [];
  for (const rule of allRules) {
    const why =
      policy.rules[rule.id] === "off" ? "off in the policy"
      : rule.skip?.(policy) ?? (rule.needs.length > 0 && !answers ? "needs the registry (--online)" : undefined);
    if (why === undefined) ran.push(rule);
    else skipped.push({ rule: rule.id, why });
  }
  return { ran, skipped };
}

function* judgeSite(site: ImageSite, file: LocatedFile, ran: readonly Rule[], exceptions: Exceptions, input: JudgeInput): Generator<Draft> {
  const facts = factsOf(site, input.answers ?? new Map());
  for (const rule of ran) {
    for (const problem of rule.check(site, facts, input.policy)) {
      const ignored = exceptions.covering(site, file, rule.id) ?? owned(site, rule, input.adopt);
      yield { ...place(site), ...describe(rule.id, severityOf(rule.id, site.confidence === "guess" ? "info" : rule.severity, input.policy), problem), ...fixOf(site, problem, facts), ...(ignored ? { ignored } : {}) };
    }
  }
  const unanswered = Object.values(facts).find((fact) => fact.is === "unknown" && fact.why.code !== "not-asked");
  if (unanswered?.is === "unknown") {
    const ignored = exceptions.covering(site, file, "registry-answers");
    yield {
      ...place(site),
      ...aboutRun("registry-answers", input.policy, { message: "the registry could not be asked", label: unanswered.why.message, help: `nothing is known about this reference (${unanswered.why.code})` }),
      ...(ignored ? { ignored } : {}),
    };
  }
}

const OWNERS: Readonly<Record<Owner["tool"], string>> = { flux: "Flux", renovate: "Renovate", "argocd-image-updater": "Argo CD Image Updater" };

/** A pin that another tool would overwrite is that tool's to make. */
function owned(site: ImageSite, rule: Pick<Rule, "id">, adopt: boolean): Ignored | undefined {
  if (!site.owner || adopt || rule.id !== "pin-by-digest") return undefined;
  return { by: "owner", reason: `${OWNERS[site.owner.tool]} writes this field (${site.owner.marker}); --adopt writes it all the same` };
}

function place(site: ImageSite): Pick<Draft, "file" | "start" | "end" | "excerpt" | "resource" | "image" | "site" | "path"> {
  return {
    file: site.file,
    start: site.position,
    end: site.end,
    excerpt: site.excerpt,
    resource: site.resource,
    image: site.reading.is === "reference" ? formatReference(site.reading.reference) : site.raw,
    site,
    path: site.path,
  };
}

function describe(rule: string, severity: Severity, { message, label, help }: Problem): Pick<Draft, "rule" | "severity" | "message" | "label" | "help"> {
  return { rule, severity, message, label, ...(help === undefined ? {} : { help }) };
}

function fixOf(site: ImageSite, { fix }: Problem, facts: Facts): Pick<Draft, "fix"> {
  if (!fix || site.reading.is !== "reference" || site.slots.length === 0) return {};
  const wanted = { ...site.reading.reference, ...fix.set };
  const kind = facts.tagged.is === "known" ? facts.tagged.value.kind : undefined;
  const notes = [kind === "index" ? "multi-arch index" : kind === "image" ? "single-platform image" : undefined, fix.safe ? undefined : "needs --unsafe-fixes"];
  // Every slot of a finding lies on lines of its own file, so places follow from the site's.
  const edits = fill(site.slots, wanted).map((edit, i) => ({ ...edit, ...site.slotPositions[i]! }));
  return { fix: { text: formatReference(wanted), note: notes.filter(Boolean).join("; "), safe: fix.safe, edits } };
}

function severityOf(rule: string, own: Severity, policy: Policy): Severity {
  const set = policy.rules[rule];
  return set === undefined || set === "off" ? own : set;
}

function aboutRun(id: AboutTheRun, policy: Policy, problem: Problem): Pick<Draft, "rule" | "severity" | "message" | "label" | "help"> {
  const { severity } = aboutTheRun.find((one) => one.id === id)!;
  return describe(id, severityOf(id, severity, policy), problem);
}

/** A document that is no template and cannot be read is a finding: an image may hide in it. */
function unreadable(one: Unread, policy: Policy, exceptions: Exceptions): Draft[] {
  if (one.kind === "template" || one.kind === "repository") return [];
  const ignored = exceptions.waived(one.file, "readable-document");
  const start = one.position ?? { line: 1, column: 1 };
  const problem = { message: "this could not be read, so nothing in it was judged", label: one.why, help: "correct it, or exclude the file in the policy (paths.exclude)" };
  const about = aboutRun("readable-document", policy, problem);
  // A link holds nothing itself; what it should lead to is missed by whoever follows it.
  const severity = one.kind === "link" && policy.rules["readable-document"] === undefined ? "warning" : about.severity;
  return [{ ...about, severity, file: one.file, start, end: start, excerpt: "", ...(ignored ? { ignored } : {}) }];
}

/** Suppression comments and waivers: what they cover, and whether they are any good. */
class Exceptions {
  private readonly input: JudgeInput;
  private readonly used = new Set<Suppression | Waiver>();

  constructor(input: JudgeInput) {
    this.input = input;
  }

  /** What hides a rule's findings at a site, if anything. */
  covering(site: ImageSite, file: LocatedFile, rule: string): Ignored | undefined {
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

  /** Findings about the exceptions themselves. One for a rule that was not run is not called unused. */
  *own(ran: readonly Rule[]): Generator<Draft> {
    const { located, policy } = this.input;
    const active = new Set([...ran.map(({ id }) => id), "readable-document", "registry-answers"]);
    for (const file of located) {
      for (const one of file.suppressions) {
        const at = { file: file.path, start: one.position, end: { line: one.position.line, column: one.position.column + one.span.end - one.span.start }, excerpt: one.excerpt };
        const problem = this.problemOf(one, one.rules.every((rule) => active.has(rule) || !isRule(rule)));
        if (problem) yield { ...aboutRun(problem[0], policy, problem[1]), ...at };
      }
    }
    for (const waiver of policy.waivers) {
      const at = { file: policy.file ?? "lading.yaml", start: { line: waiver.line, column: 1 }, end: { line: waiver.line, column: 1 }, excerpt: "" };
      const problem = this.problemOf(waiver, active.has(waiver.rule));
      if (problem) yield { ...aboutRun(problem[0], policy, problem[1]), ...at };
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

const isRule = (id: string): boolean => allRules.some((rule) => rule.id === id) || aboutTheRun.some((rule) => rule.id === id);

function covers(waiver: Waiver, site: ImageSite, fromPolicy: string): boolean {
  if (waiver.path !== undefined && !matches(waiver.path, fromPolicy + site.file)) return false;
  if (waiver.image === undefined) return true;
  if (matches(waiver.image, site.raw)) return true;
  if (site.reading.is !== "reference") return false;
  const { registry, repository } = locate(site.reading.reference.name);
  return [formatReference(site.reading.reference), `${registry}/${repository}`].some((name) => matches(waiver.image!, name));
}
