/** `kustomize build` as Argo CD and Flux call it: which files it gets, and which arguments. */
import type { RenderRequest } from "../model/render.ts";
import { generated, isKustomization } from "./flux.ts";
import { Reach } from "./reach.ts";
import { quoted, Refusal } from "./refusal.ts";
import { Scratch } from "./scratch.ts";
import { setImages } from "./set-image.ts";
import { itemsUnder, listValue, type MapValue, textValue, withEntry } from "./yaml-value.ts";

export interface Prepared {
  /** The arguments behind `build`. */
  readonly args: readonly string[];
  /** Charts are inflated, so that helm has to be there. */
  readonly charts: boolean;
}

/** Copies all that the kustomization reaches, with what is added from outside of it, and answers the arguments. */
export async function prepareKustomize(request: RenderRequest, scratch: Scratch): Promise<Prepared> {
  const { root } = request;
  const flux = root.by === "flux-kustomization";
  const place = scratch.find(Scratch.resolve("", root.folder, root.said), root.said);
  if (place?.is !== "folder") throw new Refusal("elsewhere", `there is no folder ${quoted(root.folder || ".")}`, root.said);
  const images = root.kustomize?.images ?? [];
  const change = (map: MapValue): MapValue => {
    const told = images.length === 0 ? map : setImages(map, images, flux ? "replace" : "edit", root.said);
    return request.provenance ? withProvenance(told) : told;
  };
  const reach = new Reach(scratch);
  if (flux && !isKustomization(scratch, place.path, root.said)) {
    await reach.madeUp(place.path, change(generated(scratch, place.path, root.said)));
  } else await reach.folder(place.path, root.said, change);
  // Flux builds in a jail of its own and reads from all of it; here the copy is the jail.
  return { args: [...(flux ? ["--load-restrictor", "LoadRestrictionsNone"] : []), "--", scratch.at(place.path)], charts: reach.charts };
}

const ANNOTATIONS = ["originAnnotations", "transformerAnnotations"];

/** Asks for the origin of each object and for what changed it, besides what is asked for already. */
function withProvenance(map: MapValue): MapValue {
  const asked = itemsUnder(map, "buildMetadata");
  const texts = asked.map((item) => (item.is === "text" ? item.text : ""));
  const added = ANNOTATIONS.filter((one) => !texts.includes(one)).map((one) => textValue(one, map.said));
  return withEntry(map, "buildMetadata", listValue([...asked, ...added], map.said));
}
