/**
 * Images that a kustomization renders and that no file has a place for: those of a chart that it inflates, those that an
 * entry gives another name. They are pinned at the leaf, by an entry with the tag and the digest.
 */
import type { ImageReference } from "../../model/reference.ts";
import { formatReference } from "../../model/reference.ts";
import type { Render, Root } from "../../model/render.ts";
import type { ImageSite, LocatedFile, Slot } from "../../model/site.ts";
import { stateOf } from "../../model/state.ts";
import { locateFile } from "../../surfaces/locate.ts";
import { newField } from "../../surfaces/new-field.ts";
import { KUSTOMIZATION_NAMES } from "../../surfaces/roles.ts";
import { Lines } from "../../syntax/lines.ts";
import { readStream } from "../../syntax/read.ts";
import { follow, get, MAP, type Node, SCALAR, SEQ } from "../../syntax/tree.ts";
import { isReached, matcherOf } from "../image-entry.ts";
import { below } from "../relative-path.ts";
import { sameImage } from "./judge-difference.ts";

export interface LeafInput {
  readonly roots: readonly Root[];
  readonly render: Render;
  readonly text: (file: string) => string | undefined;
  /** Whether a site is written, or is nobody's to write: then no entry is needed. */
  readonly settled: (site: ImageSite) => boolean;
}

export interface LeafEntries {
  readonly located: readonly LocatedFile[];
  /** The roots in which each new place has to show. */
  readonly uses: ReadonlyMap<ImageSite, readonly Root[]>;
  readonly renders: number;
}

/** Adds to the kustomizations' sites what they render and nobody pins. */
export async function withLeafEntries(located: readonly LocatedFile[], { roots, render, text, settled }: LeafInput): Promise<LeafEntries> {
  const files = new Map(located.map((file) => [file.path, file]));
  const uses = new Map<ImageSite, readonly Root[]>();
  const done = new Set<string>();
  let renders = 0;
  for (const root of roots) {
    const path = KUSTOMIZATION_NAMES.map((name) => below(root.folder, name)).find((file) => text(file) !== undefined);
    if (root.tool !== "kustomize" || root.elsewhere !== undefined || path === undefined || done.has(path)) continue;
    done.add(path);
    renders++;
    const answer = await render({ root, instead: new Map(), provenance: false });
    if (answer.is === "unknown") continue;
    const open = (await floating(answer.value.text)).filter((image) => ![...files.values()].some(({ sites }) => sites.some((site) => settled(site) && isOf(site, image))));
    if (open.length === 0) continue;
    const file = files.get(path) ?? { path, documents: 1, sites: [], suppressions: [], unread: [], valuesFiles: [] };
    const leaf = await Leaf.of(file, text(path)!);
    const sites = leaf?.withEntries(open, answer.value.text);
    if (!sites) continue;
    for (const site of sites) if (!file.sites.includes(site)) uses.set(site, [root]);
    files.set(path, { ...file, sites });
  }
  return { located: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), uses, renders };
}

const ROLE = { values: false, template: false, kustomization: false };

/** The images in fields that entries reach, each once. */
async function floating(text: string): Promise<readonly ImageReference[]> {
  const { sites } = await locateFile({ path: "<rendered>", text, encoding: "utf-8" }, ROLE);
  const images = new Map<string, ImageReference>();
  for (const site of sites) if (stateOf(site) === "floating" && site.reading.is === "reference" && site.reading.reference.tag !== undefined && isReached(site, [])) images.set(formatReference(site.reading.reference), site.reading.reference);
  return [...images.values()];
}

const isOf = ({ reading }: ImageSite, image: ImageReference): boolean => reading.is === "reference" && reading.reference.digest === undefined && sameImage(reading.reference, image);

/** A kustomization that entries are added to. */
class Leaf {
  private readonly file: LocatedFile;
  private readonly text: string;
  private readonly root: Node;
  private readonly lines: Lines;
  private readonly lineBreak: string;

  private constructor(file: LocatedFile, text: string, root: Node) {
    this.file = file;
    this.text = text;
    this.root = root;
    this.lines = new Lines(text);
    this.lineBreak = text.includes("\r\n") ? "\r\n" : "\n";
  }

  /** Undefined for what is no block of keys. */
  static async of(file: LocatedFile, text: string): Promise<Leaf | undefined> {
    const { documents } = await readStream(text, { wanted: () => true });
    const root = documents.length === 1 ? documents[0]!.root : undefined;
    return root?.kind === MAP && !root.flow ? new Leaf(file, text, root) : undefined;
  }

