/**
 * Images of a kustomization, followed from the file that an object was read from through everything that kustomize
 * says has changed it. Its record names each transformer, not what the transformer did; that is worked out here, and
 * counts only when it gives exactly the image that was rendered.
 */
import type { Root } from "../../model/render.ts";
import { follow, get, getText, isNull, MAP, type Node, SCALAR, scalarText, SEQ } from "../../syntax/tree.ts";
import { below, folderAround, pathFrom } from "../relative-path.ts";
import { applyEntry, isReached, matcherOf } from "../image-entry.ts";
import { withCalled } from "./called.ts";
import { type EntryPart, type Parts, partsOf, partsOfTransformer } from "./kustomization-parts.ts";
import { type NamedPath, nodeAt } from "./named-path.ts";
import type { Origin, Part, Place, Step, Traced } from "./origin.ts";
import { type Subject, throughPatch } from "./patches.ts";

import { type FindValue, stepsOf, throughReplacement } from "./replacements.ts";
import type { Located, Sources } from "./sources.ts";
import type { Noted, RenderedObject, Stream, StreamImage } from "./stream.ts";
import { distinct, doubted, extend, NO_WAY, partsIn, placeKey, sourceOf, type Way, whole } from "./way.ts";
import { KUSTOMIZATION_NAMES } from "../../surfaces/roles.ts";

/** One of several origins that the record leaves open. */
export interface Candidate extends Traced {
  /** Decisions on the way that could not be told. */
  readonly doubts: number;
}

export type Followed = Origin | { readonly is: "open"; readonly candidates: readonly Candidate[] };

export class KustomizeTrace {
  private readonly sources: Sources;
  private readonly root: Root;
  /** The folder that paths of the record are relative to. */
  private readonly folder: string;
  private readonly stream: Stream;
  private readonly parts = new Map<string, Promise<Parts>>();
  /** Images whose origin is being asked for, lest two that copy each other go round in circles. */
  private readonly asked = new Set<StreamImage>();
  /** Kustomizations in the graph: a variable may be defined by one that changed nothing else. */
  private readonly read = new Set<string>();

  constructor(sources: Sources, root: Root, stream: Stream) {
    this.sources = sources;
    this.root = root;
    this.folder = root.folder;
    this.stream = stream;
  }

  /** What the record says of an image; `open` when several places can have supplied the same. */
  async trace(image: StreamImage): Promise<Followed> {
    const { object, site } = image;
    const begun = await this.begin(image);
    if ("why" in begun) return { is: "untraced", why: begun.why };
    let ways: readonly Way[] = begun.ways;
    const passed = new Map<string, number>();
    for (const noted of object.transformations) ways = distinct(await this.through(noted, ways, image, begun.subject, passed));
    const wanted = scalarOf(image, this.stream.text) ?? site.raw;
    if (ways.some(({ value }) => value?.includes("$("))) ways = await this.throughVars(ways, object);
    const right = ways.filter((way) => way.value === wanted && sourceOf(way) !== undefined);
    const [best] = right;
    if (!best) return { is: "untraced", why: ways.some(({ value }) => value !== undefined) ? `what the files say gives ${[...new Set(ways.flatMap(({ value }) => value ?? []))].slice(0, 2).join(" or ")}` : "no file that kustomize names has an image there" };
    const bySource = new Map([...right].reverse().map((way) => [placeKey(sourceOf(way)!), way]));
    const candidates = [...bySource.values()].reverse().map((way): Candidate => ({ is: "traced", source: this.narrowed(sourceOf(way)!, image), chain: way.steps, by: "record", doubts: way.doubts }));
    if (candidates.length > 1) return { is: "open", candidates };
    const { doubts: _, ...origin } = candidates[0]!;
    return origin;
  }

  /** A source that says more than the image, such as an argument or a whole document: the image's own place in it. */
  private narrowed(source: Step, { site }: StreamImage): Step {
    const { file, span } = source.place;
    if (span.end - span.start === site.raw.length) return source;
    const at = this.sources.text(file)?.slice(span.start, span.end).indexOf(site.raw) ?? -1;
    return at < 0 ? source : { ...source, place: this.sources.place(file, { start: span.start + at, end: span.start + at + site.raw.length }), reads: site.raw };
  }

