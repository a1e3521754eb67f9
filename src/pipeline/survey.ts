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
  role(file: string, referenced: ReadonlySet<string>): FileRole;
  /** The file's text; undefined when nothing in it can matter in this role. */
  load(file: string, role: FileRole): SourceFile | Unread | undefined;
  /** What an earlier run located in the same content, and a place to keep it. */
  readonly memory?: Memory;
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

export async function survey(workspace: Workspace): Promise<Survey> {
  const located = new Map<string, LocatedFile>();
  const referenced = new Set<string>();
  const unread = new Map<string, Unread>();
  const known = new Set(workspace.files);
  const readOne = async (file: string): Promise<void> => {
    const found = await locate(workspace, file, referenced, unread);
    if (!found) return;
    for (const values of found.valuesFiles) if (known.has(values) && !workspace.role(values, referenced).values) referenced.add(values);
    if (found.sites.length > 0 || found.suppressions.length > 0 || found.unread.length > 0) located.set(file, found);
    else located.delete(file);
  };
  for (const file of workspace.files) await readOne(file);
  // A file can be named as values after it was read as something else.
  for (const file of [...referenced]) await readOne(file);
  const order = new Map(workspace.files.map((file, i) => [file, i]));
  const all = [...located.values()].sort((a, b) => order.get(a.path)! - order.get(b.path)!);
  return { located: withRenames(all), files: workspace.files.length, unread: [...workspace.unread, ...unread.values(), ...all.flatMap((file) => file.unread)] };
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
      const affected = site.surface === "kubernetes" && site.unsafe === undefined && site.reading.is === "reference" && renamed.has(site.reading.reference.name);
      return affected ? { ...site, unsafe: why } : site;
    }),
  }));
}

async function locate(workspace: Workspace, file: string, referenced: ReadonlySet<string>, unread: Map<string, Unread>): Promise<LocatedFile | undefined> {
  const role = workspace.role(file, referenced);
  const remembered = workspace.memory?.recall(file, role);
  if (remembered) return remembered;
  const loaded = workspace.load(file, role);
  if (loaded && "why" in loaded) {
    unread.set(file, loaded);
    return undefined;
  }
  const found = loaded && (await locateFile(loaded, role));
  workspace.memory?.keep(file, role, found);
  return found;
}
