/**
 * Which images the entries of kustomizations reach: the graph of kustomizations is followed through the checked
 * files, in kustomize's own order. Nothing is rendered, so what does not stand in a file is a doubt and no answer.
 */
import type { Answer } from "../model/facts.ts";
import type { EntryReach, FieldSpec, ImageEntry, Kustomization, Replacement } from "../model/kustomization.ts";
import { imageOf } from "../model/reading.ts";
import type { ImageSite, LocatedFile, SourceFile, Unread } from "../model/site.ts";
import { imageWords } from "../surfaces/kustomization.ts";
import { KUSTOMIZATION_NAMES } from "../surfaces/roles.ts";
import { splitImage } from "./image-entry.ts";
import { enter, type Image, type Layer, NO_LAYER, patch, replace, type Trace } from "./kustomize-layer.ts";
import { answerTo, together } from "./kustomize-answers.ts";
import { folderAround, pathFrom } from "./relative-path.ts";
import { readConfiguration, readReplacements, readTransformer, type Transformer } from "./kustomize-files.ts";

/** What each entry does, by {@link entryKey}. */
export type Reach = ReadonlyMap<string, Answer<EntryReach, string>>;

/** What the entries do, and which images they give another name without a tag or digest of their own. */
export interface Followed {
  readonly reach: Reach;
  /** Sites that such an entry changes, by {@link placeKey}. */
  readonly renamed: ReadonlySet<string>;
  /** Names that such an entry matches somewhere out of sight. */
  readonly renamedNames: ReadonlySet<string>;
}

/** What the walk needs of a survey. */
export interface Checked {
  /** Every file that was looked at. */
  readonly files: ReadonlySet<string>;
  readonly located: { get(file: string): LocatedFile | undefined };
  readonly kustomizations: ReadonlyMap<string, Kustomization>;
  /** Files that could not be read at all. */
  readonly unread: ReadonlySet<string>;
  read(file: string): SourceFile | Unread | undefined;
}

/** A site by its place: it may be made anew each time that somebody looks at its file. */
export const placeKey = ({ file, span }: Pick<ImageSite, "file" | "span">): string => `${span.start} ${file}`;

export const entryKey = (file: string, index: number): string => `${index} ${file}`;

/** Follows every kustomization that was found. */
export async function follow(checked: Checked): Promise<Followed> {
  const walk = new Walk(checked);
  const some = [...checked.kustomizations.values()].some(({ entries }) => entries.length > 0);
  if (some) for (const [file, { component }] of checked.kustomizations) if (!component) await walk.output(file);
  return walk.followed();
}

class Walk {
  private readonly checked: Checked;
  private readonly outputs = new Map<string, Layer>();
  private readonly underWay = new Set<string>();
  private readonly traces = new Map<string, Trace[]>();

  constructor(checked: Checked) {
    this.checked = checked;
  }

  /** What a kustomization that is no component renders. */
  async output(file: string): Promise<Layer> {
    const known = this.outputs.get(file);
    if (known) return known;
    const layer = await this.run(file, NO_LAYER);
    this.outputs.set(file, layer);
    return layer;
  }

  /** Everything that a kustomization does, in kustomize's order. A component begins with what its user has. */
  private async run(file: string, start: Layer): Promise<Layer> {
    const kustomization = this.checked.kustomizations.get(file);
    if (!kustomization) return doubtful(start, `${file} could not be read`);
    if (this.underWay.has(file)) return doubtful(start, `${file} leads to itself`);
    this.underWay.add(file);
    let layer = start;
    for (const written of kustomization.resources) layer = join(layer, await this.resource(file, written));
    for (const key of kustomization.generated) layer = doubtful(layer, `${file} has ${key}`);
    // Somebody else adds them, such as `kustomize edit add resource` in a pipeline.
    const { component, resources, components, generated } = kustomization;
    if (!component && resources.length + components.length + generated.length === 0) layer = doubtful(layer, `${file} names no resources`);
    for (const written of components) layer = await this.component(file, written, layer);
    layer = this.patches(file, kustomization, layer);
    layer = await this.entries(file, kustomization, layer);
    layer = await this.replacements(file, kustomization, layer);
    this.underWay.delete(file);
    return layer;
  }

  private async resource(from: string, written: string): Promise<Layer> {
    const path = this.find(from, written);
    if (path === undefined) return doubtful(NO_LAYER, outside(written));
    return path.is === "file" ? this.manifest(path.path) : this.output(path.path);
  }

  private async component(from: string, written: string, layer: Layer): Promise<Layer> {
    const path = this.find(from, written);
    return path?.is === "kustomization" ? this.run(path.path, layer) : doubtful(layer, outside(written));
  }

  private manifest(file: string): Layer {
    const located = this.checked.located.get(file);
    if (this.checked.unread.has(file) || (located && located.unread.length > 0)) return doubtful(NO_LAYER, `${file} could not be read`);
    const images = imagesOf(located, true);
    return { ...NO_LAYER, images, silent: images.length === 0 ? [file] : [] };
  }

  /** Where a path leads: to a manifest, or to a folder's kustomization. */
  private find(from: string, written: string): { is: "file" | "kustomization"; path: string } | undefined {
    const path = pathFrom(folderAround(from), written);
    if (path === undefined) return undefined;
    if (this.checked.files.has(path)) return { is: "file", path };
    // With two of them in a folder kustomize refuses.
    const [name, second] = KUSTOMIZATION_NAMES.map((one) => (path === "" ? one : `${path}/${one}`)).filter((one) => this.checked.files.has(one));
    return name === undefined || second !== undefined ? undefined : { is: "kustomization", path: name };
  }

