/**
 * What was located in a run. A repository with very many images has them packed, file by file, until somebody looks:
 * as objects they would take five times the memory (docs/benchmarks.md, 100,000 files).
 */
import type { LocatedFile } from "../model/site.ts";
import { pack, unpack } from "./packed.ts";

/** Sites that are kept as they are; those of later files are packed. */
const AS_OBJECTS = 10_000;

/** Files with something in them, in order. Walking over it makes the packed ones anew each time. */
export class LocatedFiles implements Iterable<LocatedFile> {
  private readonly entries = new Map<string, LocatedFile | string>();
  private sites = 0;

  set(file: LocatedFile): void {
    this.sites += file.sites.length;
    this.entries.set(file.path, this.sites > AS_OBJECTS ? JSON.stringify(pack(file)) : file);
  }

  delete(path: string): void {
    this.entries.delete(path);
  }

  get(path: string): LocatedFile | undefined {
    const entry = this.entries.get(path);
    return typeof entry === "string" ? unpack(JSON.parse(entry), path) : entry;
  }

  *[Symbol.iterator](): Generator<LocatedFile> {
    for (const path of this.entries.keys()) yield this.get(path)!;
  }

  /** The same files in another order; those that hold nothing are passed over. */
  inOrder(paths: Iterable<string>): LocatedFiles {
    const sorted = new LocatedFiles();
    for (const path of paths) {
      const entry = this.entries.get(path);
      if (entry !== undefined) sorted.entries.set(path, entry);
    }
    return sorted;
  }
}
