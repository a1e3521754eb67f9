/**
 * A second look at a document, for images that no surface took: in arguments and variables, in annotations and
 * ConfigMaps, under keys that sound like an image, in the YAML of other tools. Only a name or the text itself says
 * that these are images, so they are information, and are written only when somebody asks
 * (docs/decisions/0012-guesses.md).
 */
import { ALIAS, FOLDED, follow, get, getText, isNull, LITERAL, MAP, type Node, own, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import { Collector } from "./guess-collector.ts";
import { type Format, formatOf, isBuilt, placeIn } from "./guess-formats.ts";
import { isTemplatedReference, namesImage, passes, type Strictness } from "./guess-gate.ts";
import { LISTS, readAnnotations, readData, readImageMap, readImages } from "./guess-lists.ts";
import { inDockerUri } from "./guess-parts.ts";
import { imageMap } from "./helm-values.ts";
import { isCore } from "./kubernetes.ts";
import { isPattern } from "./policies.ts";
import { type Parts, partsReference } from "./shapes.ts";
import type { Draft, SurfaceDocument } from "./surface.ts";

/**
 * Looks for images in what the drafts of other surfaces leave.
 * @param hints where the text speaks of images, rising: nothing else is walked through
 */
export function guesses(document: SurfaceDocument, hints: readonly number[], drafts: readonly Draft[]): readonly Draft[] {
  const format = formatOf(document);
  return format?.ignored ? [] : new Guesses(document, format, hints, drafts).drafts();
}

interface Scope {
  /** The manifest around a node. */
  readonly resource: Node | undefined;
  readonly kind: string | undefined;
  /** A kind of Kubernetes itself, where `image` is a container's. */
  readonly core: boolean;
  /** Inside a policy: `match` is what it compares with, `mutate` what it puts into manifests. */
  readonly policy: "none" | "match" | "mutate";
}

/** What stands below these keys of a policy is put into manifests. */
const MAKES: Readonly<Record<string, Scope["policy"]>> = { mutate: "mutate", generate: "none" };

/** Where a word alone is an image: what stands around it is a container, or stands for one. */
const CONTAINER = /^(?:containers?|initContainers?|ephemeralContainers?|sidecars?)$/;

class Guesses {
  private readonly document: SurfaceDocument;
  private readonly format: Format | undefined;
  private readonly into: Collector;
  private readonly hints: readonly number[];

  constructor(document: SurfaceDocument, format: Format | undefined, hints: readonly number[], drafts: readonly Draft[]) {
    this.document = document;
    this.format = format;
    this.hints = hints;
    this.into = new Collector(document.text, drafts);
  }

  drafts(): readonly Draft[] {
    this.visit(this.document.root, { resource: undefined, kind: undefined, core: false, policy: "none" }, Infinity);
    return this.into.found;
  }

  /** An alias is not followed: what it repeats is visited where it stands. */
  private visit(node: Node, scope: Scope, end: number): void {
    if (node.kind === SCALAR || node.kind === ALIAS) return;
    this.into.ancestors.push(node);
    if (node.kind === MAP) this.map(node, scope, end);
    else for (const [i, child, until] of this.hinted(node, end)) this.into.within(i, () => this.item(child, scope, until));
    this.into.ancestors.pop();
  }

  /** The children that have a hint before the next one begins; all of them where a format knows places without one. */
  private *hinted({ children }: Node, end: number): Generator<[index: number, child: Node, until: number]> {
    for (let i = 0; i < children!.length; i++) {
      const child = children![i]!;
      const next = children![i + 1];
      const until = next === undefined ? end : beginOf(next);
      if (this.format !== undefined || firstFrom(this.hints, beginOf(child)) < until) yield [i, child, until];
    }
  }

  /** An item without a key is an image only where a format says so. */
  private item(node: Node, scope: Scope, end: number): void {
    const scalar = this.format && follow(node);
    if (scalar?.kind === SCALAR) this.placed(scalar, this.format!);
    else this.visit(node, scope, end);
  }

  private map(node: Node, outer: Scope, end: number): void {
    const scope = this.enter(node, outer);
    if (scope === undefined) return;
    const before = this.into.resource;
    this.into.resource = scope.resource;
    if (scope.policy !== "match" && !this.document.role.values) this.spelledInParts(node, scope);
    for (const [, child, until] of this.hinted(node, end)) {
      const { key } = child;
      if (key === undefined || isPassedOver(key, scope.resource === node)) continue;
      this.into.path.push(key);
      if (scope.policy === "match") this.visit(child, { ...scope, policy: MAKES[key] ?? "match" }, until);
      else this.child(key, child, node, scope, until);
      this.into.path.pop();
    }
    this.into.resource = before;
  }

  private child(key: string, child: Node, map: Node, scope: Scope, end: number): void {
    const value = follow(child);
    if (value === undefined) return;
    if (value.kind === SCALAR) return this.keyed(key, value, map, scope);
    this.listed(key, value, scope);
    this.visit(child, scope, end);
  }

  /** The scope inside a map: a new one when it is a manifest, undefined when nothing in it runs. */
  private enter(node: Node, outer: Scope): Scope | undefined {
    const { text } = this.document;
    const apiVersion = getText(text, node, "apiVersion");
    const kind = apiVersion === undefined ? undefined : getText(text, node, "kind");
    if (apiVersion === undefined || kind === undefined) return outer;
    if (kind === "CustomResourceDefinition") return undefined;
    return { resource: node, kind, core: isCore(apiVersion), policy: isPattern(apiVersion) ? "match" : "none" };
  }

  /** A scalar under a key. */
  private keyed(key: string, node: Node, map: Node, scope: Scope): void {
    const { text, role } = this.document;
    if (this.format && this.placed(node, this.format, map)) return;
    if (this.into.part(node, inDockerUri(text, node), { because: "a docker:// URI" })) return;
    // A block of one word under a key of an image is that image; every other block is a text.
    if ((node.style === LITERAL || node.style === FOLDED) && !(namesImage(key) && /^[^\s=]+\s*$/.test(scalarText(text, node)))) return this.into.assignments(node, "a line of key=reference");
    // A volume's image is a map; Kustomizations have no such field; the surface of values has read its own.
    if (!namesImage(key) || this.into.path.at(-3) === "volumes" || role.kustomization || (role.values && /image$/i.test(key))) return;
    const raw = scalarText(text, node);
    if (isTemplatedReference(raw) && (scope.policy === "mutate" || (this.format?.strict && !/image$/i.test(key)))) return;
    if (passes(raw, this.strictness(key, map, scope))) this.into.whole(node, { because: `the key ${own(key)}` });
  }

  /** How much of a reference a key that sounds like an image needs beside it. */
  private strictness(key: string, map: Node, { core, resource }: Scope): Strictness {
    if (this.format?.strict) return "version";
    if (key === "image" && (core || CONTAINER.test(String(this.into.path.at(-2))))) return "any";
    return resource !== undefined || get(map, "name") !== undefined ? "path" : "version";
  }

  /** Where a format of another tool says that an image stands. */
  private placed(node: Node, format: Format, map?: Node): boolean {
    const { text } = this.document;
    const place = placeIn(format, this.into.path);
    if (!place || isNull(text, node) || !passes(scalarText(text, node), "any")) return false;
    return this.into.whole(node, { because: place.because, role: place.role ?? (map && this.into.path[0] === "services" && isBuilt(map) ? "build-output" : undefined) });
  }

  /** Lists and maps that are read by their key. */
  private listed(key: string, node: Node, scope: Scope): void {
    const { into } = this;
    if (node.kind === SEQ) {
      if (Object.hasOwn(LISTS, key)) LISTS[key]!(into, node);
      else if (/images$/i.test(key) || namesImage(key)) readImages(into, node, key);
    } else if (key === "annotations") readAnnotations(into, node);
    else if ((key === "data" && scope.kind === "ConfigMap") || key === "stringData") readData(into, node);
    else if (/images?(?:overrides)?$/i.test(key)) readImageMap(into, node, key);
  }

  /** `image: {repository, tag}`, `{image, tag}`, `sidecarRepository` beside `sidecarTag`. */
  private spelledInParts(map: Node, { resource }: Scope): void {
    const { text } = this.document;
    const key = this.into.path.at(-1);
    const named = typeof key === "string" && namesImage(key);
    const match = named || (resource !== map && get(map, "tag") !== undefined) ? imageMap(text, map, named ? key : undefined) : undefined;
    if (match && "parts" in match) this.inParts(match.parts, "a map that spells an image in parts");
    for (const child of map.children!) if (child.key?.endsWith("epository")) this.besideItsTag(child, map);
  }

  private besideItsTag(repository: Node, map: Node): void {
    const prefix = /^(.+?)[_-]?[rR]epository$/.exec(repository.key!)?.[1];
    if (prefix === undefined) return;
    const beside = (...ends: string[]): Node | undefined => ends.map((end) => get(map, prefix + end)).find((node) => node?.kind === SCALAR);
    const tag = beside("Tag", "_tag", "-tag", "Version", "_version");
    const digest = beside("Digest", "_digest");
    if (tag ?? digest) this.inParts({ repository, tag, digest }, `${own(repository.key!)} beside its tag`);
  }

  private inParts(parts: Parts, because: string): void {
    const { text } = this.document;
    const { repository } = parts;
    if (repository?.kind !== SCALAR || !/^[\w./:-]+$/.test(scalarText(text, repository))) return;
    const shape = partsReference(text, parts);
    if (shape === undefined || shape.reading.is === "invalid") return;
    const unsafe = shape.slots.length > 0 ? { unsafe: "what reads this map may use the tag elsewhere, in a label or a version comparison" } : {};
    this.into.within(repository.key!, () => this.into.emit({ ...shape, ...unsafe }, { because, confidence: this.into.resource ? "likely" : "guess" }));
  }
}

const beginOf = ({ keyStart, start }: Node): number => (keyStart >= 0 ? keyStart : start);

/** The first number from here up, in a rising list. */
function firstFrom(list: readonly number[], from: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return list[low] ?? Infinity;
}

/** Below these keys nothing is an image that runs: what controllers report, RADOS names, who wrote which field. */
const isPassedOver = (key: string, isManifest: boolean): boolean => (key === "status" && isManifest) || key === "rbd" || key === "managedFields";
