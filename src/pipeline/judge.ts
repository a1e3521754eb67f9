/** Sites and facts → findings. Everything that hides a finding is applied here, and is itself judged. */
import type { Facts } from "../model/facts.ts";
import type { ArtifactRule, Finding, Ignored, Problem, Rule } from "../model/finding.ts";
import type { SignatureState } from "../model/report.ts";
import { stateOf } from "../model/state.ts";
import { fingerprints } from "../model/fingerprint.ts";
import type { Policy } from "../model/policy.ts";
import { imageOf } from "../model/reading.ts";
import { formatReference } from "../model/reference.ts";
import type { RenderFailure, SaidAt } from "../model/render.ts";
import type { ImageSite, LocatedFile, Owner, Unread } from "../model/site.ts";
import { artifactRules, rules as allRules } from "../rules/index.ts";
import { entryReachesAnImage } from "../rules/entry-reaches-an-image.ts";
import { lockedDependencies } from "../rules/locked-dependencies.ts";
import { nameATag } from "../rules/name-a-tag.ts";
import { pinByDigest } from "../rules/pin-by-digest.ts";
import { fill } from "../rewrite/fill.ts";
import { Account } from "./account.ts";
import { type Answers, factsOf } from "./ask.ts";
import type { Befores } from "./before.ts";
import { aboutRun, describe, type Draft, severityOf } from "./draft.ts";
import { type ExceptionInput, Exceptions } from "./exceptions.ts";
import type { Locks } from "./chart-locks.ts";
import { judgeArtifacts } from "./judge-artifacts.ts";
import type { Proofs } from "./prove.ts";
import type { Reach } from "./reach.ts";

/** A root that could not be rendered, at the place of the cause or of what makes it a root. */
export interface Unrendered extends RenderFailure {
  readonly said: SaidAt;
  readonly excerpt: string;
}

export interface JudgeInput extends ExceptionInput {
  readonly located: Iterable<LocatedFile>;
  /** What was not read and is in no located file. */
  readonly passedOver: readonly Unread[];
  /** What the entries of kustomizations do. */
  readonly reach: Reach;
  /** What is locked of the dependencies of charts. */
  readonly locks: Locks;
  /** Undefined offline: rules that need facts are then not run, and named. */
  readonly answers: Answers | undefined;
  /** What signatures amount to; undefined: nobody asked. */
  readonly proofs?: Proofs | undefined;
  /** How pins compare with an earlier commit's; undefined: nobody looked. */
  readonly befores?: Befores | undefined;
  readonly baseline: ReadonlySet<string>;
  /** Write where another tool writes too. */
  readonly adopt: boolean;
  /** Roots that could not be rendered. */
  readonly unrendered?: readonly Unrendered[];
  /** Sites whose pin is prepared and shown elsewhere: what it would set right is not said again. */
  readonly pending?: ReadonlySet<ImageSite>;
}

export interface Verdict {
  /** By file, line and column. */
  readonly findings: readonly Finding[];
  readonly ran: readonly string[];
  readonly skipped: readonly { readonly rule: string; readonly why: string }[];
  /** Sites whose findings are all ignored: by file, their places in its list. */
  readonly ignored: ReadonlyMap<string, ReadonlySet<number>>;
  readonly account: Account;
}