  /** Where the object was read, and the image there. */
  private async begin(image: StreamImage): Promise<{ ways: readonly Way[]; subject: Subject } | { why: string }> {
    const { object, path } = image;
    const { origin, kind, name } = object;
    if (!origin) return { why: "kustomize says nothing about where its object comes from" };
    const subject = (read: ReadObject | undefined): Subject => ({ kind, name, read: read?.document, readName: read?.name, path, appended: new Map() });
    if (origin.repo !== undefined) return { why: `its object stands in another repository: ${origin.repo}` };
    if (origin.path === undefined) {
      const literals = path.every((step) => typeof step === "string") ? await this.generated(pathFrom(this.folder, origin.configuredIn ?? ""), path as readonly string[]) : [];
      return { ways: [NO_WAY, ...literals.map(({ place, value }) => whole(NO_WAY, value, place, "generator")), ...(await this.ofEntries(object))], subject: subject(undefined) };
    }
    const file = pathFrom(this.folder, origin.path);
    if (file !== undefined) for (const name of KUSTOMIZATION_NAMES) this.read.add(below(folderAround(file), name));
    if (file === undefined || this.sources.text(file) === undefined) return { why: `its object comes from ${origin.path}, which is not among the checked files` };
    const objects = await this.objectsOf(file, object);
    if (objects.length === 0) return { why: `${file} has no ${kind ?? "object"} that could be ${name ?? "it"}` };
    const ways = objects.flatMap((read) => {
      const node = nodeAt(read.document.text, read.document.root, path);
      const value = node?.kind === SCALAR && !isNull(read.document.text, node) ? scalarText(read.document.text, node) : undefined;
      return value === undefined ? [NO_WAY] : [whole(NO_WAY, value, this.sources.placeOf(read.document, node!), "manifest", objects.length > 1 ? 1 : 0)];
    });
    return { ways, subject: subject(objects[0]) };
  }

  /** An image whose beginning is not known, as the entries that come after know it: one that says everything of it supplied it. */
  private async ofEntries({ transformations }: RenderedObject): Promise<readonly Way[]> {
    const files = transformations.flatMap(({ kind, configuredIn }) => (kind === "ImageTagTransformer" ? (pathFrom(this.folder, configuredIn ?? "") ?? []) : []));
    const entries = await Promise.all([...new Set(files)].map(async (file) => (await this.partsIn(file, undefined)).ImageTagTransformer));
    return [...new Set(entries.flat().map(({ entry }) => entry.name))].map((name) => ({ ...NO_WAY, value: `${name}:${UNKNOWN}`, doubts: 1 }));
  }

  /** The objects of a file that can have become one of the stream: names get prefixes and suffixes on the way. */
  private async objectsOf(file: string, { kind, name }: RenderedObject): Promise<readonly ReadObject[]> {
    const all = (await this.sources.documents(file)).flatMap(objectsIn);
    const kin = all.filter((one) => one.kind === kind);
    const same = kin.filter((one) => one.name === name);
    if (same.length > 0) return same;
    const longest = Math.max(0, ...kin.map((one) => (one.name !== undefined && name?.includes(one.name) ? one.name.length : 0)));
    const inside = kin.filter((one) => one.name !== undefined && one.name.length === longest && name?.includes(one.name));
    // A patch can give it another name, and another kind.
    return inside.length > 0 ? inside : kin.length > 0 ? kin : all.filter((one) => one.name === name);
  }

  private async through(noted: Noted, ways: readonly Way[], image: StreamImage, subject: Subject, passed: Map<string, number>): Promise<readonly Way[]> {
    const { configuredIn, kind } = noted;
    const file = configuredIn === undefined ? undefined : pathFrom(this.folder, configuredIn);
    if (file === undefined || kind === undefined || !isPart(kind)) return ways;
    const key = `${kind} ${file} ${noted.name ?? ""}`;
    const list: readonly unknown[] = (await this.partsIn(file, noted.name))[kind];
    const turn = passed.get(key) ?? 0;
    passed.set(key, turn + 1);
    // One for all of a list, or one for each item, again from the first where a component is used twice.
    const part = kind === "PatchStrategicMergeTransformer" || kind === "ReplacementTransformer" ? list : list.length === 0 ? [] : [list[turn % list.length]];
    let out = ways;
    for (const one of part) {
      out = distinct(kind === "ImageTagTransformer" ? out.flatMap((way) => this.throughEntry(way, one as EntryPart, image))
        : kind === "ReplacementTransformer" ? await throughReplacement(this.sources, out, one as Parts["ReplacementTransformer"][number], subject, this.findValue)
        : throughPatch(this.sources, out, one as Parts["PatchTransformer"][number], subject));
    }
    return out;
  }

