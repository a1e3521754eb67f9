/**
 * Kubernetes manifests: PodSpecs wherever they stand, found by structure, so that custom resources which
 * embed one need no list. A container is an item of `containers`, `initContainers` or
 * `ephemeralContainers`; an image volume is `volumes[].image.reference` (KEP-4639).
 */
import type { Confidence, Path } from "../model/site.ts";
import { ALIAS, follow, get, getText, isNull, MAP, type Node, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import { fieldsIn } from "./catalogue.ts";
import { readField } from "./field-shapes.ts";
import { isHandedOn } from "./field-tree.ts";
import { gitopsLocator } from "./gitops-images.ts";
import { valuesIn } from "./helm-values.ts";
import { isPattern } from "./policies.ts";
import { looksLikeReference, type Shape, unquotedTemplate, wholeReference } from "./shapes.ts";
import type { Draft, Surface, SurfaceDocument } from "./surface.ts";

const CONTAINER_LISTS = new Set(["containers", "initContainers", "ephemeralContainers"]);

/** Keys that, next to `image`, say that a map is a container. */
const CONTAINER_KEYS = ["command", "args", "env", "envFrom", "ports", "resources", "imagePullPolicy", "volumeMounts", "workingDir", "securityContext"];

/** What says that such a map is one. */
const CONTAINER_SHAPE = "an image beside a container's other keys";

/** Groups and kinds that hold PodSpecs in Kubernetes itself. */
const CORE = /^(?:v1|(?:apps|batch|extensions)\/\S+)$/;

/** Whether this is an apiVersion of Kubernetes itself that has workloads. */
export const isCore = (apiVersion: string): boolean => CORE.test(apiVersion);

export const kubernetes: Surface = {
  id: "kubernetes",
  summary: "Kubernetes manifests: containers, init and ephemeral containers, image volumes, in any kind",
  claims: ({ root }) => root.kind === MAP || root.kind === SEQ,
  *locate(document) {
    yield* new Walk(document).drafts();
  },
};

/** The images in the value of a JSON patch operation: `key` is the field that it is put into, or into whose list. */
export function imagesInValue(document: SurfaceDocument, value: Node, key: string, inList: boolean): Draft[] {
  return new Walk(document).below(value, key, inList);
}

interface Scope {
  /** The manifest around a node. */
  readonly resource: Node | undefined;
  readonly confidence: Confidence;
  /** Inside a policy, outside of what it generates. */
  readonly pattern?: boolean;
}

class Walk {
  private readonly document: SurfaceDocument;
  private readonly found: Draft[] = [];
  /** What Argo CD and Flux objects hold besides. */
  private readonly inline: Draft[] = [];
  private readonly path: (string | number)[] = [];
  private readonly ancestors: Node[] = [];
  /** Anchored nodes that were entered through an alias: once each, so that aliases of aliases cannot explode. */
  private readonly entered = new Set<Node>();
  /** Scalars that a known field accounts for. */
  private readonly known = new Set<Node>();
  /** Fields that nobody confirms: they count where the structure says nothing. */
  private readonly hearsay: Draft[] = [];

  constructor(document: SurfaceDocument) {
    this.document = document;
  }

  drafts(): Draft[] {
    this.visit(this.document.root, { resource: undefined, confidence: "likely" });
    return this.all();
  }

  /** A map of Helm values can look like a container; the values' conventions know it better. */
  private all(): Draft[] {
    const inline = new Set(this.inline.flatMap(({ parts }) => parts));
    const found = inline.size === 0 ? this.found : [...this.inline, ...this.found.filter(({ node }) => !inline.has(node))];
    if (this.known.size === 0 && this.hearsay.length === 0) return found;
    const structural = new Set(found.flatMap(({ parts }) => parts));
    return [...found, ...this.hearsay.filter(({ parts }) => !parts.some((part) => structural.has(part)))].sort((a, b) => a.node.start - b.node.start);
  }

  /** The drafts of the value of a JSON patch: a container, a list of them, or what holds them. */
  below(node: Node, key: string, inList: boolean): Draft[] {
    const scope: Scope = { resource: undefined, confidence: "certain" };
    if (inList && CONTAINER_LISTS.has(key)) this.container(node, scope, "certain", `${key}[].image of a PodSpec`);
    else if (CONTAINER_LISTS.has(key)) this.listed(node, key, scope);
    this.visit(node, scope);
    return this.found;
  }

  private visit(node: Node, scope: Scope): void {
    if (node.kind === SCALAR) return;
    if (node.kind === ALIAS) {
      const target = node.target;
      if (!target || target.kind === SCALAR || this.entered.has(target)) return;
      this.entered.add(target);
      this.visit(target, scope);
      return;
    }
    this.ancestors.push(node);
    if (node.kind === SEQ) {
      for (let i = 0; i < node.children!.length; i++) this.step(i, node.children![i]!, scope);
    } else {
      this.map(node, scope);
    }
    this.ancestors.pop();
  }

  private step(key: string | number, node: Node, scope: Scope): void {
    if (node.kind === SCALAR) return;
    this.path.push(key);
    this.visit(node, scope);
    this.path.pop();
  }

  private map(node: Node, outer: Scope): void {
    const scope = this.enter(node, outer);
    if (scope === undefined) return;
    const isManifest = scope.resource === node;
    if (scope.resource !== undefined && !scope.pattern && !isManifest && !this.isListed() && this.isContainer(node)) this.container(node, scope, "likely", CONTAINER_SHAPE);
    for (const child of node.children!) {
      const key = child.key;
      if (key === undefined) continue;
      if (scope.pattern) {
        this.step(key, child, key === "generate" ? { ...scope, pattern: false } : scope);
        continue;
      }
      // What a controller reports is not what a person asks for.
      if (isManifest && key === "status") continue;
      // `rbd.image` names a RADOS image in every PodSpec.
      if (key === "rbd") continue;
      if (CONTAINER_LISTS.has(key)) this.containers(key, child, scope);
      else if (key === "volumes") this.volumes(child, scope);
      this.step(key, child, scope);
    }
  }

  /** The scope inside a map: a new one when it is a manifest, undefined when nothing in it runs. */
  private enter(node: Node, outer: Scope): Scope | undefined {
    const { text } = this.document;
    const apiVersion = getText(text, node, "apiVersion");
    const kind = getText(text, node, "kind");
    if (apiVersion === undefined || kind === undefined) return outer;
    if (kind === "CustomResourceDefinition") return undefined;
    const pattern = isPattern(apiVersion);
    if (!pattern) {
      this.fields(node, apiVersion, kind);
      this.overrides(node, apiVersion, kind);
    }
    return { resource: node, confidence: isCore(apiVersion) ? "certain" : "likely", pattern };
  }

  /** What the catalogue and the policy know of a manifest. */
  private fields(manifest: Node, apiVersion: string, kind: string): void {
    const { text, fields } = this.document;
    for (const { field, node, path, ancestors, because } of fieldsIn({ text, manifest, path: this.path, ancestors: this.ancestors }, apiVersion, kind, fields)) {
      if (field.shape === "helm-values" && node.kind === MAP)
        this.inline.push(...valuesIn({ document: this.document, root: node, path, ancestors: ancestors.slice(0, -1), resource: manifest }));
      const read = isHandedOn(field) ? undefined : readField(text, field, node);
      if (!read) continue;
      const { key, ...shape } = read;
      const sure = field.origin === "catalogue" || field.origin === "policy";
      const draft: Draft = {
        ...shape,
        path: key === undefined ? path : [...path, key],
        resource: manifest,
        confidence: sure ? "certain" : "likely",
        because,
        ...(field.role === undefined ? {} : { role: field.role }),
        ancestors,
      };
      if (field.origin === "recall" && (field.role === undefined || shape.slots.length > 0)) this.hearsay.push(draft);
      else {
        this.found.push(draft);
        for (const part of shape.parts) this.known.add(part);
      }
    }
  }

  /** What Argo CD and Flux put into what they deploy. */
  private overrides(manifest: Node, apiVersion: string, kind: string): void {
    const locate = gitopsLocator(apiVersion, kind);
    if (locate) this.inline.push(...locate({ document: this.document, manifest, path: [...this.path], ancestors: this.ancestors.slice(0, -1) }));
  }

  private containers(key: string, list: Node, scope: Scope): void {
    const items = follow(list);
    if (items?.kind !== SEQ) return;
    this.path.push(key);
    this.listed(items, key, scope);
    this.path.pop();
  }

  private listed(items: Node, key: string, scope: Scope): void {
    if (items.kind !== SEQ) return;
    this.ancestors.push(items);
    items.children!.forEach((child, i) => {
      const item = follow(child);
      if (item?.kind !== MAP) return;
      this.path.push(i);
      this.container(item, scope, scope.confidence, `${key}[].image of a PodSpec`);
      this.path.pop();
    });
    this.ancestors.pop();
  }

  private container(item: Node, scope: Scope, confidence: Confidence, because: string): void {
    // Kubernetes takes the last of two equal keys, other tools the first: both are read.
    const own = item.children!.filter(({ key }) => key === "image");
    for (const image of own.length > 0 ? own.map(follow) : [get(item, "image")])
      this.emit(image, [...this.path, "image"], [...this.ancestors, item], scope, confidence, because);
  }

  private volumes(list: Node, scope: Scope): void {
    const items = follow(list);
    if (items?.kind !== SEQ) return;
    items.children!.forEach((child, i) => {
      const volume = follow(child);
      const image = get(volume, "image");
      if (image?.kind !== MAP) return;
      this.emit(get(image, "reference"), [...this.path, "volumes", i, "image", "reference"], [...this.ancestors, items, volume!, image], scope, scope.confidence, "volumes[].image.reference of a PodSpec");
    });
  }

  /**
   * Whether the current node is an item of a list that is read as such: of containers, or of volumes, where an
   * `image` that is no map is a mistake and no container.
   */
  private isListed(): boolean {
    const list = this.path.at(-2);
    return typeof list === "string" && typeof this.path.at(-1) === "number" && (list === "volumes" || CONTAINER_LISTS.has(list));
  }

  /** A container that stands alone, as in a Tekton step or an Argo Workflows template. */
  private isContainer(node: Node): boolean {
    const image = get(node, "image");
    if (image === undefined || (image.kind !== SCALAR && unquotedTemplate(this.document.text, image) === undefined)) return false;
    if (image.kind === SCALAR && isNull(this.document.text, image)) return false;
    const raw = image.kind === SCALAR ? scalarText(this.document.text, image) : "{{";
    if (CONTAINER_KEYS.some((key) => get(node, key) !== undefined)) return image.kind !== SCALAR || /^\S+$/.test(raw);
    return get(node, "name") !== undefined && looksLikeReference(raw);
  }

  private emit(node: Node | undefined, path: Path, ancestors: readonly Node[], scope: Scope, confidence: Confidence, because: string): void {
    if (node === undefined || this.known.has(node)) return;
    const shape: Shape | undefined = wholeReference(this.document.text, node);
    if (shape) this.found.push({ ...shape, path, resource: scope.resource, confidence, because, ancestors });
  }
}
