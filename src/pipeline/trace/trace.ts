/** The origin of every image in what a root renders to. */
import type { Render, Rendered, Root } from "../../model/render.ts";
import { KUSTOMIZATION_NAMES } from "../../surfaces/roles.ts";
import { below } from "../relative-path.ts";
import { traceHelm } from "./helm.ts";
import { type Followed, KustomizeTrace } from "./kustomize.ts";
import { settle } from "./settle.ts";
import { traceInflated } from "./inflated.ts";
import type { Spent } from "./marks.ts";
import type { Origin } from "./origin.ts";
import type { Sources } from "./sources.ts";
import { askedFor, readRendered, type StreamImage } from "./stream.ts";

export interface TracedImage {
  readonly image: StreamImage;
  readonly origin: Origin;
}

export interface TracedStream {
  /** What was rendered, without what was added to trace it. */
  readonly text: string;
  readonly images: readonly TracedImage[];
  /** Renders that were made to find out. */
  readonly renders: number;
}

/** @param render renders again, where the stream alone does not tell; undefined: it has to */
export async function trace(root: Root, rendered: Pick<Rendered, "text">, sources: Sources, render?: Render): Promise<TracedStream> {
  const stream = await readRendered(rendered.text, root.tool === "kustomize" ? await asked(root, sources) : new Set());
  const spent: Spent = { renders: 0 };
  const origins = root.tool === "helm"
    ? await traceHelm({ root, sources, images: stream.images, render, provenance: false, spent })
    : await traceKustomize(root, sources, stream, render, spent);
  return { text: stream.text, images: stream.images.map((image, i) => ({ image, origin: origins[i]! })), renders: spent.renders };
}

async function traceKustomize(root: Root, sources: Sources, stream: Awaited<ReturnType<typeof readRendered>>, render: Render | undefined, spent: Spent): Promise<readonly Origin[]> {
  const record = new KustomizeTrace(sources, root, stream);
  const followed: Followed[] = [];
  for (const image of stream.images) followed.push(await record.trace(image));
  const input = { root, sources, images: stream.images, render, provenance: true, spent };
  return traceInflated(input, await settle(input, followed));
}

/** Annotations that the kustomization asks for itself: they are a part of what it renders. */
async function asked({ folder }: Root, sources: Sources): Promise<ReadonlySet<string>> {
  for (const name of KUSTOMIZATION_NAMES) {
    const [document] = await sources.documents(below(folder, name));
    if (document) return askedFor(document.text, document.root);
  }
  return new Set();
}
