/** discover → locate → gather → judge → report. */
import type { Gather } from "../model/facts.ts";
import type { Policy } from "../model/policy.ts";
import type { Report } from "../model/report.ts";
import type { ImageSite } from "../model/site.ts";
import { stateOf } from "../model/state.ts";
import { aboutTheRun } from "../rules/about-the-run.ts";
import { type Answers, ask } from "./ask.ts";
import type { RenderedPart, Rendering } from "./check-rendered.ts";
import { judge, type JudgeInput, type Verdict, wantingPin } from "./judge.ts";
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
  /** Renders what a cluster gets by rendering, and judges that as well. */
  readonly rendering?: Rendering;
}

/** Looks at everything in the workspace and reports on it. Reads, asks, writes nothing. */
export async function check(workspace: Workspace, options: CheckOptions): Promise<Report> {
  const begin = options.clock();
  const surveyed = await survey(workspace, options.policy.fields);
  const { gather, rendering } = options;
  const { found, part } = rendering ? await (await import("./check-rendered.ts")).renderInto(workspace, surveyed, rendering) : { found: surveyed, part: undefined };
  if (!gather) return report(workspace, found, undefined, options, begin, new Set(), part);
  const whole = settled(found);
  return report(workspace, whole, await ask(worthAsking(whole, options), gather), options, begin, new Set(), part);
}

/** All sites but unpinned ones that nobody wants pinned: what their tags name answers no question then. */
function worthAsking(found: ReturnType<typeof settled>, options: RunOptions): ImageSite[] {
  const wanted = wantingPin(judgeInput(found, options));
  return found.located.flatMap((file) => file.sites).filter((site) => (stateOf(site) !== "floating" && stateOf(site) !== "not-run") || wanted.has(site));
}

/** What of a run's options the judging needs. */
export function judgeInput({ located, passedOver, reach, locks }: Survey, { policy, baseline, adopt, fromPolicy, started }: RunOptions): Omit<JudgeInput, "answers"> {
  return { located, passedOver, reach, locks, policy, baseline, adopt, fromPolicy, today: started.slice(0, 10) };
}

/** Judges what was found and puts it in the form that all formats print. */
export function report(workspace: Workspace, found: Survey, answers: Answers | undefined, options: RunOptions, begin: number, pending: ReadonlySet<ImageSite> = new Set(), part?: RenderedPart): Report {
  const verdict = judge({ ...judgeInput(found, options), answers, pending, ...(part ? { unrendered: part.unrendered, rendering: true } : {}) });
  return {
    version: 1,
    tool: { name: "lading", version: options.version },
    mode: modeOf(answers),
    root: workspace.root,
    started: options.started,
    seconds: Math.round((options.clock() - begin) / 10) / 100,
    summary: summarise(found, verdict),
    rules: ruleLists(verdict, options.policy, answers !== undefined, part !== undefined),
    references: references(found, verdict),
    findings: verdict.findings,
    unread: found.unread,
    ...(part ? { rendered: part.rendered } : {}),
  };
}

function ruleLists({ ran, skipped }: Verdict, policy: Policy, online: boolean, rendering: boolean): Report["rules"] {
  const own = aboutTheRun.filter(({ id }) => policy.rules[id] !== "off" && (online || id !== "registry-answers") && (rendering || id !== "rendered-root"));
  return { ran: [...ran, ...own.map(({ id }) => id)], skipped };
}

/** `cache` only when no registry had to be asked at all. */
function modeOf(answers: Answers | undefined): Report["mode"] {
  if (!answers) return "offline";
  const cached = [...answers.values()].filter((answer) => answer.is === "known" && answer.value.from === "cache");
  return answers.size > 0 && cached.length === answers.size ? "cache" : "online";
}
