/**
 * Helm values: files that a chart merges into its own `values.yaml`. No schema says where the images are;
 * the conventions do: a map with `repository` and `tag` or `digest`, an `image` that is a whole reference.
 */
import type { Confidence, Path } from "../model/site.ts";
import { follow, get, getText, isNull, MAP, type Node, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import { looksLikeReference, type Parts, partsReference, type Shape, unquotedTemplate, wholeReference } from "./shapes.ts";
import type { Draft, Surface, SurfaceDocument } from "./surface.ts";

const IMAGE_KEY = /image$/i;

/** Keys of whole references; the second is actions-runner-controller's (`dindSidecarRepositoryAndTag`). */
const WHOLE_KEY = /(?:image|RepositoryAndTag)$/i;

/** Values of `repository` that are no image: chart and Git repositories. */
const NOT_AN_IMAGE = /:\/\/|^git@|\.git$|^(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)\//;

export const helmValues: Surface = {
  id: "helm-values",
  summary: "Helm values: repository/registry/tag/digest maps and whole references",
  // Values may have a `kind` of their own; a manifest has an apiVersion as well.
  claims: ({ role, root, text }) =>
    role.values && root.kind === MAP && (getText(text, root, "kind") === undefined || getText(text, root, "apiVersion") === undefined),
  *locate(document) {
    yield* valuesIn({ document, root: document.root, path: [], ancestors: [], resource: undefined });
  },
};

/** Values somewhere in a document: all of a file, or a map in an object. */
export interface ValuesPlace {
  readonly document: SurfaceDocument;
  readonly root: Node;
  readonly path: Path;
  /** Nodes above `root`. */
  readonly ancestors: readonly Node[];
  readonly resource: Node | undefined;
}

/** The images in Helm values. */
export function valuesIn(place: ValuesPlace): readonly Draft[] {
  const walk = new Walk(place);
  walk.visit(place.root, undefined);
  return walk.found;
}

class Walk {
  readonly found: Draft[] = [];
  private readonly document: SurfaceDocument;
  private readonly path: (string | number)[];
  private readonly ancestors: Node[];
  private readonly resource: Node | undefined;
  private readonly entered = new Set<Node>();
  /** Why no pin in this file is safe, if so. */
  private readonly global: string | undefined;

  constructor({ document, root, path, ancestors, resource }: ValuesPlace) {
    this.document = document;
    this.path = [...path];
    this.ancestors = [...ancestors];
    this.resource = resource;
    this.global = globalRegistry({ ...document, root });
  }

  visit(from: Node, key: string | undefined): void {
    const node = follow(from);
    if (node === undefined || node.kind === SCALAR) return;
    if (node !== from) {
      if (this.entered.has(node)) return;
      this.entered.add(node);
    }
    this.ancestors.push(node);
    if (node.kind === MAP) this.map(node, key);
    for (const [i, child] of node.children!.entries()) {
      const step = node.kind === SEQ ? i : child.key;
      if (step === undefined) continue;
      this.path.push(step);
      const scalar = follow(child);
      if (scalar?.kind === SCALAR && child.key !== undefined) this.whole(child.key, scalar);
      else this.visit(child, child.key);
      this.path.pop();
    }
    this.ancestors.pop();
  }

  private map(node: Node, key: string | undefined): void {
    const match = imageMap(this.document.text, node, key);
    if (!match) return;
    const { text } = this.document;
    const shape = "whole" in match ? wholeReference(text, match.whole) : templatedParts(text, node, partsReference(text, match.parts));
    if (shape) this.emit(this.global !== undefined && shape.slots.length > 0 ? { ...shape, unsafe: this.global } : shape, match.confidence, "whole" in match ? "override beside an image's parts" : "a map that spells an image in parts", shape.node.key);
  }

  /** `image: ghcr.io/acme/web:1.4`. */
  private whole(key: string, scalar: Node): void {
    const { text } = this.document;
    if (!WHOLE_KEY.test(key) || !looksLikeReference(scalarText(text, scalar))) return;
    // An `image` next to a `tag` was read as a map.
    const map = this.ancestors[this.ancestors.length - 1]!;
    const match = imageMap(text, map, undefined);
    if (match && "parts" in match && match.parts.repository === scalar) return;
    const shape = wholeReference(text, scalar);
    if (shape) this.emit(shape, "likely", "a whole reference under a key that names an image");
  }

  private emit(shape: Shape, confidence: Confidence, because: string, key?: string): void {
    this.found.push({
      ...shape,
      path: key === undefined ? [...this.path] : [...this.path, key],
      resource: this.resource,
      confidence,
      because,
      ancestors: [...this.ancestors],
    });
  }
}

/** `tag: {{ .tag }}` without quotes is a map to YAML, and the image is filled in all the same. */
function templatedParts(text: string, map: Node, shape: Shape | undefined): Shape | undefined {
  const filledIn = ["registry", "repository", "tag", "digest"].some((key) => {
    const part = get(map, key);
    return part !== undefined && unquotedTemplate(text, part) !== undefined;
  });
  return shape && filledIn ? { node: shape.node, raw: shape.raw, parts: shape.parts, reading: { is: "templated" }, slots: [] } : shape;
}

/** A registry that charts put in front of every image (Bitnami's `global.imageRegistry`, Loki's `global.image.registry`). */
function globalRegistry({ root, text }: SurfaceDocument): string | undefined {
  const settings = get(root, "global");
  const registry = getText(text, settings, "imageRegistry") || getText(text, get(settings, "image"), "registry");
  return registry && registry !== "null" ? "global values set another registry, whose digests may differ" : undefined;
}

type ImageMap = ({ readonly parts: Parts } | { readonly whole: Node }) & { readonly confidence: Confidence };

/** Whether a map spells an image in parts, and in which. `key` is the key that the map stands under. */
export function imageMap(text: string, map: Node, key: string | undefined): ImageMap | undefined {
  const scalar = (...names: string[]): Node | undefined => {
    for (const name of names) {
      const node = get(map, name);
      if (node?.kind === SCALAR) return node;
    }
    return undefined;
  };
  const named = key !== undefined && IMAGE_KEY.test(key);
  const tag = scalar("tag") ?? (named ? scalar("version") : undefined);
  const override = scalar("override");
  // Cilium: a whole reference that beats the parts beside it.
  if (named && override !== undefined && scalarText(text, override) !== "" && !isNull(text, override)) return { whole: override, confidence: "likely" };
  const rest: Parts = {
    registry: scalar("registry"),
    tag,
    // ingress-nginx has another image, with another digest, for a controller in a chroot.
    digest: getText(text, map, "chroot") === "true" ? (scalar("digestChroot") ?? scalar("digest")) : scalar("digest"),
    hex: scalar("sha", "sha256"),
    ...(getText(text, map, "useDigest") === "false" ? { unused: "useDigest is false, so the chart ignores the digest; set it to true" } : {}),
  };
  const siblings = tag !== undefined || rest.digest !== undefined || rest.hex !== undefined;
  // `imageRepository`, `imageTag`: the parts of the image of the map around.
  const ofImage = scalar("imageRepository");
  if (ofImage !== undefined && scalar("repository") === undefined && scalarText(text, ofImage) !== "") return { parts: { ...rest, repository: ofImage, tag: scalar("imageTag") }, confidence: "certain" };
  const repository = scalar("repository");
  if (repository !== undefined) {
    if (NOT_AN_IMAGE.test(scalarText(text, repository))) return undefined;
    if (!named && !siblings && rest.registry === undefined) return undefined;
    return { parts: { ...rest, repository }, confidence: "certain" };
  }
  const image = scalar("image");
  const beside = siblings ? rest : { ...rest, tag: scalar("imageTag") };
  if (image !== undefined && (siblings || beside.tag) && /^[^\s:@]+$/.test(scalarText(text, image)))
    return { parts: { ...beside, repository: image }, confidence: "likely" };
  const name = scalar("name");
  if (named && name !== undefined && siblings) return { parts: { ...rest, repository: name }, confidence: "likely" };
  if (named && tag !== undefined && image === undefined) return { parts: rest, confidence: "likely" };
  return undefined;
}
