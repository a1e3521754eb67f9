/** Argo CD Image Updater, told by annotations of an Application which images it writes (before version 1.0). */
import type { Owner } from "../model/site.ts";
import { get, getText, type Node } from "../syntax/tree.ts";
import type { Draft, SurfaceDocument } from "./surface.ts";

const IMAGE_LIST = "argocd-image-updater.argoproj.io/image-list";

/** Who writes a draft of this Application, where the annotation lists its image. */
export function imageUpdaterOwner({ text }: SurfaceDocument, application: Node): (draft: Draft) => Owner | undefined {
  const list = getText(text, get(get(application, "metadata"), "annotations"), IMAGE_LIST);
  if (list === undefined) return () => undefined;
  const names = new Map(list.split(",").map((entry) => [nameOf(entry.trim()), entry.trim()] as const));
  return ({ reading }) => {
    const entry = reading.is === "reference" ? names.get(reading.reference.name) : undefined;
    return entry === undefined ? undefined : { tool: "argocd-image-updater", marker: `${IMAGE_LIST}: ${entry}` };
  };
}

/** `[alias=]name[:constraint]`; a port is no constraint. */
function nameOf(entry: string): string {
  const image = entry.slice(entry.indexOf("=") + 1);
  const colon = image.indexOf(":", image.lastIndexOf("/") + 1);
  return colon < 0 ? image : image.slice(0, colon);
}