/** Judges file by file, so that what was located of one can be let go before the next. */
export function judge(input: JudgeInput): Verdict {
  const { ran, skipped } = choose(input);
  const aboutArtifacts = artifactRules.filter(({ id }) => input.policy.rules[id] !== "off");
  const exceptions = new Exceptions(input, [...ran, ...aboutArtifacts]);
  const account = new Account();
  const ignored = new Map<string, ReadonlySet<number>>();
  const findings: Finding[] = [];
  for (const file of input.located) {
    const sites = file.sites.map((site, i) => (stateOf(site) === "not-run" ? [] : [...judgeSite(site, i, file, ran, exceptions, input)]));
    const told = sites.flatMap((drafts, i) => (input.pending?.has(file.sites[i]!) ? drafts.filter(({ rule }) => !SET_RIGHT_BY_A_PIN.has(rule)) : drafts));
    const drafts = [...told, ...judgeArtifacts(file, aboutArtifacts, input, exceptions), ...file.unread.flatMap((one) => unreadable(one, input.policy, exceptions)), ...exceptions.aboutComments(file)];
    const { finished, hidden } = finish(drafts, input);
    findings.push(...finished);
    if (hidden.size > 0) ignored.set(file.path, hidden);
    account.add(file, hidden, (i) => sites[i]!.some(wantsPin));
    if (input.proofs) for (const site of file.sites) account.addSignature(signatureStateOf(site, input));
  }
  const rest = [...input.passedOver.flatMap((one) => unreadable(one, input.policy, exceptions)), ...(input.unrendered ?? []).map((one) => unrendered(one, input.policy, exceptions)), ...exceptions.aboutWaivers()];
  findings.push(...finish(rest, input).finished);
  findings.sort((a, b) => compare(a.file, b.file) || byPlace(a, b));
  return { findings, ran: [...ran, ...aboutArtifacts].map(({ id }) => id), skipped: [...skipped, ...offIn(input.policy), ...inPart(input, ran), ...unlocked(input, aboutArtifacts)], ignored, account };
}

/** The drafts of one file, or of none, as findings; and which of its sites have no finding that counts. */
function finish(drafts: readonly Draft[], input: JudgeInput): { finished: Finding[]; hidden: ReadonlySet<number> } {
  const on = drafts.filter(({ rule }) => input.policy.rules[rule] !== "off").sort(byPlace);
  const prints = fingerprints(on.map(({ rule, file, resource, path, image, raw = image }) => ({
    rule, file: input.fromPolicy + file, ...(resource ? { resource } : {}), ...(path ? { path } : {}), ...(raw === undefined ? {} : { raw }),
  })));
  const bySite = new Map<number, boolean>();
  const finished = on.map(({ site, path: _path, raw: _raw, ...draft }, i): Finding => {
    const fingerprint = prints[i]!;
    const ignored: Ignored | undefined = draft.ignored ?? (input.baseline.has(fingerprint) ? { by: "baseline", reason: "in the baseline" } : undefined);
    if (site !== undefined) bySite.set(site, (bySite.get(site) ?? true) && ignored !== undefined);
    return { ...draft, ...(ignored ? { ignored } : {}), fingerprint };
  });
  return { finished, hidden: new Set([...bySite].filter(([, all]) => all).map(([site]) => site)) };
}

/** Whether a draft is the wish for a pin that nothing but a baseline hides. */
const wantsPin = ({ rule, ignored }: Draft): boolean => rule === pinByDigest.id && ignored === undefined;

const byPlace = (a: Pick<Finding, "start">, b: Pick<Finding, "start">): number => a.start.line - b.start.line || a.start.column - b.start.column;
/**
 * The sites that want a pin: the rule says so, and no suppression, waiver or other owner hides it. A baseline only
 * hides findings, and resolving them is still welcome.
 */
export function wantingPin(input: Omit<JudgeInput, "answers" | "baseline" | "passedOver" | "locks">): ReadonlySet<ImageSite> {
  const exceptions = new Exceptions(input, []);
  const wanting = new Set<ImageSite>();
  for (const file of input.located) {
    for (const site of file.sites) {
      if (stateOf(site) === "not-run") continue;
      const [problem] = pinByDigest.check(site, factsOf(site, new Map(), input.reach), input.policy);
      if (problem && !exceptions.covering(site, file, pinByDigest.id) && !owned(site, pinByDigest, input.adopt)) wanting.add(site);
    }
  }
  return wanting;
}

/** The sites that nobody wants pinned, whatever stands there: a suppression, a waiver or another owner says so. */
export function exceptedFromPins(input: Omit<JudgeInput, "answers" | "baseline" | "passedOver">): ReadonlySet<ImageSite> {
  const exceptions = new Exceptions(input, []);
  return new Set([...input.located].flatMap((file) => file.sites.filter((site) => exceptions.covering(site, file, pinByDigest.id) ?? owned(site, pinByDigest, input.adopt))));
}

