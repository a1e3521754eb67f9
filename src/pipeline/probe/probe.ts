/**
 * The probe is the pin: a chart is rendered with digests that name no content but the candidate they stand for, and
 * the first way of writing them whose only effect is the image is the way in which the pin is written.
 */
import type { Render, Rendered, RenderFailure, RenderRequest } from "../../model/render.ts";
import { fill } from "../../rewrite/fill.ts";
import { splice } from "../../rewrite/splice.ts";
import type { PinForm } from "../../surfaces/pin-forms.ts";
import { type Candidate, wantedOf } from "./candidates.ts";
import { differences, fieldKey } from "./difference.ts";
import { keep, keyOf, type ProbeCache, type ProbedChart, recall } from "./cache.ts";
import { failureReason } from "./failure.ts";
import { ordered } from "./hints.ts";
import { judgeDifference, type Reason } from "./judge-difference.ts";
import { type LayerText, requestWith } from "./layers.ts";
import { markerOf, markersIn } from "./marker.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { tagsRendered } from "./rendered-tags.ts";
import { type Heard, IGNORED, outcomeOf, record, spellingsOf, type Trial } from "./trial.ts";

export interface ProbeResult {
  readonly outcomes: ReadonlyMap<Candidate, ProbeOutcome>;
  /** How often the chart was rendered. */
  readonly renders: number;
  /** Why nothing could be proved, when the chart does not render as it is. */
  readonly failure?: RenderFailure;
}

export interface ProbeInput extends ProbedChart {
  readonly render: Render;
  /** Renderings at most; what is undecided then is refused. */
  readonly limit?: number;
  /** What earlier runs found out about charts that render as they did then. */
  readonly cache?: ProbeCache;
}

const LIMIT = 150;

/** Finds the form of pin for each candidate of a root. */
export async function probe(input: ProbeInput): Promise<ProbeResult> {
  const run = new Probe(input);
  const begun = await run.begin();
  if ("code" in begun) return { outcomes: new Map(), renders: run.renders, failure: begun };
  const key = keyOf(input, begun);
  const known = input.cache && recall(input.cache.get(key), input.candidates);
  if (known) return { outcomes: known, renders: run.renders };
  const failure = await run.mask();
  if (failure) return { outcomes: new Map(), renders: run.renders, failure };
  await run.rounds();
  await run.together();
  const outcomes = run.outcomes();
  input.cache?.set(key, keep(outcomes, input.candidates));
  return { outcomes, renders: run.renders };
}

type Attempt = { readonly is: "rendered"; readonly heard: ReadonlyMap<number, Heard>; readonly stray: readonly Reason[] } | { readonly is: "failed"; readonly reason: Reason };

class Probe {
  renders = 0;
  private readonly input: ProbeInput;
  private readonly limit: number;
  private before = "";
  /** Fields that differ from one rendering to the next without any change. */
  private readonly masked = new Set<string>();
  private trials: Trial[] = [];

  constructor(input: ProbeInput) {
    this.input = input;
    this.limit = input.limit ?? LIMIT;
  }

  /** The chart as it is. */
  async begin(): Promise<RenderFailure | Rendered> {
    const answer = await this.render(this.plain);
    if (answer.is === "unknown") return answer.why;
    this.before = answer.value.text;
    this.trials = this.input.candidates.map((candidate, index) => this.trialOf(candidate, index));
    return answer.value;
  }

  /** Once more: what differs from the first time is made up anew each time, and says nothing. */
  async mask(): Promise<RenderFailure | undefined> {
    const answer = await this.render(this.plain);
    if (answer.is === "unknown") return answer.why;
    for (const difference of await differences(this.before, answer.value.text)) this.masked.add(fieldKey(difference));
    return undefined;
  }

  private get plain(): RenderRequest {
    return requestWith(this.input.root, this.input.layers, new Map());
  }

  private render(request: RenderRequest): ReturnType<Render> {
    this.renders++;
    return this.input.render(request);
  }

  private trialOf(candidate: Candidate, index: number): Trial {
    const names = [...candidate.path.filter((step) => typeof step === "string").reverse(), ...chartsIn(candidate.layer.file), this.input.chart];
    const tags = candidate.tag === undefined ? tagsRendered(this.before, candidate.repository ?? "") : [];
    const trial: Trial = { index, candidate, queue: [...ordered(names, candidate.forms)], defaultTags: tags.length === 1 ? spellingsOf(tags[0]!) : [], turn: 0, tried: [], accepted: undefined, fallback: undefined, image: undefined };
    if (candidate.tag !== undefined || trial.defaultTags.length > 0) return trial;
    const reason: Reason = tags.length === 0 ? IGNORED : { code: "no-tag", why: `the tags ${tags.join(" and ")} are rendered for it, so none can be written beside a digest` };
    trial.tried.push(...trial.queue.splice(0).map((form) => ({ form, reason })));
    return trial;
  }

  /** Each round tries the next form of every candidate that has none yet. */
  async rounds(): Promise<void> {
    for (;;) {
      const open = this.trials.filter(({ accepted, queue }) => !accepted && queue.length > 0);
      if (open.length === 0) return;
      await this.settle(open, open.map(({ queue }) => queue.shift()!));
    }
  }

  /** Renders the candidates with the form that each has now; what cannot be told apart is tried in halves. */
  private async settle(trials: readonly Trial[], forms: readonly PinForm[]): Promise<void> {
    const attempt = await this.attempt(trials, forms);
    if (attempt.is === "rendered" && attempt.stray.length === 0) {
      for (const [i, trial] of trials.entries()) record(trial, forms[i]!, attempt.heard.get(trial.index));
      return;
    }
    if (trials.length === 1 || attempt.is === "failed" && attempt.reason.code === "limit") {
      const reason = attempt.is === "failed" ? attempt.reason : attempt.stray[0]!;
      for (const [i, trial] of trials.entries()) trial.tried.push({ form: forms[i]!, reason });
      return;
    }
    const half = trials.length >> 1;
    await this.settle(trials.slice(0, half), forms.slice(0, half));
    await this.settle(trials.slice(half), forms.slice(half));
  }