  private patches(file: string, { patchFiles, patchWords }: Kustomization, start: Layer): Layer {
    let layer = start;
    for (const written of patchFiles) {
      const path = this.find(file, written);
      if (path?.is !== "file" || this.checked.unread.has(path.path)) layer = doubtful(layer, outside(written));
      else {
        const images = imagesOf(this.checked.located.get(path.path), false);
        layer = images.length > 0 ? patch(layer, images) : { ...layer, silentPatches: [...layer.silentPatches, path.path] };
      }
    }
    return patchWords.length === 0 ? layer : patch(layer, patchWords.map((text) => ({ site: undefined, text, sure: false })));
  }

  private async entries(file: string, { entries, configurations, transformers }: Kustomization, start: Layer): Promise<Layer> {
    let layer = start;
    const specs: FieldSpec[] = [];
    for (const written of configurations) {
      const read = await readConfiguration(this.text(file, written));
      if (read) specs.push(...read);
      else layer = doubtful(layer, outside(written));
    }
    const after: (Transformer | undefined)[] = [];
    for (const written of transformers) after.push(...(await readTransformer(written.includes("\n") ? written : this.text(file, written))));
    for (const entry of entries) {
      const entered = enter(layer, entry, specs);
      layer = entered.layer;
      const again = entered.trace.reach.matched === 0 && after.some((one) => one?.entry?.name === entry.name) ? `a transformer of ${file} is about ${entry.name} as well` : undefined;
      const key = entryKey(file, entry.index);
      this.traces.set(key, [...(this.traces.get(key) ?? []), again === undefined ? entered.trace : { ...entered.trace, doubt: again }]);
    }
    for (const one of after) {
      if (one === undefined) layer = doubtful(layer, `${file} has transformers that are not known here`);
      else if (one.entry) ({ layer } = enter(layer, { index: -1, ...one.entry }, one.specs));
    }
    return layer;
  }

  private async replacements(file: string, kustomization: Kustomization, start: Layer): Promise<Layer> {
    const all: Replacement[] = [...kustomization.replacements];
    let layer = start;
    for (const written of kustomization.replacementFiles) {
      const read = await readReplacements(this.text(file, written));
      if (read) all.push(...read);
      else layer = doubtful(layer, outside(written));
    }
    return all.reduce((before, replacement) => replace(before, replacement, file), layer);
  }

  /** The text of a file that a kustomization names. */
  private text(from: string, written: string): string | undefined {
    const path = this.find(from, written);
    const source = path?.is === "file" ? this.checked.read(path.path) : undefined;
    return source && "text" in source ? source.text : undefined;
  }

  followed(): Followed {
    const reach = this.answers();
    const all = [...this.checked.kustomizations].flatMap(([file, { entries }]) => entries.filter(renames).map((entry) => ({ entry, key: entryKey(file, entry.index) })));
    const sites = all.flatMap(({ key }) => this.traces.get(key) ?? []).flatMap(({ touched }) => touched.flatMap(({ site }) => site ?? []));
    const doubtful = all.filter(({ key }) => reach.get(key)?.is === "unknown");
    return { reach, renamed: new Set(sites.map(placeKey)), renamedNames: new Set(doubtful.map(({ entry }) => splitImage(entry.name).name)) };
  }

  private answers(): Reach {
    const found = new Map<string, Answer<EntryReach, string>>();
    for (const [file, { entries, component }] of this.checked.kustomizations) {
      for (const entry of entries) {
        const { index } = entry;
        const key = entryKey(file, index);
        const none = component ? "no kustomization among the checked files uses this component" : "it could not be followed";
        const each = (this.traces.get(key) ?? []).map((trace) => answerTo(trace, this.wordsOf));
        const answer: Answer<EntryReach, string> = each.length === 0 ? { is: "unknown", why: none } : together(each);
        found.set(key, answer.is === "known" && hasIdleSuffix(entry) ? { is: "known", value: { ...answer.value, idleSuffix: entry.tagSuffix! } } : answer);
      }
    }
    return found;
  }

  /** What a file says about images; undefined when there is no such file of its own. */
  private readonly wordsOf = (file: string): readonly string[] | undefined => {
    const source = this.checked.read(file);
    return source && "text" in source ? imageWords(source.text) : undefined;
  };
}

const renames = ({ newName, tagSuffix, newTag, digest }: ImageEntry): boolean => (newName ?? tagSuffix) !== undefined && (newTag ?? digest) === undefined;

/** kustomize adds a suffix to the tag that the manifests have, and only then (api/filters/imagetag). */
const hasIdleSuffix = ({ tagSuffix, newTag, digest }: ImageEntry): boolean => tagSuffix !== undefined && (newTag ?? digest) !== undefined;

/** The images of a file. Which field a JSON patch writes is not known here, so its images are words that may be one. */
const imagesOf = (located: LocatedFile | undefined, sure: boolean): Image[] =>
  (located?.sites ?? []).map((site) => ({ site: site.surface === "json-patch" ? undefined : site, text: imageOf(site), sure }));

const doubtful = (layer: Layer, why: string): Layer => ({ ...layer, doubt: layer.doubt ?? why });

const outside = (written: string): string => `${written.split("\n")[0]} is not among the checked files`;

function join(a: Layer, b: Layer): Layer {
  return {
    images: [...a.images, ...b.images],
    doubt: a.doubt ?? b.doubt,
    silent: [...a.silent, ...b.silent],
    silentPatches: [...a.silentPatches, ...b.silentPatches],
  };
}
