/** discover → locate → gather → judge → report. */
import type { Prove } from "../model/evidence.ts";
import type { Gather } from "../model/facts.ts";
import type { Policy } from "../model/policy.ts";
import type { Report } from "../model/report.ts";
import type { ImageSite } from "../model/site.ts";
import { stateOf } from "../model/state.ts";
import { aboutTheRun } from "../rules/about-the-run.ts";
import { type Answers, ask, askForProofs } from "./ask.ts";
import { type AgeOf, type Befores, compareWithBefore, type Earlier } from "./before.ts";
import type { RenderedPart, Rendering } from "./check-rendered.ts";
import { judge, type JudgeInput, signatureStateOf, type Verdict, wantingPin } from "./judge.ts";
import { needOf, type Proofs } from "./prove.ts";
import { references, summarise } from "./references.ts";
import { settled, type Survey, survey, type Workspace } from "./survey.ts";

export interface RunOptions {
  readonly policy: Policy;
  /** Fingerprints of findings that are known and accepted for now. */
  readonly baseline: ReadonlySet<string>;
  readonly adopt: boolean;
  readonly fromPolicy: JudgeInput["fromPolicy"];
  readonly version: string;
  /** ISO time of the start. */
  readonly started: string;
  /** Milliseconds since any fixed moment. */
  readonly clock: () => number;
}

export interface CheckOptions extends RunOptions {
  /** Asks registries. Undefined: an offline run. */
  readonly gather?: Gather;
  /** Proves signatures, online or from an archive. Undefined: the rules about them are not run. */
  readonly prove?: Prove;
  /** An earlier commit, and a way to ask how old images are. */
  readonly before?: { readonly earlier: Earlier; readonly ageOf: AgeOf };
  /** Renders what a cluster gets by rendering, and judges that as well. */
  readonly rendering?: Rendering;
}

/** Looks at everything in the workspace and reports on it. Reads, asks, writes nothing. */
export async function check(workspace: Workspace, options: CheckOptions): Promise<Report> {
  const begin = options.clock();
  const surveyed = await survey(workspace, options.policy.fields);
  const { gather, prove, before, policy, rendering } = options;
  const { found, part } = rendering ? await (await import("./check-rendered.ts")).renderInto(workspace, surveyed, rendering) : { found: surveyed, part: undefined };
  if (!gather && !prove) return report(workspace, found, {}, options, begin, new Set(), part);
  const whole = settled(found);
  const sites = worthAsking(whole, options);
  const answers = gather ? await ask(sites, gather) : undefined;
  const [proofs, befores] = await Promise.all([
    prove && askForProofs(sites, answers ?? new Map(), policy, prove),
    before && compareWithBefore(whole.located, before.earlier, before.ageOf, policy, (file) => workspace.role(file, new Set())),
  ]);
  return report(workspace, whole, { answers, proofs, befores }, options, begin, new Set(), part);
}

/** What a run asked and was told. */
export interface Told {
  readonly answers?: Answers | undefined;
  readonly proofs?: Proofs | undefined;
  readonly befores?: Befores | undefined;
}

/** All sites but unpinned ones that nobody wants pinned or signed: what their tags name answers no question then. */
function worthAsking(found: ReturnType<typeof settled>, options: RunOptions): ImageSite[] {
  const wanted = wantingPin(judgeInput(found, options));
  return found.located.flatMap((file) => file.sites).filter((site) => (stateOf(site) !== "floating" && stateOf(site) !== "not-run") || wanted.has(site) || needOf(site, options.policy) !== undefined);
}

/** What of a run's options the judging needs. */
export function judgeInput({ located, passedOver, reach, locks }: Survey, { policy, baseline, adopt, fromPolicy, started }: RunOptions): Omit<JudgeInput, "answers"> {
  return { located, passedOver, reach, locks, policy, baseline, adopt, fromPolicy, today: started.slice(0, 10) };
}

/** Judges what was found and puts it in the form that all formats print. */
export function report(workspace: Workspace, found: Survey, told: Told, options: RunOptions, begin: number, pending: ReadonlySet<ImageSite> = new Set(), part?: RenderedPart): Report {
  const input = { ...judgeInput(found, options), ...told, answers: told.answers, pending, ...(part ? { unrendered: part.unrendered, rendering: true } : {}) };
  const verdict = judge(input);
  return {
    version: 1,
    tool: { name: "lading", version: options.version },
    mode: modeOf(told),
    root: workspace.root,
    started: options.started,
    seconds: Math.round((options.clock() - begin) / 10) / 100,
    summary: summarise(found, verdict),
    rules: ruleLists(verdict, options.policy, told, part !== undefined),
    references: references(found, verdict, (site) => (told.proofs ? signatureStateOf(site, input) : undefined)),
    findings: verdict.findings,
    unread: found.unread,
    ...(part ? { rendered: part.rendered } : {}),
  };
}

function ruleLists({ ran, skipped }: Verdict, policy: Policy, { answers, proofs }: Told, rendering: boolean): Report["rules"] {
  const needed = { "registry-answers": answers !== undefined, "evidence-answers": proofs !== undefined, "rendered-root": rendering };
  const own = aboutTheRun.filter(({ id }) => policy.rules[id] !== "off" && (!(id in needed) || needed[id as keyof typeof needed]));
  return { ran: [...ran, ...own.map(({ id }) => id)], skipped };
}

/** `cache` only when no registry had to be asked at all. */
function modeOf({ answers, proofs }: Told): Report["mode"] {
  if (!answers) return "offline";
  const cached = [...answers.values()].every((answer) => answer.is === "known" && answer.value.from === "cache");
  const proved = [...(proofs?.values() ?? [])].every((verdict) => verdict.is === "verified" && verdict.from === "cache");
  return answers.size > 0 && cached && proved ? "cache" : "online";
}
