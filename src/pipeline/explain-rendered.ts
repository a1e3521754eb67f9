/** Which rendered images a line of a file supplies: for values and entries, which are no images by themselves. */
import type { Render, Root } from "../model/render.ts";
import { nameOf, renderRoots } from "./rendered.ts";
import type { Part, Place, Step } from "./trace/origin.ts";
import type { Sources } from "./trace/sources.ts";

/** An image that has something from the line. */
export interface Supplied {
  readonly root: string;
  readonly program: string;
  readonly image: string;
  /** `Deployment/web`. */
  readonly object: string;
  /** What it has from here in the end; nothing, where a later place put something else. */
  readonly sets: readonly Part[];
  readonly layer: string;
  /** Where a pin belongs: here, or another place. */
  readonly source: Place;
  readonly isSource: boolean;
}

export interface Supplies {
  /** Roots that read the file. */
  readonly roots: number;
  readonly images: readonly Supplied[];
  /** Roots that could not be rendered, so that what they take from here is not known. */
  readonly failed: readonly { readonly root: string; readonly why: string }[];
  /** Images whose origin is not known: they may come from here. */
  readonly untraced: number;
}

/** @param roots those that read the file */
export async function suppliedAt({ file, line, column }: { readonly file: string; readonly line: number; readonly column?: number }, roots: readonly Root[], sources: Sources, render: Render): Promise<Supplies> {
  const images: Supplied[] = [];
  const failed: { root: string; why: string }[] = [];
  let untraced = 0;
  for (const one of await renderRoots(roots, sources, render)) {
    const root = nameOf(one.root);
    if (one.is === "failed") {
      failed.push({ root, why: one.why.message });
      continue;
    }
    for (const { image: { site, object }, origin } of one.stream.images) {
      if (origin.is === "untraced") untraced++;
      else {
        const here = origin.chain.filter((step) => standsOn(step, file, line, column));
        const sets = [...new Set(here.flatMap((step) => step.sets.filter((part) => !origin.chain.slice(origin.chain.indexOf(step) + 1).some((later) => later.sets.includes(part)))))];
        const last = here.at(-1);
        if (last) images.push({ root, program: one.program, image: site.raw, object: [object.kind, object.name].filter(Boolean).join("/"), sets, layer: last.layer, source: origin.source.place, isSource: standsOn(origin.source, file, line, column) });
      }
    }
  }
  return { roots: roots.length, images, failed, untraced };
}

const standsOn = ({ place }: Step, file: string, line: number, column: number | undefined): boolean =>
  place.file === file && place.position.line <= line && line <= place.end.line
  && (column === undefined || place.position.line !== place.end.line || (place.position.column <= column && column <= place.end.column));
