/** … → wish → fill → splice → read back → write. */
import { LadingError, messageOf } from "../model/errors.ts";
import type { Edit } from "../model/edit.ts";
import type { Gather } from "../model/facts.ts";
import type { ImageReference } from "../model/reference.ts";
import type { Report } from "../model/report.ts";
import type { ImageSite, LocatedFile } from "../model/site.ts";
import { fill } from "../rewrite/fill.ts";
import { documentsReadBack, jsonReadsBack, sitesReadBack } from "../rewrite/read-back.ts";
import { splice } from "../rewrite/splice.ts";
import { loadFullReader } from "../syntax/read.ts";
import { type OwnFields, ownFields } from "../surfaces/known-fields.ts";
import { type Answers, askForPins, factsOf } from "./ask.ts";
import { judgeInput, report, type RunOptions } from "./check.ts";
import { wantingPin } from "./judge.ts";
import type { Prepared, Proving, Rendering, Rewrite, Step } from "./pin-steps.ts";
import { programReadsBack } from "./programs.ts";
import { locator, settled, type Survey, survey, type Workspace } from "./survey.ts";

export interface PinOptions extends RunOptions {
  readonly gather: Gather;
  /** Also write pins that may change more than the image. */
  readonly unsafe: boolean;
  /** Read each manifest and hash it, instead of taking the digest from the answer's header. */
  readonly verify: boolean;
  /** Renders what the repository deploys: pins in Helm values are proved by it, and every pin is held against it. */
  readonly proving?: Proving;
  /** Puts a file's new text in place, or decides not to; called once a file, in order. */
  readonly write: (rewrite: Rewrite) => Promise<"written" | "declined" | "shown">;
}

export interface PinOutcome {
  readonly report: Report;
  readonly pinned: number;
  readonly files: number;
  /** Pins that were prepared and only shown; the report says nothing more about them. */
  readonly pending: number;
  /** Pins that a person turned down. */
  readonly declined: number;
  /** Files left alone: they could not be written, or the proof failed, which is a bug of ours or what rendering shows. */
  readonly refused: readonly { readonly file: string; readonly why: string }[];
  /** What rendering was needed for; absent where nothing was rendered. */
  readonly rendered?: Rendering;
}

/** Pins everything that may be pinned, and reports on what is there afterwards. */
export async function pin(workspace: Workspace, options: PinOptions): Promise<PinOutcome> {
  const begin = options.clock();
  const own = ownFields(options.policy.fields);
  const surveyed = settled(await survey(workspace, options.policy.fields));
  const proof = options.proving && (await (await import("./pin-rendered.ts")).begin(workspace, surveyed, options, options.proving));
  const found = proof ? { ...surveyed, located: proof.located } : surveyed;
  const candidates = pinnable(found, options);
  const asked = askForPins([...candidates], options.verify, options.gather);
  // The parser that reads the changes back is loaded while registries think, so the questions go out first.
  if (candidates.size > 0) await nextTurn().then(loadFullReader);
  const located: LocatedFile[] = [];
  const refused: { file: string; why: string }[] = [];
  let pinned = 0;
  let files = 0;
  const pending = new Set<ImageSite>();
  let declined = 0;
  // A file is rewritten while the answers about others are on their way.
  const each = async (file: LocatedFile): Promise<Step> => {
    const wanted = wishes(file, candidates, await asked.about(file.sites.filter((site) => candidates.has(site))));
    const around = found.programs.get(file.path);
    const prepared = wanted.size === 0 ? undefined : await (around ? prepareProgram(workspace, file, around, wanted, own) : prepare(workspace, file, wanted, own));
    return { file, wanted, prepared };
  };
  // What is rendered shows all changes at once, so then all of them come first.
  const held = proof && (await proof.hold(await inTurn(found.located, each)));
  for (const file of found.located) {
    const { wanted, prepared } = held?.get(file) ?? (await each(file));
    if (!prepared || "why" in prepared) {
      if (prepared) refused.push(prepared);
      located.push(file);
      continue;
    }
    const outcome = await attempt(prepared, options.write);
    if (typeof outcome === "object") {
      refused.push(outcome);
      located.push(file);
      continue;
    }
    if (outcome !== "written") {
      if (outcome === "declined") declined += wanted.size;
      else for (const i of wanted.keys()) pending.add(file.sites[i]!);
      located.push(file);
      continue;
    }
    pinned += wanted.size;
    files++;
    located.push(prepared.located);
  }
  return {
    report: report(workspace, { ...found, located }, { answers: await asked.all }, options, begin, pending), pinned, files, pending: pending.size, declined, refused,
    ...(proof ? { rendered: proof.summary() } : {}),
  };
}

/** One after another: each holds a file's text. */
async function inTurn(files: readonly LocatedFile[], each: (file: LocatedFile) => Promise<Step>): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const file of files) steps.push(await each(file));
  return steps;
}

/** Lets everything that was begun go as far as it can without waiting. */
const nextTurn = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

/** One file that cannot be written does not keep the others from it. */
async function attempt(rewrite: Rewrite, write: PinOptions["write"]): Promise<Awaited<ReturnType<PinOptions["write"]>> | { file: string; why: string }> {
  try {
    return await write(rewrite);
  } catch (error) {
    if (error instanceof LadingError && error.kind === "io") return { file: rewrite.source.path, why: error.message };
    throw error;
  }
}

