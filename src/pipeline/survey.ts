/** Discover → read → locate: every image site in the files that were asked about. */
import type { ImageField } from "../model/field.ts";
import type { Kustomization } from "../model/kustomization.ts";
import type { ArtifactSite, ImageSite, LocatedFile, SourceFile, Unread } from "../model/site.ts";
import { ownFields } from "../surfaces/known-fields.ts";
import type { FileRole } from "../surfaces/surface.ts";
import { type Locks, locksOf } from "./chart-locks.ts";
import { LocatedFiles } from "./located.ts";
import { locatePrograms, type Programs } from "./programs.ts";
import { follow, type Followed, placeKey, type Reach } from "./reach.ts";

/** The files of a run, handed in so that nothing here touches a disk. */
export interface Workspace {
  /** The folder checked, as it was given. */
  readonly root: string;
  /** Paths relative to the root, in order, each once. */
  readonly files: readonly string[];
  /** What was passed over while looking for files. */
  readonly unread: readonly Unread[];
  /** Files that were found later, while the first ones are looked at. */
  readonly more?: Promise<More>;
  role(file: string, referenced: ReadonlySet<string>): FileRole;
  /** The file's text; undefined when nothing in it can matter in this role. */
  load(file: string, role: FileRole): SourceFile | Unread | undefined;
  /** The file's text, whatever it holds; undefined when there is no such file, or only a link to one. */
  read(file: string): SourceFile | Unread | undefined;
  /** The text of a TypeScript file that another one imports; undefined when there is none that this run may look at. */
  follow?(file: string): SourceFile | undefined;
  /** What an earlier run located in the same content, and a place to keep it. */
  readonly memory?: Memory;
}

export interface More {
  readonly files: readonly string[];
  readonly unread: readonly Unread[];
  /** Files of the first ones that have another role in the light of the later ones. */
  readonly again: readonly string[];
}

/** Remembers what was located, by content and role (files/memory.ts). */
export interface Memory {
  /** Undefined: not known, or not to be trusted. */
  recall(file: string, role: FileRole): LocatedFile | undefined;
  keep(file: string, role: FileRole, located: LocatedFile | undefined): void;
}

export interface Survey {
  /** Files that hold a site, a suppression or something unread. Each walk may give new objects; see {@link settled}. */
  readonly located: Iterable<LocatedFile>;
  /** Files looked at. */
  readonly files: number;
  /** Everything that was not read: whole files and single documents. */
  readonly unread: readonly Unread[];
  /** The part of `unread` that is in no located file. */
  readonly passedOver: readonly Unread[];
  /** What the entries of kustomizations do. */
  readonly reach: Reach;
  /** What is locked of the dependencies of charts. */
  readonly locks: Locks;
  /** Of TypeScript files, those that each works together with. */
  readonly programs: Programs;
}

/** The same survey with one object for each file and site, for those who look at them more than once. */
export const settled = (found: Survey): Survey & { readonly located: readonly LocatedFile[] } => ({ ...found, located: [...found.located] });

let surfaces: Promise<typeof import("../surfaces/locate.ts")> | undefined;

/** The surfaces, loaded when there is a text for them: a run that finds none, or remembers all, starts without. */
export const locator = (): Promise<typeof import("../surfaces/locate.ts")> => (surfaces ??= import("../surfaces/locate.ts"));

