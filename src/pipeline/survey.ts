/** Discover → read → locate: every image site in the files that were asked about. */
import type { LocatedFile, SourceFile, Unread } from "../model/site.ts";
import { locateFile } from "../surfaces/locate.ts";
import type { FileRole } from "../surfaces/surface.ts";

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
  /** Files that hold a site, a suppression or something unread. */
  readonly located: readonly LocatedFile[];
  /** Files looked at. */
  readonly files: number;
  readonly unread: readonly Unread[];
}

/** Looks at every file of the workspace, and again at those that turn out to be values. */
export async function survey(workspace: Workspace): Promise<Survey> {
  const located = new Map<string, LocatedFile>();
  /** Files that others name as values; those that are none already are in `referenced`. */
  const named = new Set<string>();
  const referenced = new Set<string>();
  const unread = new Map<string, Unread>();
  let files = workspace.files;
  let known: ReadonlySet<string> = new Set(files);
  const note = (file: string, found: LocatedFile | undefined): void => {
    if (!found) return;
    for (const values of found.valuesFiles) named.add(values);
    if (found.sites.length > 0 || found.suppressions.length > 0 || found.unread.length > 0) located.set(file, found);
    else located.delete(file);
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
    const found = loaded && (await locateFile(loaded, role));
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
  const all = files === workspace.files && referenced.size === 0 ? [...located.values()] : files.flatMap((file) => located.get(file) ?? []);
  const passedOver = [...workspace.unread, ...(more?.unread ?? []), ...unread.values()];
  return { located: withRenames(all), files: files.length, unread: [...passedOver, ...all.flatMap((file) => file.unread)] };
}

/**
 * A digest in a manifest goes along when a Kustomize entry gives the image another name (kustomize
 * api/filters/imagetag). Which manifests an entry reaches is not known here, so every one with that name counts.
 */
function withRenames(located: readonly LocatedFile[]): readonly LocatedFile[] {
  const renamed = new Set(located.flatMap(({ renames }) => renames));
  if (renamed.size === 0) return located;
  const why = "a Kustomize entry renders this image under another name, and the digest would go along";
  return located.map((file) => ({
    ...file,
    sites: file.sites.map((site) => {
      const affected = (site.surface === "kubernetes" || site.path.includes("|")) && site.unsafe === undefined && site.reading.is === "reference" && renamed.has(site.reading.reference.name);
      return affected ? { ...site, unsafe: why } : site;
    }),
  }));
}