/** Sites that lack a digest, can take one, and that nobody asked to leave alone. */
function pinnable(found: Survey, options: PinOptions): ReadonlySet<ImageSite> {
  return new Set(
    [...wantingPin(judgeInput(found, options))].filter((site) => site.slots.length > 0 && (options.unsafe || site.unsafe === undefined)),
  );
}

/** The references that a file's sites should read as, by their place in the list. */
function wishes(file: LocatedFile, candidates: ReadonlySet<ImageSite>, answers: Answers): Map<number, ImageReference> {
  const wanted = new Map<number, ImageReference>();
  for (const [i, site] of file.sites.entries()) {
    if (!candidates.has(site) || site.reading.is !== "reference") continue;
    const { tagged } = factsOf(site, answers, new Map());
    if (tagged.is === "known") wanted.set(i, { ...site.reading.reference, digest: tagged.value.digest });
  }
  return wanted;
}

/** What is written for a wanted reference: a cluster may read another name and tag than stand here. */
const spelledAt = ({ spelled }: ImageSite, reference: ImageReference): ImageReference => (spelled && reference.digest !== undefined ? { ...spelled, digest: reference.digest } : reference);

/**
 * Sites whose reference is known by rendering do not read as it by themselves. What can be said of them here is that
 * the digest stands there; that it arrives is for rendering to show.
 */
function withRendered(file: LocatedFile, after: LocatedFile, wanted: ReadonlyMap<number, ImageReference>): readonly [LocatedFile, ReadonlyMap<number, ImageReference>] {
  const others = new Map(wanted);
  const sites = file.sites.map((site, i) => {
    const now = after.sites[i]?.reading;
    const digest = wanted.get(i)?.digest;
    if (!site.spelled || !now || (digest !== undefined && now.is === "reference" && now.reference.digest !== digest)) return site;
    others.delete(i);
    return { ...site, reading: now };
  });
  return [{ ...file, sites }, others];
}

/** Items of a list, and the list's own key, can go in at one place; anything else there would be two wishes for one field. */
const LIST_ITEM = /^(?:\r?\n)?images:|^ *- +name: /;

/** Two sites may share a place and want the same there; items that are put in at one place go in as one. */
function once(edits: readonly Edit[]): Edit[] {
  const joined = new Map<string, Edit>();
  for (const edit of new Map(edits.map((one) => [`${one.span.start} ${one.span.end} ${one.text}`, one])).values()) {
    const { start, end } = edit.span;
    const key = start === end && LIST_ITEM.test(edit.text) ? `${start}` : `${start} ${end} ${edit.text}`;
    joined.set(key, { span: edit.span, text: `${joined.get(key)?.text ?? ""}${edit.text}` });
  }
  return [...joined.values()];
}

/** A TypeScript file's change, proved with the files that it works together with. */
async function prepareProgram(workspace: Workspace, file: LocatedFile, around: readonly string[], wanted: ReadonlyMap<number, ImageReference>, fields: OwnFields): Promise<Prepared> {
  const source = workspace.follow?.(file.path);
  if (!source) return { file: file.path, why: "it changed while it was looked at" };
  const edits = once([...wanted].flatMap(([i, reference]) => fill(file.sites[i]!.slots, spelledAt(file.sites[i]!, reference))));
  try {
    const after = splice(source.text, edits);
    const proved = await programReadsBack({ source, after, edits, file, wanted }, around, workspace, fields);
    if (typeof proved === "string") return { file: file.path, why: `the change was not made, because ${proved}; please report this` };
    return { source, after, edits, located: proved };
  } catch (error) {
    return { file: file.path, why: `the change was not made: ${messageOf(error)}; please report this` };
  }
}

async function prepare(workspace: Workspace, file: LocatedFile, wanted: ReadonlyMap<number, ImageReference>, fields: OwnFields): Promise<Prepared> {
  const role = workspace.role(file.path, new Set(file.sites.some(({ surface }) => surface === "helm-values") ? [file.path] : []));
  const source = workspace.load(file.path, role);
  if (!source || "why" in source) return { file: file.path, why: "it changed while it was looked at" };
  const edits = once([...wanted].flatMap(([i, reference]) => fill(file.sites[i]!.slots, spelledAt(file.sites[i]!, reference))));
  try {
    const after = splice(source.text, edits);
    const rewritten = { ...source, text: after };
    const { locateIn, readDocuments } = await locator();
    const stream = await readDocuments(rewritten, role, "full", fields);
    const located = locateIn(rewritten, role, stream, fields);
    const [before, others] = withRendered(file, located, wanted);
    const difference = sitesReadBack(before, located, others)
      ?? jsonReadsBack(source.text, after)
      ?? documentsReadBack({ text: source.text, stream: await readDocuments(source, role, "fast", fields) }, { text: after, stream }, edits);
    if (difference !== undefined) return { file: file.path, why: `the change was not made, because ${difference}; please report this` };
    return { source, after, edits, located };
  } catch (error) {
    return { file: file.path, why: `the change was not made: ${messageOf(error)}; please report this` };
  }
}