/** Looks at every file of the workspace, and again at those that turn out to be values. */
export async function survey(workspace: Workspace, fields: readonly ImageField[] = []): Promise<Survey> {
  const own = ownFields(fields);
  const located = new LocatedFiles();
  /** What was not read of files that are located. */
  const aside = new Map<string, readonly Unread[]>();
  /** Files that others name as values; those that are none already are in `referenced`. */
  const named = new Set<string>();
  const referenced = new Set<string>();
  const unread = new Map<string, Unread>();
  /** Charts with dependencies, by their Chart.yaml. */
  const charts = new Map<string, readonly ArtifactSite[]>();
  const kustomizations = new Map<string, Kustomization>();
  /** TypeScript files that import a library: they are read together, as each may use what another one holds. */
  const entries = new Map<string, SourceFile>();
  let files = workspace.files;
  let known: ReadonlySet<string> = new Set(files);
  const note = (file: string, found: LocatedFile | undefined): void => {
    if (!found) return;
    for (const values of found.valuesFiles) named.add(values);
    if (found.artifacts?.some(({ artifact }) => artifact.is === "dependency")) charts.set(file, found.artifacts);
    else charts.delete(file);
    if (found.kustomization) kustomizations.set(file, found.kustomization);
    if (found.sites.length > 0 || found.artifacts || found.suppressions.length > 0 || found.unread.length > 0) located.set(found);
    else located.delete(file);
    if (found.unread.length > 0) aside.set(file, found.unread);
    else aside.delete(file);
  };
  const readOne = async (file: string): Promise<void> => {
    const role = workspace.role(file, referenced);
    const remembered = workspace.memory?.recall(file, role);
    if (remembered) return note(file, remembered);
    const loaded = workspace.load(file, role);
    if (loaded && "why" in loaded) {
      unread.set(file, loaded);
      return;
    }
    if (loaded && role.typescript) {
      entries.set(file, loaded);
      return;
    }
    const found = loaded && (await (await locator()).locateFile(loaded, role, own));
    workspace.memory?.keep(file, role, found);
    note(file, found);
  };
  for (const file of files) await readOne(file);
  const more = await workspace.more;
  if (more && more.files.length > 0) {
    files = [...new Set([...files, ...more.files])].sort();
    known = new Set(files);
    for (const file of [...more.again, ...more.files]) await readOne(file);
  }
  // A file can be named as values after it was read as something else.
  for (const file of named) if (known.has(file) && !workspace.role(file, referenced).values) referenced.add(file);
  for (const file of referenced) await readOne(file);
  const programs = await locatePrograms([...entries.values()], entries.size === 0 ? [] : files.filter((file) => !entries.has(file) && workspace.role(file, referenced).typescript), workspace, own);
  for (const found of programs) note(found.path, found);
  // A file that only an import led to has been looked at as well.
  if (programs.some(({ path }) => !known.has(path))) files = [...new Set([...files, ...programs.map(({ path }) => path)])].sort();
  const all = files === workspace.files && referenced.size === 0 && programs.length === 0 ? located : located.inOrder(files);
  const passedOver = [...workspace.unread, ...(more?.unread ?? []), ...unread.values()];
  const inFiles = files.flatMap((file) => aside.get(file) ?? []);
  const followed = await follow({ files: known, located, kustomizations, unread: new Set(unread.keys()), read: workspace.read });
  return {
    located: withRenames(all, followed),
    files: files.length,
    passedOver,
    unread: [...passedOver, ...inFiles],
    reach: followed.reach,
    locks: await locksOf(charts, { files: known, read: workspace.read }),
    programs: new Map(programs.map(({ path, around }) => [path, around])),
  };
}

/**
 * A digest in a manifest goes along when a Kustomize entry gives the image another name, and is another image's
 * there; one that gives the tag a suffix drops it (kustomize api/filters/imagetag). Where an entry cannot be
 * followed, every image with its name counts.
 */
function withRenames(located: Iterable<LocatedFile>, { renamed, renamedNames }: Followed): Iterable<LocatedFile> {
  if (renamed.size + renamedNames.size === 0) return located;
  const why = "a Kustomize entry renders this image under another name, and the digest would not fit there";
  const affected = (site: ImageSite): boolean =>
    (site.surface === "kubernetes" || site.path.includes("|")) && site.unsafe === undefined && site.reading.is === "reference" && (renamed.has(placeKey(site)) || renamedNames.has(site.reading.reference.name));
  return {
    *[Symbol.iterator]() {
      for (const file of located) yield file.sites.some(affected) ? { ...file, sites: file.sites.map((site) => (affected(site) ? { ...site, unsafe: why } : site)) } : file;
    },
  };
}