  private throughEntry(way: Way, { entry, place, layer }: EntryPart, { site }: StreamImage): readonly Way[] {
    const matcher = matcherOf(entry.name);
    if (way.value === undefined || matcher.is === "invalid" || (matcher.is === "pattern" && !matcher.matches(way.value))) return [way];
    if ((entry.newName ?? entry.newTag ?? entry.digest ?? entry.tagSuffix) === undefined) return [way];
    const value = applyEntry(entry, way.value);
    const sets: Part[] = [...(entry.newName === undefined ? [] : ["name"] as const), ...(entry.newTag === undefined && entry.tagSuffix === undefined ? [] : ["tag"] as const), ...(entry.digest === undefined && !entry.newTag?.includes("@") ? [] : ["digest"] as const)];
    const entered = extend(way, value, { place, layer, sets, reads: value }, matcher.is === "foreign" ? 1 : 0);
    return isReached(site, []) && matcher.is === "pattern" ? [entered] : [entered, doubted(way)];
  }

  /** What the transformers of a file do; those of a file of transformers are told by their names. */
  private partsIn(file: string, name: string | undefined): Promise<Parts> {
    const key = `${file}\0${name ?? ""}`;
    let known = this.parts.get(key);
    if (!known) this.parts.set(key, (known = this.readParts(file, name)));
    return known;
  }

  private async readParts(file: string, name: string | undefined): Promise<Parts> {
    const documents = await this.sources.documents(file);
    const isKustomization = KUSTOMIZATION_NAMES.includes(file.slice(file.lastIndexOf("/") + 1));
    const [first] = documents;
    if (isKustomization && name === undefined) {
      const parts = first ? await partsOf(this.sources, first) : NO_PARTS;
      // Flux makes one up where a folder has none.
      return folderAround(file) === this.folder ? { ...parts, ImageTagTransformer: await withCalled(this.sources, this.root, parts.ImageTagTransformer) } : parts;
    }
    if (!first) return NO_PARTS;
    const inline = isKustomization ? (await Promise.all((get(first.root, "transformers")?.children ?? []).map((item) => this.sources.inside(first, follow(item)!)))).flat() : documents;
    const named = inline.find(({ text, root }) => getText(text, get(root, "metadata"), "name") === name) ?? inline[0];
    return named ? partsOfTransformer(this.sources, named) : NO_PARTS;
  }

  /** Old kustomizations put values of fields where `$(NAME)` stands. */
  private async throughVars(ways: readonly Way[], { origin, transformations }: RenderedObject): Promise<readonly Way[]> {
    const named = [...transformations, ...(origin ? [origin] : [])].flatMap(({ configuredIn }) => configuredIn ?? []);
    const own = KUSTOMIZATION_NAMES.map((name) => below(this.folder, name));
    const files = new Set([...own, ...named.flatMap((one) => pathFrom(this.folder, one) ?? []), ...this.read]);
    let out = ways;
    for (const file of files) {
      for (const document of this.sources.text(file) === undefined ? [] : await this.sources.documents(file)) {
        for (const item of items(get(document.root, "vars"))) out = await this.throughVar(out, document, item);
      }
    }
    return out;
  }

  private async throughVar(ways: readonly Way[], { text }: Located, item: Node): Promise<readonly Way[]> {
    const mark = `$(${getText(text, item, "name") ?? ""})`;
    if (!ways.some(({ value }) => value?.includes(mark))) return ways;
    const from = get(item, "objref");
    const field = (getText(text, get(item, "fieldref"), "fieldpath") ?? "metadata.name").replace(/\[(\d+)\]/g, ".$1");
    const found = await this.findValue(getText(text, from, "kind"), getText(text, from, "name"), stepsOf(field));
    return ways.flatMap((way) => (way.value?.includes(mark)
      ? found.map(({ place, value }) => {
        const put = way.value!.replaceAll(mark, value);
        return extend(way, put, { place, layer: "variable", sets: partsIn(put), reads: put });
      })
      : [way]));
  }

  /**
   * The value of a field of an object in the stream: as it was read, at its place in that file, and as it is in the
   * stream when it is an image, at the place that this one comes from.
   */
  private readonly findValue: FindValue = async (kind, name, field) => {
    const path = asNamed(field);
    const found = await this.readValues(kind, name, field);
    for (const image of this.stream.images) {
      const { object, site } = image;
      if (this.asked.has(image) || (kind !== undefined && object.kind !== kind) || (name !== undefined && !object.name?.includes(name)) || nodeAt(this.stream.text, object.root, path) !== nodeAt(this.stream.text, object.root, image.path)) continue;
      this.asked.add(image);
      const origin = await this.trace(image);
      this.asked.delete(image);
      const known = origin.is === "traced" ? [origin] : origin.is === "open" ? origin.candidates : [];
      found.push(...known.map(({ source }) => ({ place: source.place, value: site.raw })));
    }
    return found;
  };