  /** The file's sites with those of the images put in front, or completed where an entry names them already. */
  withEntries(images: readonly ImageReference[], rendered: string): readonly ImageSite[] | undefined {
    let sites: readonly ImageSite[] = this.file.sites;
    const added: ImageSite[] = [];
    for (const image of images) {
      const entry = this.entryOf(image);
      if (entry === undefined) added.push(...this.newSite(image, images, rendered));
      else sites = sites.map((site) => (site.path[0] === "images" && site.path[1] === entry && site.reading.is === "incomplete" && images.filter(({ name }) => name === image.name).length === 1 ? (this.completed(site, entry, image) ?? site) : site));
    }
    return added.length === 0 && sites === this.file.sites ? undefined : [...added, ...sites];
  }

  /** The last entry that has a say in the image. */
  private entryOf(image: ImageReference): number | undefined {
    const entries = this.file.kustomization?.entries ?? [];
    return [...entries].reverse().find(({ name, newName }) => {
      const matcher = matcherOf(name);
      return newName === image.name || matcher.is !== "pattern" || matcher.matches(formatReference(image));
    })?.index;
  }

  /** An entry with another name and nothing else gets the tag that comes out of it, and the digest. */
  private completed(site: ImageSite, index: number, image: ImageReference): ImageSite | undefined {
    const entry = follow(get(this.root, "images")?.children?.[index]);
    const newName = entry && get(entry, "newName");
    if (newName?.kind !== SCALAR || !entry!.children!.includes(newName)) return undefined;
    const [tag, digest] = [newField(this.text, entry!, newName, "newTag", "tag"), newField(this.text, entry!, newName, "digest", "digest")];
    if (!tag || !digest || tag.after !== undefined) return undefined;
    const slot: Slot = { span: tag.span, spells: "tag-and-digest", before: `${tag.before}"`, between: `"${digest.before}` };
    return { ...site, reading: { is: "reference", reference: image }, spelled: image, slots: [slot], slotPositions: [this.positions(slot)] };
  }

  private newSite(image: ImageReference, all: readonly ImageReference[], rendered: string): ImageSite[] {
    const place = this.place();
    if (!place) return [];
    const { at, lead, header } = place;
    const indent = " ".repeat(lead.length);
    // One name with several tags: an entry that names the tag acts on it alone.
    const several = all.some(({ name, tag }) => name === image.name && tag !== image.tag) || new RegExp(`${escape(image.name)}:(?!${escape(image.tag!)}(?![\\w.-]))[\\w.-]+`).test(rendered);
    const name = several ? `"${image.name}:${image.tag}"` : image.name;
    const span = { start: at, end: at };
    const entry: Slot = { span, spells: "tag-and-digest", before: `${lead}name: ${name}${this.lineBreak}${indent}newTag: "`, between: `"${this.lineBreak}${indent}digest: `, after: this.lineBreak };
    const slots: Slot[] = header === undefined ? [entry] : [{ span, spells: "nothing", before: header }, entry];
    const position = this.lines.at(at);
    return [{
      file: this.file.path, document: 0, surface: "kustomize", path: ["images", formatReference(image)], resource: { kind: "Kustomization" }, raw: formatReference(image),
      reading: { is: "reference", reference: image }, span, position, end: position, excerpt: this.lines.line(position.line), slots, slotPositions: slots.map((slot) => this.positions(slot)),
      confidence: "certain", because: "it is rendered here, and no file has a place for its digest", suppressions: [],
    }];
  }

  /** In front of the first entry, in its style; at the end of a file without entries. */
  private place(): { at: number; lead: string; header?: string } | undefined {
    const images = this.root.children!.find(({ key }) => key === "images");
    if (!images) {
      if (/(?:^|\n)(?:\.\.\.|---)\s*$/.test(this.text)) return undefined;
      const open = this.text === "" || this.text.endsWith("\n") ? "" : this.lineBreak;
      return { at: this.text.length, lead: "  - ", header: `${open}images:${this.lineBreak}` };
    }
    const first = images.kind === SEQ && !images.flow ? images.children![0] : undefined;
    if (first?.kind !== MAP || first.flow || first.anchored) return undefined;
    const key = first.children![0]!.keyStart;
    const at = this.text.lastIndexOf("\n", key) + 1;
    const lead = this.text.slice(at, key);
    return /^ *- +$/.test(lead) ? { at, lead } : undefined;
  }

  private positions({ span }: Slot): ImageSite["slotPositions"][number] {
    return { start: this.lines.at(span.start), end: this.lines.at(span.end) };
  }
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
