/**
 * TypeScript manifests: cdk8s, cdk8s-plus, kubernetes-models and Pulumi's Kubernetes. The objects that a program
 * hands to these libraries are read as documents by the surfaces that know manifests, and each image is placed
 * where its literal stands, which may be in another file (docs/decisions/0011-typescript.md).
 */
import { LadingError, messageOf } from "../../model/errors.ts";
import { textOfReading } from "../../model/reading.ts";
import type { Confidence, ImageSite, LocatedFile, Resource, Slot, SourceFile, Unread } from "../../model/site.ts";
import { Lines } from "../../syntax/lines.ts";
import { getText, get, type Node as DocumentNode, own } from "../../syntax/tree.ts";
import { helmValues } from "../helm-values.ts";
import { surfaces } from "../index.ts";
import { NO_OWN_FIELDS, type OwnFields } from "../known-fields.ts";
import type { Draft } from "../surface.ts";
import { type Handed, handedIn } from "./calls.ts";
import { covering, ownerOf, suppressionsIn } from "./comments.ts";
import { ProgramDocument } from "./document.ts";
import { type Place, placeOf } from "./places.ts";
import { isGenerated } from "./libraries.ts";
import { type Follow, type Loaded, Program } from "./program.ts";
import { Resolver } from "./resolve.ts";
import { short } from "./text.ts";
import { placeOfPiece, Uses } from "./uses.ts";

export { sameButFor } from "./same-tree.ts";
export { loadCatalogue } from "../known-fields.ts";
export type { Follow } from "./program.ts";

/** What was found in one file, and the files that it works together with. */
export interface LocatedProgram extends LocatedFile {
  /** Files that are linked with it by imports; itself among them. */
  readonly around: readonly string[];
}

/** What was found in some files that belong together. */
export interface LocatedTypeScript {
  readonly files: readonly LocatedProgram[];
  /** Files in which an image comes in by a parameter that nobody who was read fills in: their importers may. */
  readonly waiting: readonly string[];
}

/** Finds the sites of the files that import a library, in those files and in what they import. */
export function locateTypeScript(entries: readonly SourceFile[], follow: Follow, fields: OwnFields = NO_OWN_FIELDS): LocatedTypeScript {
  const program = new Program(entries, follow);
  const resolver = new Resolver(program);
  const unread: Unread[] = [];
  const found: Found[] = [];
  const uses = new Uses(program);
  for (const file of program.files.values()) {
    if (file.broken) unread.push({ file: file.source.path, position: new Lines(file.source.text).at(file.broken.offset), kind: "syntax", why: file.broken.message });
    else if (!isGenerated(file.source.text)) found.push(...foundIn(program, file, resolver, uses, fields, unread));
  }
  uses.note([...resolver.spread]);
  const waiting = new Set(found.filter(({ parameter }) => parameter).map(({ file }) => file.source.path));
  return { files: byFile(program, judged(program, strongest(found), uses), unread), waiting: [...waiting] };
}

interface Found extends Place {
  readonly resource: Resource;
  readonly confidence: Confidence;
}

function foundIn(program: Program, file: Loaded, resolver: Resolver, uses: Uses, fields: OwnFields, unread: Unread[]): Found[] {
  const found: Found[] = [];
  try {
    resolver.rest();
    for (const handed of handedIn(file, resolver)) {
      found.push(...imagesOf(program, file, resolver, uses, fields, handed));
      resolver.rest();
    }
  } catch (error) {
    // Too many values, or a chain of them that outgrows the stack; anything else is a bug.
    if (!(error instanceof LadingError) && !(error instanceof RangeError)) throw error;
    unread.push({ file: file.source.path, kind: "size", why: messageOf(error) });
  }
  return found;
}

function imagesOf(program: Program, file: Loaded, resolver: Resolver, uses: Uses, fields: OwnFields, handed: Handed): Found[] {
  const document = new ProgramDocument(resolver);
  const roots = rootsOf(document, handed);
  const text = document.text;
  const drafts = roots.flatMap((root) => {
    const whole = { file: file.source.path, text, root, role: { values: handed.as === "values", template: false, kustomization: false }, fields };
    const surface = handed.as === "values" ? helmValues : surfaces.find((one) => one.claims(whole));
    return [...(surface?.locate(whole) ?? [])];
  });
  const spelled = new Set(drafts.flatMap(({ parts }) => parts.map((part) => document.leafAt(part.start))));
  for (const leaf of document.leaves) uses.noteLeaf(leaf, spelled.has(leaf));
  return drafts.flatMap((draft) => {
    const place = placeOf(program, document, draft, handed);
    return !place || place.file.broken ? [] : [{ ...place, resource: resourceOf(text, draft, handed), confidence: confidenceOf(draft, handed) }];
  });
}

/** The documents that an object makes, with what the library adds to it. */
function rootsOf(document: ProgramDocument, { value, as, kind, apiVersion, name }: Handed): DocumentNode[] {
  const nodes = document.nodesOf(value);
  if (as === "container") {
    // A JSON patch can name an image alone.
    const items = nodes.map((node) => (node.children === undefined ? document.map({ image: node }) : node));
    return [document.map({ containers: document.list(items) })];
  }
  if (as === "values" || apiVersion === undefined || kind === undefined) return nodes;
  for (const node of nodes) {
    const has = (key: string): boolean => node.children?.some((child) => child.key === key) ?? true;
    const added = document.map({ ...(has("apiVersion") ? {} : { apiVersion }), ...(has("kind") ? {} : { kind }), ...(has("metadata") || name === undefined ? {} : { metadata: document.map({ name }) }) });
    node.children?.unshift(...added.children!);
  }
  return nodes;
}

