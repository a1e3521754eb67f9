/**
 * What rendering says about the images in Helm values, put onto their sites: where a pin was proved, in the form that
 * was proved; where it was refused, why, and what to do instead.
 */
import type { Render, RenderFailure, Root } from "../../model/render.ts";
import type { ImageReference } from "../../model/reference.ts";
import type { ImageSite, LocatedFile } from "../../model/site.ts";
import { formsIn, type FormsAt, type PinForm, placeOf } from "../../surfaces/pin-forms.ts";
import type { OwnFields } from "../../surfaces/known-fields.ts";
import type { Workspace } from "../survey.ts";
import type { ProbeCache } from "./cache.ts";
import { candidatesIn, type Candidate, wantedOf } from "./candidates.ts";
import { sameImage } from "./judge-difference.ts";
import { layersOf } from "./layers.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { probe } from "./probe.ts";
import { proposalFor } from "./proposal.ts";

export interface ProveOptions {
  readonly render: Render;
  readonly roots: readonly Root[];
  readonly cache?: ProbeCache;
  /** Whether a site may be written at all: another tool may own it. */
  readonly wanted: (site: ImageSite) => boolean;
  readonly fields: OwnFields;
}

/** A pin of one site that is proved for every chart that reads it. */
export interface ProvenPin {
  readonly form: PinForm;
  /** As it is rendered, without a digest. */
  readonly image: ImageReference;
  /** The roots that render it. */
  readonly uses: readonly Root[];
}

export interface Proved {
  readonly located: readonly LocatedFile[];
  readonly pins: ReadonlyMap<ImageSite, ProvenPin>;
  readonly renders: number;
  /** Charts that do not render as they are, so that nothing is known about their values. */
  readonly failures: readonly { readonly root: Root; readonly why: RenderFailure }[];
}

const AT_ONCE = 4;

/** Probes every chart and gives the same files with sites that say what was found. */
export async function prove(workspace: Workspace, located: readonly LocatedFile[], options: ProveOptions): Promise<Proved> {
  const byFile = new Map(located.map((file) => [file.path, file]));
  const files = [...workspace.files, ...((await workspace.more)?.files ?? [])];
  const read = (file: string): string | undefined => {
    const source = workspace.read(file);
    return source && "text" in source ? source.text : undefined;
  };
  const heard = new Map<ImageSite, Said[]>();
  const failures: { root: Root; why: RenderFailure }[] = [];
  let renders = 0;
  const one = async (root: Root): Promise<void> => {
    if (root.tool !== "helm" || root.elsewhere !== undefined) return;
    const texts = layersOf(root, files, read);
    const candidates = await candidatesIn(texts, byFile, options.wanted);
    if (candidates.length === 0) return;
    const result = await probe({ root, chart: chartName(read, root), layers: texts, candidates, render: options.render, ...(options.cache ? { cache: options.cache } : {}) });
    renders += result.renders;
    if (result.failure) failures.push({ root, why: result.failure });
    for (const candidate of candidates) {
      const said = heard.get(candidate.site) ?? [];
      heard.set(candidate.site, said);
      said.push({ root, candidate, outcome: result.outcomes.get(candidate) });
    }
  };
  // A few at a time: each holds what its chart renders to.
  const waiting = [...options.roots];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let root = waiting.shift(); root; root = waiting.shift()) await one(root);
  }));
  const pins = new Map<ImageSite, ProvenPin>();
  const proved: LocatedFile[] = [];
  for (const file of located) proved.push(file.sites.some((site) => heard.has(site)) ? await withProofs(file, heard, pins, workspace, options) : file);
  return { located: proved, pins, renders, failures };
}

/** What one root says about one site; without an outcome the chart does not render. */
interface Said {
  readonly root: Root;
  readonly candidate: Candidate;
  readonly outcome: ProbeOutcome | undefined;
}

function chartName(read: (file: string) => string | undefined, { folder }: Root): string {
  const text = read(folder === "" ? "Chart.yaml" : `${folder}/Chart.yaml`) ?? "";
  return /^name:\s*["']?([^\s"'#]+)/m.exec(text)?.[1] ?? "";
}

async function withProofs(file: LocatedFile, heard: ReadonlyMap<ImageSite, Said[]>, pins: Map<ImageSite, ProvenPin>, workspace: Workspace, options: ProveOptions): Promise<LocatedFile> {
  const source = workspace.read(file.path);
  const role = workspace.role(file.path, new Set(file.sites.some(({ surface }) => surface === "helm-values") ? [file.path] : []));
  const places = source && "text" in source ? await formsIn(source, role, options.fields) : new Map<string, FormsAt>();
  return {
    ...file,
    sites: file.sites.map((site) => {
      const said = heard.get(site)?.sort((a, b) => options.roots.indexOf(a.root) - options.roots.indexOf(b.root));
      if (!said) return site;
      const [proven, pin] = together(site, said, places.get(placeOf(site.document, site.path)));
      if (pin) pins.set(proven, pin);
      return proven;
    }),
  };
}

/** One answer of all the roots that read a site: they have to agree, since there is one place to write. */
function together(site: ImageSite, said: readonly Said[], at: FormsAt | undefined): readonly [ImageSite, ProvenPin?] {
  const failed = said.find(({ outcome }) => outcome === undefined);
  if (failed) return [site.unsafe === undefined ? site : { ...site, unsafe: `${site.unsafe}; rendering could not prove otherwise, because ${nameOf(failed.root)} does not render` }];
  const active = said.filter(({ outcome }) => outcome!.is !== "inactive");
  const refused = active.find(({ outcome }) => outcome!.is === "refused");
  if (refused) return [unpinnable(site, refusalText(refused))];
  const [first, ...rest] = active;
  if (first?.outcome?.is !== "pinned") return [unpinnable(site, "nothing that is rendered comes from here: another value wins, or what uses it is off")];
  const { form, image, writes, also } = first.outcome;
  const other = rest.find(({ outcome }) => outcome?.is === "pinned" && (outcome.form !== form || outcome.writes !== writes || !sameImage(outcome.image, image)));
  if (other) return [unpinnable(site, `${nameOf(first.root)} and ${nameOf(other.root)} make different images of it`)];
  const [slots, slotPositions] = [at?.forms.get(form), at?.positions.get(form)];
  if (!slots || slots.length === 0 || !slotPositions) return [unpinnable(site, "the chart takes a digest there, and the text around has no simple place for it")];
  const { unsafe: _unsafe, unpinnable: _unpinnable, elsewhere: _elsewhere, ...open } = site;
  const proven: ImageSite = { ...open, reading: { is: "reference", reference: image }, spelled: wantedOf(first.candidate, undefined, writes), slots, slotPositions, ...(also === undefined ? {} : { unsafe: `rendering shows that it also ${also}` }) };
  return [proven, { form, image, uses: active.map(({ root }) => root) }];
}

const nameOf = ({ said, folder }: Root): string => (said.file.endsWith("Chart.yaml") ? folder || "the chart" : `${said.file}:${said.position.line}`);

function unpinnable(site: ImageSite, why: string): ImageSite {
  return { ...site, slots: [], slotPositions: [], unpinnable: why };
}

function refusalText({ root, outcome }: Said): string {
  if (outcome?.is !== "refused") return "";
  const tried = outcome.tried.length > 1 ? `; ${outcome.tried.length} ways of writing it were tried` : "";
  const proposal = outcome.image ? `; ${proposalFor(root, outcome.image)}` : "";
  return `rendering shows that a digest here ${outcome.reason.why}${tried}${proposal}`;
}
