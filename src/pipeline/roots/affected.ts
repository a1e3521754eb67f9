/** From files that changed to the roots whose output they may change. */
import type { Root } from "../../model/render.ts";
import { below } from "../relative-path.ts";
import { key } from "./folders.ts";
import type { FoundRoots } from "./found.ts";

/**
 * The roots that read one of the files: an overlay for a file of its base, a chart for its templates and its values, an
 * Application for the values files that it names and for the object itself. A file that is gone counts as well, and so
 * does one too many: what a root reads is told by its folder and by the files that it names.
 */
export function affectedBy(found: Pick<FoundRoots, "roots" | "folders">, changed: readonly string[]): Root[] {
  const reads = new Reads(found.folders);
  return found.roots.filter((root) => {
    const [folders, files] = reads.of(root);
    // Argo CD lays such a file over the source, and it may be a new one.
    const overrides = root.by.startsWith("argocd") ? below(root.folder, ".argocd-source") : undefined;
    return changed.some((file) => files.has(file) || folders.some((folder) => isBelow(file, folder)) || (overrides !== undefined && file.startsWith(overrides)));
  });
}

const isBelow = (file: string, folder: string): boolean => folder === "" || file.startsWith(`${folder}/`);

class Reads {
  private readonly folders: FoundRoots["folders"];
  private readonly known = new Map<string, readonly [charts: readonly string[], files: ReadonlySet<string>]>();

  constructor(folders: FoundRoots["folders"]) {
    this.folders = folders;
  }

  /** Folders of which everything counts, and single files. */
  of(root: Root): readonly [readonly string[], ReadonlySet<string>] {
    const resources = root.kustomize?.resources;
    const named = [root.said.file, ...(root.helm?.layers ?? []).flatMap((layer) => (layer.is === "file" ? [layer.path, layer.said.file] : [layer.file]))];
    if (root.elsewhere !== undefined) return [[], new Set(named)];
    const [folders, files] = this.reached(key(root.tool, root.folder));
    return [[...folders, ...(resources === undefined ? [] : [root.folder])], new Set([...files, ...named])];
  }

  /** A chart is read with everything in it; of a kustomization's folder only what it names. */
  private reached(start: string): readonly [readonly string[], ReadonlySet<string>] {
    const done = this.known.get(start);
    if (done) return done;
    const charts: string[] = [];
    const files = new Set<string>();
    const seen = new Set<string>();
    const visit = (at: string): void => {
      const folder = this.folders.get(at);
      if (!folder || seen.has(at)) return;
      seen.add(at);
      files.add(folder.file);
      for (const file of folder.files) files.add(file);
      if (folder.tool === "helm") charts.push(folder.folder);
      for (const base of folder.bases) for (const tool of ["helm", "kustomize"] as const) visit(key(tool, base));
    };
    visit(start);
    const reads = [charts, files] as const;
    this.known.set(start, reads);
    return reads;
  }
}