const CONTAINERS = new Set<unknown>(["containers", "initContainers", "ephemeralContainers"]);

/** A list of containers in an object that a library takes is one by the library's own types. */
function confidenceOf({ confidence, path }: Draft, { certain, as }: Handed): Confidence {
  if (as === "values" || path.at(-1) !== "image" || !CONTAINERS.has(path.at(-3))) return confidence;
  return certain ? "certain" : "likely";
}

function resourceOf(text: string, { resource: node }: Draft, { name, kind, apiVersion }: Handed): Resource {
  const told = { apiVersion: getText(text, node, "apiVersion") ?? apiVersion, kind: getText(text, node, "kind") ?? kind, name: getText(text, get(node, "metadata"), "name") ?? name, namespace: getText(text, get(node, "metadata"), "namespace") };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined && !value.startsWith("$(")));
}

const WEIGHT: Readonly<Record<Confidence, number>> = { certain: 2, likely: 1, guess: 0 };

/** What names a place: its literal, and the others that make up the reference. */
const keyOf = ({ file, span, pieces }: Place): string => `${file.source.path} ${span.start} ${pieces.map(({ node, span: one }) => `${node.getSourceFile().getFilePath()} ${one.start}`).join(" ")}`;

/** One literal that is used twice is one site, by its strongest use. */
function strongest(found: readonly Found[]): Found[] {
  const best = new Map<string, Found>();
  for (const one of found) {
    const known = best.get(keyOf(one));
    if (!known || WEIGHT[one.confidence] > WEIGHT[known.confidence]) best.set(keyOf(one), one);
  }
  return [...best.values()];
}

/** Takes the slots from places that would change another image, and marks those that would change something else. */
function judged(program: Program, found: readonly Found[], uses: Uses): Found[] {
  const spelled = new Map<string, Set<string>>();
  const key = placeOfPiece;
  for (const one of found) for (const piece of one.pieces) spelled.set(key(piece), (spelled.get(key(piece)) ?? new Set()).add(`${one.composed ? keyOf(one) : "whole"} ${textOfReading(one.reading)}`));
  return found.map((one) => {
    if (one.slots.length === 0) return one;
    const shared = one.written.find((piece) => spelled.get(key(piece))!.size > 1);
    if (shared) return { ...one, slots: [], unpinnable: `its text is part of another image as well (${short(shared.node)})` };
    const other = one.unsafe === undefined && one.trail.length > 0 ? uses.other(one.written, one.trail) : undefined;
    return other ? { ...one, unsafe: `the constant is also used where no image is (${other.getText()}, line ${other.getStartLineNumber()} of ${program.fileOf(other).source.path})` } : one;
  });
}

function byFile(program: Program, sites: readonly Found[], unread: readonly Unread[]): LocatedProgram[] {
  return [...program.files.values()].flatMap((file) => {
    const { path, text } = file.source;
    const lines = new Lines(text);
    const broken = unread.filter((one) => one.file === path);
    const suppressions = file.broken ? [] : suppressionsIn(file, lines);
    const here = sites.filter((one) => one.file === file).sort((a, b) => a.span.start - b.span.start).map((one) => toSite(one, lines, covering(suppressions, one.node, lines)));
    if (here.length === 0 && broken.length === 0 && suppressions.length === 0) return [];
    return [{ path, documents: 1, sites: here, suppressions, unread: broken, valuesFiles: [], renames: [], around: program.around(path) }];
  });
}

function toSite(found: Found, lines: Lines, suppressions: readonly number[]): ImageSite {
  const { file, span, raw, reading, slots, draft, handed, confidence, resource } = found;
  const position = lines.at(span.start);
  const owner = ownerOf(file, span.start, lines) ?? found.written.map((piece) => ownerOf(file, piece.span.start, lines)).find(Boolean);
  return {
    file: file.source.path,
    document: 0,
    surface: "typescript",
    path: draft.path,
    resource,
    raw,
    reading,
    confidence,
    because: `${draft.because}, in ${handed.where}`,
    ...(draft.role === undefined ? {} : { role: draft.role }),
    span,
    position,
    end: lines.at(span.end),
    excerpt: own(lines.line(position.line)),
    slots,
    slotPositions: slots.map((slot: Slot) => ({ start: lines.at(slot.span.start), end: lines.at(slot.span.end) })),
    ...(found.unpinnable === undefined ? {} : { unpinnable: found.unpinnable }),
    ...(draft.elsewhere === undefined ? {} : { elsewhere: draft.elsewhere }),
    ...unsafeOf(found),
    ...(owner ? { owner } : {}),
    suppressions,
  };
}

function unsafeOf({ unsafe, confidence, slots }: Found): { unsafe?: string } {
  const why = unsafe ?? (confidence === "guess" && slots.length > 0 ? "only its key or its text says that this is an image" : undefined);
  return why === undefined ? {} : { unsafe: why };
}