  private async attempt(trials: readonly Trial[], forms: readonly PinForm[]): Promise<Attempt> {
    if (this.renders >= this.limit) return { is: "failed", reason: { code: "limit", why: `${this.limit} renderings did not decide it` } };
    const { root, layers } = this.input;
    const texts = edited(layers, trials.map((trial, i) => ({ ...trial, form: forms[i]! })));
    if (!texts) return { is: "failed", reason: { code: "together", why: "is written in the same place as another pin" } };
    const answer = await this.render(requestWith(root, layers, texts));
    if (answer.is === "unknown") return { is: "failed", reason: failureReason(answer.why) };
    const heard = await this.hear(answer.value.text);
    if (heard.is === "failed" || heard.stray.length === 0) return heard;
    // A time may have been the same in the first renderings, and be another one now.
    const known = this.masked.size;
    await this.mask();
    return this.masked.size > known ? this.hear(answer.value.text) : heard;
  }

  private async hear(after: string): Promise<Attempt> {
    const heard = new Map<number, Heard>();
    const stray: Reason[] = [];
    const of = (index: number): Heard => {
      let known = heard.get(index);
      if (!known) heard.set(index, (known = { images: [], occurrences: 0, labels: [], reasons: [] }));
      return known;
    };
    for (const difference of await differences(this.before, after)) {
      if (this.masked.has(fieldKey(difference))) continue;
      const judged = judgeDifference(difference);
      if (judged.is === "checksum" || (judged.is === "digest" && markersIn(judged.digest).size > 0)) continue;
      if (judged.is === "image") {
        for (const { before, after: fresh } of judged.changes) {
          const [index] = markersIn(fresh.digest ?? "");
          if (index === undefined) stray.push({ code: "field", why: `changes ${difference.path.join(".")}` });
          else {
            of(index).images.push(before);
            of(index).occurrences++;
          }
        }
        continue;
      }
      const owners = [...markersIn(difference.after ?? "")];
      const reason: Reason = judged.is === "other" ? judged.reason : judged.is === "digest" ? { code: "field", why: `changes ${difference.path.join(".")}` } : { code: "label", why: judged.why };
      if (owners.length === 0) stray.push(reason);
      for (const index of owners) {
        if (judged.is === "version-label") of(index).labels.push(judged.why);
        else of(index).reasons.push(reason);
      }
    }
    return { is: "rendered", heard, stray };
  }

  /** Pins that work each by itself have to work all at once, since that is how they are written. */
  async together(): Promise<void> {
    for (const trial of this.trials) trial.accepted ??= trial.fallback;
    const accepted = this.trials.filter(({ accepted }) => accepted !== undefined);
    if (accepted.length > 1) await this.join(accepted);
  }

  /** The largest part that works, by halves: where two halves do not go together, the second one gives way. */
  private async join(trials: readonly Trial[]): Promise<readonly Trial[]> {
    if (await this.isClean(trials)) return trials;
    if (trials.length === 1) return this.giveUp(trials);
    const half = trials.length >> 1;
    const [first, second] = [await this.join(trials.slice(0, half)), await this.join(trials.slice(half))];
    const both = [...first, ...second];
    if (first.length === 0 || second.length === 0 || both.length < trials.length && await this.isClean(both)) return both;
    this.giveUp(second);
    return first;
  }

  private giveUp(trials: readonly Trial[]): readonly Trial[] {
    for (const trial of trials) {
      trial.tried.push({ form: trial.accepted!.form, reason: { code: "together", why: "does not go together with the other pins of this chart" } });
      trial.accepted = undefined;
    }
    return [];
  }

  private async isClean(trials: readonly Trial[]): Promise<boolean> {
    const attempt = await this.attempt(trials, trials.map(({ accepted }) => accepted!.form));
    if (attempt.is === "failed" || attempt.stray.length > 0) return false;
    return trials.every(({ index, accepted }) => {
      const heard = attempt.heard.get(index);
      return heard !== undefined && heard.occurrences === accepted!.occurrences && heard.reasons.length === 0 && (heard.labels.length === 0 || accepted!.also !== undefined);
    });
  }

  outcomes(): ReadonlyMap<Candidate, ProbeOutcome> {
    return new Map(this.trials.map((trial) => [trial.candidate, outcomeOf(trial)]));
  }
}

/** The chart folders that a file lies in: `charts/NAME/`. */
const chartsIn = (file: string): string[] => [...file.matchAll(/(?:^|\/)charts\/([^/]+)(?=\/)/g)].map(([, name]) => name!).reverse();

/** The layers' texts with the trials' forms written into them; undefined when two want the same place. */
function edited(layers: readonly LayerText[], trials: readonly (Trial & { readonly form: PinForm })[]): ReadonlyMap<string, string> | undefined {
  const texts = new Map<string, string>();
  for (const layer of layers) {
    const edits = trials.filter(({ candidate }) => candidate.layer === layer).flatMap(({ candidate, form, index, defaultTags, turn }) => fill(candidate.forms.get(form)!, wantedOf(candidate, markerOf(index), defaultTags[turn])));
    if (edits.length === 0) continue;
    try {
      texts.set(layer.key, splice(layer.text, edits));
    } catch {
      return undefined;
    }
  }
  return texts;
}
