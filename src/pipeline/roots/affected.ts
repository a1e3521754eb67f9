/** From files that changed to the roots whose output they may change. */
import type { Root } from "../../model/render.ts";
import { below } from "../relative-path.ts";
import { key, reached } from "./folders.ts";
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
    // Flux's own kustomization of a folder reads everything in it, and what kustomizations in there build on.
    const resources = root.kustomize?.resources;
    const named = [root.said.file, ...(root.helm?.layers ?? []).flatMap((layer) => (layer.is === "file" ? [layer.path, layer.said.file] : [layer.file]))];
    if (root.elsewhere !== undefined) return [[], new Set(named)];
    // What a folder reads that could not be read itself is not known.
    if (resources === undefined && !this.folders.has(key(root.tool, root.folder))) return [[root.folder], new Set(named)];
    const parts = [key(root.tool, root.folder), ...(resources ?? []).map((one) => key("kustomize", one))].map((start) => this.below(start));
    return [[...parts.flatMap(([folders]) => folders), ...(resources === undefined ? [] : [root.folder])], new Set([...parts.flatMap(([, files]) => [...files]), ...named])];
  }

  /** A chart is read with everything in it; of a kustomization's folder only what it names. */
  private below(start: string): readonly [readonly string[], ReadonlySet<string>] {
    const done = this.known.get(start);
    if (done) return done;
    const folders = reached(start, this.folders);
    const charts = folders.filter(({ tool }) => tool === "helm").map(({ folder }) => folder);
    const files = new Set(folders.flatMap((one) => [one.file, ...one.files]));
    const reads = [charts, files] as const;
    this.known.set(start, reads);
    return reads;
  }
}