/** What a prepared pin of a site answers. */
const SET_RIGHT_BY_A_PIN: ReadonlySet<string> = new Set([pinByDigest.id, nameATag.id]);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Why a rule with these needs cannot be run, if so. */
function unmet(needs: Rule["needs"], { answers, proofs, befores }: JudgeInput): string | undefined {
  const lacks = (...facts: readonly (keyof Facts)[]): boolean => needs.some((need) => facts.includes(need));
  if (!answers && lacks("tagged", "pinned", "index")) return "needs the registry (--online)";
  if (!proofs && lacks("signed")) return answers ? "`lading check` looks at signatures" : "needs the registry (--online) or an archive (--evidence)";
  if (!befores && lacks("before")) return answers ? "needs an earlier commit" : "needs the registry (--online)";
  return undefined;
}

function choose(input: JudgeInput): { ran: Rule[]; skipped: { rule: string; why: string }[] } {
  const { policy } = input;
  const ran: Rule[] = [];
  const skipped: { rule: string; why: string }[] = [];
  for (const rule of allRules) {
    const why =
      policy.rules[rule.id] === "off" ? "off in the policy"
      : rule.skip?.(policy) ?? unmet(rule.needs, input);
    if (why === undefined) ran.push(rule);
    else skipped.push({ rule: rule.id, why });
  }
  return { ran, skipped };
}

/** What the signatures of a site's image amount to; undefined where none are needed. */
export function signatureStateOf(site: ImageSite, input: Pick<JudgeInput, "answers" | "reach" | "policy" | "proofs">): SignatureState | undefined {
  const { signed } = factsOf(site, input.answers ?? new Map(), input.reach, input);
  if (signed.is === "absent") return undefined;
  if (signed.is === "unknown") return { is: "unknown", why: untoldOf(signed)! };
  const { value } = signed;
  if (value.is === "verified") return { is: "verified", signers: value.signers, ...(value.through === undefined ? {} : { through: value.through }) };
  return { is: value.is, ...("why" in value ? { why: value.why } : {}) };
}

/** What a rule could not be asked about, in one line: an entry that cannot be followed is no finding, and not fine either. */
function inPart({ reach }: JudgeInput, ran: readonly Rule[]): Verdict["skipped"] {
  const doubts = [...reach.values()].flatMap((answer) => (answer.is === "unknown" ? [answer.why] : []));
  if (doubts.length === 0 || !ran.includes(entryReachesAnImage as Rule)) return [];
  return [{ rule: entryReachesAnImage.id, why: `in part: ${doubts.length} of ${reach.size} entries could not be followed, e.g. ${doubts[0]!}` }];
}

const offIn = ({ rules }: Policy): Verdict["skipped"] => artifactRules.filter(({ id }) => rules[id] === "off").map(({ id }) => ({ rule: id, why: "off in the policy" }));

/** A lock that cannot be read says nothing, and that is said. */
function unlocked({ locks }: JudgeInput, ran: readonly ArtifactRule[]): Verdict["skipped"] {
  const doubts = [...locks.values()].flatMap((answer) => (answer.is === "unknown" ? [answer.why] : []));
  if (doubts.length === 0 || !ran.includes(lockedDependencies)) return [];
  return [{ rule: lockedDependencies.id, why: `in part: ${doubts.length} of ${locks.size} dependencies, e.g. ${doubts[0]!}` }];
}

function* judgeSite(site: ImageSite, index: number, file: LocatedFile, ran: readonly Rule[], exceptions: Exceptions, input: JudgeInput): Generator<Draft> {
  const facts = factsOf(site, input.answers ?? new Map(), input.reach, input);
  for (const rule of ran) {
    for (const problem of rule.check(site, facts, input.policy)) {
      const ignored = exceptions.covering(site, file, rule.id) ?? owned(site, rule, input.adopt);
      yield { ...place(site, index), ...describe(rule.id, severityOf(rule.id, site.confidence === "guess" ? "info" : (problem.severity ?? rule.severity), input.policy), problem), ...fixOf(site, problem, facts), ...(ignored ? { ignored } : {}) };
    }
  }
  const unanswered = [facts.tagged, facts.pinned, facts.index].find((fact) => fact.is === "unknown" && fact.why.code !== "not-asked");
  if (unanswered?.is === "unknown") {
    const ignored = exceptions.covering(site, file, "registry-answers");
    yield {
      ...place(site, index),
      ...aboutRun("registry-answers", input.policy, { message: "the registry could not be asked", label: unanswered.why.message, help: `nothing is known about this reference (${unanswered.why.code})` }),
      ...(ignored ? { ignored } : {}),
    };
  }
  const untold = input.proofs && untoldOf(facts.signed);
  if (untold !== undefined) {
    const ignored = exceptions.covering(site, file, "evidence-answers");
    yield {
      ...place(site, index),
      ...aboutRun("evidence-answers", input.policy, { message: "whether this image is signed could not be told", label: untold, help: "it is neither signed nor unsigned; `lading inspect` shows what is there" }),
      ...(site.confidence === "guess" ? { severity: severityOf("evidence-answers", "info", input.policy) } : {}),
      ...(ignored ? { ignored } : {}),
    };
  }
}