  private async readValues(kind: string | undefined, name: string | undefined, field: readonly string[]): Promise<{ place: Place; value: string }[]> {
    const fits = (object: RenderedObject): boolean => (kind === undefined || object.kind === kind) && (name === undefined || object.name === name || (object.name?.includes(name) ?? false));
    const found: { place: Place; value: string }[] = [];
    for (const object of this.stream.objects.filter(fits)) {
      const { path, configuredIn, kind: maker } = object.origin ?? {};
      if (path !== undefined) {
        const file = pathFrom(this.folder, path);
        for (const { document } of file === undefined ? [] : await this.objectsOf(file, object)) found.push(...this.scalarAt(document, asNamed(field)));
      } else if (configuredIn !== undefined && maker?.endsWith("Generator")) found.push(...(await this.generated(pathFrom(this.folder, configuredIn), field)));
    }
    return found;
  }

  private scalarAt(document: Located, path: NamedPath): readonly { place: Place; value: string }[] {
    const node = nodeAt(document.text, document.root, path);
    return node?.kind === SCALAR ? [{ place: this.sources.placeOf(document, node), value: scalarText(document.text, node) }] : [];
  }

  /** `key=value` in the literals of a generator, or a line of the files that it names. */
  private async generated(file: string | undefined, [data, key, ...more]: readonly string[]): Promise<readonly { place: Place; value: string }[]> {
    if (file === undefined || data !== "data" || key === undefined || more.length > 0) return [];
    const found: { place: Place; value: string }[] = [];
    for (const document of await this.sources.documents(file)) {
      for (const list of ["configMapGenerator", "secretGenerator"]) {
        for (const generator of items(get(document.root, list))) {
          for (const literal of items(get(generator, "literals"))) {
            const text = literal.kind === SCALAR ? scalarText(document.text, literal) : "";
            if (text.startsWith(`${key}=`)) found.push(this.behindKey(this.sources.placeOf(document, literal), text.slice(key.length + 1).replace(/^(["'])(.*)\1$/, "$2")));
          }
          for (const named of [...items(get(generator, "envs")), ...[get(generator, "env")].filter((one) => one !== undefined)]) found.push(...this.envLine(document, named, key));
        }
      }
    }
    return found;
  }

  /** The value alone, where it stands in its file as it reads. */
  private behindKey({ file, span }: Place, value: string): { place: Place; value: string } {
    const at = this.sources.text(file)!.slice(span.start, span.end).lastIndexOf(value);
    return { place: this.sources.place(file, at < 0 ? span : { start: span.start + at, end: span.start + at + value.length }), value };
  }

  private envLine(document: Located, named: Node, key: string): readonly { place: Place; value: string }[] {
    const file = named.kind === SCALAR ? pathFrom(folderAround(document.file), scalarText(document.text, named)) : undefined;
    const text = file === undefined ? undefined : this.sources.text(file);
    const start = text === undefined ? -1 : `\n${text}`.indexOf(`\n${key}=`);
    if (start < 0) return [];
    const [value = ""] = text!.slice(start + key.length + 1).split(/\r?\n/, 1);
    return [{ place: this.sources.place(file!, { start: start + key.length + 1, end: start + key.length + 1 + value.length }), value }];
  }
}

/** A tag that nothing renders to. */
const UNKNOWN = "lading-unknown";

interface ReadObject {
  readonly document: Located;
  readonly kind: string | undefined;
  readonly name: string | undefined;
}

/** The objects of a document: a list's items are objects of their own. */
function objectsIn(document: Located): readonly ReadObject[] {
  const { text, root } = document;
  const kind = getText(text, root, "kind");
  if (kind?.endsWith("List") && get(root, "items")?.kind === SEQ) return items(get(root, "items")).flatMap((item) => objectsIn({ ...document, root: item }));
  return root.kind === MAP ? [{ document, kind, name: getText(text, get(root, "metadata"), "name") }] : [];
}

const NO_PARTS: Parts = { ImageTagTransformer: [], PatchTransformer: [], PatchJson6902Transformer: [], PatchStrategicMergeTransformer: [], ReplacementTransformer: [] };
const isPart = (kind: string): kind is keyof Parts => Object.hasOwn(NO_PARTS, kind);

/** The scalar that an image stands in, perhaps among other words: what transformers see. */
function scalarOf({ object, path }: StreamImage, text: string): string | undefined {
  const node = nodeAt(text, object.root, path);
  return node?.kind === SCALAR ? scalarText(text, node) : undefined;
}

const asNamed = (field: readonly string[]): NamedPath => field.map((step) => {
  const [, name] = /^\[name=(.*)\]$/.exec(step) ?? [];
  return name !== undefined ? { named: name } : /^\d+$/.test(step) ? Number(step) : step;
});

const items = (list: Node | undefined): Node[] => (list?.kind === SEQ ? list.children!.flatMap((child) => follow(child) ?? []) : []);
