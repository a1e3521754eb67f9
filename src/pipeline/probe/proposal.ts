/** What to do where a chart takes no digest: override the image after it is rendered. */
import type { ImageReference } from "../../model/reference.ts";
import type { Root } from "../../model/render.ts";

/** One sentence with the entry in it. The tag goes along, so that the digest and what people read stay together. */
export function proposalFor({ by }: Root, { name, tag }: ImageReference): string {
  const entry = `{name: ${name}, ${tag === undefined ? "" : `newTag: "${tag}", `}digest: "sha256:…"}`;
  if (by === "flux-helmrelease") return `pin it after rendering, by spec.postRenderers: [{kustomize: {images: [${entry}]}}]`;
  return `pin it after rendering, by a kustomization with helmCharts and images: [${entry}]`;
}
