/** A candidate on its way through its forms: what is tried, what is heard, what it comes to. */
import type { ImageReference } from "../../model/reference.ts";
import type { PinForm } from "../../surfaces/pin-forms.ts";
import type { Candidate } from "./candidates.ts";
import { type Reason, type ReasonCode, sameImage } from "./judge-difference.ts";
import type { ProbeOutcome, Tried } from "./outcome.ts";

/** A candidate on its way through its forms. */
export interface Trial {
  readonly index: number;
  readonly candidate: Candidate;
  readonly queue: PinForm[];
  /** Written next to the digest where the map has no tag. A chart may put something in front of it or behind, so there are several to try. */
  readonly defaultTags: readonly string[];
  /** The one that is tried now. */
  turn: number;
  readonly tried: Tried[];
  accepted: Accepted | undefined;
  /** Taken when no form changes the image alone. */
  fallback: Accepted | undefined;
  image: ImageReference | undefined;
}

export interface Accepted {
  readonly form: PinForm;
  readonly image: ImageReference;
  readonly occurrences: number;
  readonly also?: string;
  readonly writes?: string;
}

/** What one rendering says of one candidate. */
export interface Heard {
  readonly images: ImageReference[];
  occurrences: number;
  readonly labels: string[];
  readonly reasons: Reason[];
}

/** What a tag that the chart makes longer looks like. */
const OF_THE_TAG: ReadonlySet<ReasonCode> = new Set<ReasonCode>(["field", "malformed"]);

/** A rendered tag, and what a chart can have made it from: `v1.2-distroless` of `v1.2`, and of `1.2`. */
export function spellingsOf(tag: string): readonly string[] {
  const short = tag.includes("-") ? [tag.slice(0, tag.indexOf("-"))] : [];
  return [...new Set([tag, ...short, ...[...short, tag].filter((one) => /^v\d/.test(one)).map((one) => one.slice(1))])];
}

/** The chart does not know the field, or nothing uses the image. */
export const IGNORED: Reason = { code: "ignored", why: "changes nothing that is rendered" };

/** Takes down what a rendering says of a candidate in one form. */
export function record(trial: Trial, form: PinForm, heard: Heard | undefined): void {
  const reason = heard === undefined ? IGNORED : heard.reasons[0] ?? unexpected(trial, heard);
  if (heard?.images[0] !== undefined) trial.image = heard.images[0];
  if (reason) {
    // Perhaps the chart made the tag longer than what is to be written.
    if (OF_THE_TAG.has(reason.code) && trial.turn + 1 < trial.defaultTags.length) {
      trial.turn++;
      trial.queue.unshift(form);
      return;
    }
    trial.turn = 0;
    trial.tried.push({ form, reason });
    return;
  }
  const { images: [image], occurrences, labels } = heard!;
  const writes = trial.defaultTags[trial.turn];
  const accepted: Accepted = { form, ...(writes === undefined ? {} : { writes }), image: { name: image!.name, ...(image!.tag === undefined ? {} : { tag: image!.tag }) }, occurrences, ...(labels.length > 0 ? { also: labels[0]! } : {}) };
  if (labels.length === 0) trial.accepted = accepted;
  else {
    trial.fallback ??= accepted;
    trial.tried.push({ form, reason: { code: "label", why: labels[0]! } });
  }
}

/** Why the images that changed are not the one that stands in the values, if so. */
function unexpected({ candidate: { repository, tag } }: Trial, { images, occurrences }: Heard): Reason | undefined {
  if (occurrences === 0) return IGNORED;
  const [first] = images;
  const another = images.find((image) => !sameImage(image, first!));
  if (another) return { code: "several-images", why: `sets ${first!.name} and ${another.name}, for which one digest cannot be right` };
  if (repository !== undefined && !isOf(first!.name, repository)) return { code: "field", why: `changes ${first!.name}, which is not ${repository}` };
  if (first!.tag === undefined) return { code: "no-tag", why: `is rendered as ${first!.name} without its tag` };
  // A tag that is written along was read from what is rendered.
  if (tag === undefined || first!.tag === tag || first!.tag === `v${tag}`) return undefined;
  return { code: "another-tag", why: `would hold an image that is rendered with the tag ${first!.tag}, and ${tag} stands here` };
}

/** Charts put registries in front of a repository, or take its own away. */
function isOf(rendered: string, repository: string): boolean {
  const bare = /^[^/]*[.:][^/]*\//.test(repository) ? repository.slice(repository.indexOf("/") + 1) : repository;
  return rendered.includes(bare);
}

/** What says most about a refusal: not that a chart knows no such field. */
const TELLING: readonly ReasonCode[] = ["limit", "together", "several-images", "another-tag", "no-tag", "version", "label", "semver", "chart-fails", "schema", "documents", "field", "malformed", "fails", "ignored"];

/** What all of its forms come to. */
export function outcomeOf({ accepted, tried, image }: Trial): ProbeOutcome {
  if (accepted) return { is: "pinned", ...accepted };
  if (tried.every(({ reason }) => reason.code === "ignored" || reason.code === "schema") && tried.some(({ reason }) => reason.code === "ignored")) return { is: "inactive" };
  const [worst] = [...tried].sort((a, b) => TELLING.indexOf(a.reason.code) - TELLING.indexOf(b.reason.code));
  return { is: "refused", reason: worst?.reason ?? IGNORED, tried, ...(image ? { image } : {}) };
}
