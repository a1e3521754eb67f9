/** Roots rendered and traced: what a cluster gets, and where in the repository each image of it comes from. */
import type { RenderedAccount, ReportedRoot, ReportedStep } from "../model/report.ts";
import type { Render, RenderFailure, Root } from "../model/render.ts";
import { stateOf } from "../model/state.ts";
import type { Step } from "./trace/origin.ts";
import type { Sources } from "./trace/sources.ts";
import { trace, type TracedImage, type TracedStream } from "./trace/trace.ts";

export type RenderedRoot =
  | { readonly root: Root; readonly is: "rendered"; readonly program: string; readonly milliseconds: number; readonly stream: TracedStream }
  | { readonly root: Root; readonly is: "failed"; readonly why: RenderFailure };

/** Renders each root. One that fails is kept with its reason: an image that was not rendered was not judged. */
export function renderRoots(roots: readonly Root[], sources: Sources, render: Render): Promise<readonly RenderedRoot[]> {
  return Promise.all(roots.map((root) => renderRoot(root, sources, render)));
}

async function renderRoot(root: Root, sources: Sources, render: Render): Promise<RenderedRoot> {
  const answer = await render({ root, instead: new Map(), provenance: true });
  if (answer.is === "unknown") return { root, is: "failed", why: answer.why };
  const { text, program, milliseconds } = answer.value;
  return { root, is: "rendered", program, milliseconds, stream: await trace(root, { text }, sources, render) };
}

/** The images of all roots. */
export const imagesOf = (roots: readonly RenderedRoot[]): readonly TracedImage[] => roots.flatMap((one) => (one.is === "rendered" ? one.stream.images : []));

/** What a root is called. */
export const nameOf = ({ folder, tool, helm, by }: Root): string =>
  `${folder === "" ? "." : folder} (${tool}${tool === "helm" && by !== "folder" && helm ? `, release ${helm.release}` : ""})`;

/** Every rendered image is traced or not, so that the counts add up. */
export function accountOf(roots: readonly RenderedRoot[]): RenderedAccount {
  const images = imagesOf(roots);
  const traced = images.filter(({ origin }) => origin.is === "traced").length;
  const failed = roots.filter(({ is }) => is === "failed").length;
  return { roots: roots.length, failed, images: images.length, traced, untraced: images.length - traced };
}

/** The roots as reports print them. */
export const reportedRoots = (roots: readonly RenderedRoot[]): readonly ReportedRoot[] => roots.map((one) => {
  const { folder, tool, by, said: { file, position }, open } = one.root;
  const base = { folder, tool, by, file, ...position, open };
  if (one.is === "failed") return { ...base, failure: { code: one.why.code, message: one.why.message }, images: [] };
  return { ...base, program: one.program, images: one.stream.images.map(reportedImage) };
});

function reportedImage({ image: { site, object }, origin }: TracedImage): ReportedRoot["images"][number] {
  return {
    image: site.raw,
    state: stateOf(site),
    object: { ...(object.kind === undefined ? {} : { kind: object.kind }), ...(object.name === undefined ? {} : { name: object.name }) },
    path: site.path,
    origin: origin.is === "untraced" ? origin : { is: "traced", by: origin.by, source: reportedStep(origin.source), chain: origin.chain.map(reportedStep) },
  };
}

const reportedStep = ({ place: { file, position }, layer, sets, reads }: Step): ReportedStep => ({ file, ...position, layer, sets, reads });