/** Why it is not known whether an image that has to be signed is. */
function untoldOf(signed: Facts["signed"]): string | undefined {
  if (signed.is === "unknown") return signed.why.code === "not-asked" ? "which image the tag names is not known here" : signed.why.message;
  return signed.is === "known" && signed.value.is === "unknown" ? signed.value.why : undefined;
}

const OWNERS: Readonly<Record<Owner["tool"], string>> = { flux: "Flux", renovate: "Renovate", "argocd-image-updater": "Argo CD Image Updater" };

/** A pin that another tool would overwrite is that tool's to make. */
function owned(site: ImageSite, rule: Pick<Rule, "id">, adopt: boolean): Ignored | undefined {
  if (!site.owner || adopt || rule.id !== "pin-by-digest") return undefined;
  return { by: "owner", reason: `${OWNERS[site.owner.tool]} writes this field (${site.owner.marker}); --adopt writes it all the same` };
}

function place(site: ImageSite, index: number): Pick<Draft, "file" | "start" | "end" | "excerpt" | "resource" | "image" | "site" | "path"> {
  return {
    file: site.file,
    start: site.position,
    end: site.end,
    excerpt: site.excerpt,
    resource: site.resource,
    image: imageOf(site),
    site: index,
    path: site.path,
  };
}

function fixOf(site: ImageSite, { fix }: Problem, facts: Facts): Pick<Draft, "fix"> {
  if (!fix || site.reading.is !== "reference" || site.slots.length === 0) return {};
  const wanted = { ...site.reading.reference, ...fix.set };
  const kind = facts.tagged.is === "known" ? facts.tagged.value.kind : undefined;
  const notes = [kind === "index" ? "multi-arch index" : kind === "image" ? "single-platform image" : undefined, fix.safe ? undefined : "needs --unsafe-fixes"];
  // Every slot of a finding lies on lines of its own file, so places follow from the site's.
  const edits = fill(site.slots, { ...(site.spelled ?? site.reading.reference), ...fix.set }).map((edit, i) => ({ ...edit, ...site.slotPositions[i]! }));
  return { fix: { text: formatReference(wanted), note: notes.filter(Boolean).join("; "), safe: fix.safe, edits } };
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

/** A root that was not rendered: what it deploys was not judged. */
function unrendered({ code, message, said, excerpt }: Unrendered, policy: Policy, exceptions: Exceptions): Draft {
  const { file, position: start } = said;
  const ignored = exceptions.waived(file, "rendered-root");
  const about = aboutRun("rendered-root", policy, { message: "this could not be rendered, so what it deploys was not judged", label: message, help: WHAT_TO_DO[code] });
  const severity = code === "elsewhere" && policy.rules["rendered-root"] === undefined ? "info" : about.severity;
  return { ...about, severity, file, start, end: start, excerpt, ...(ignored ? { ignored } : {}) };
}

const WHAT_TO_DO: Readonly<Record<RenderFailure["code"], string>> = {
  "no-program": "install it, or run where it is on PATH",
  refused: "the sandbox does not run this: take it out of the tree, or judge what is rendered elsewhere: COMMAND | lading check -",
  failed: "correct what the program complained about",
  timeout: "the program took too long; look at what it renders",
  "too-large": "the output is larger than is read; render it in parts",
  elsewhere: "run lading in the repository that holds it as well",
};
