/** The trees that are timed: the corpus as it is, ten distinct copies of it, and small made ones. */
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CACHE_FOLDER, commitAll, git, listFiles, unpackCorpus } from "../tools/corpus.ts";

export interface Tree {
  readonly name: string;
  readonly root: string;
  /** The files that hold manifests, NUL-separated and absolute, for `xargs -0`. */
  readonly list: string;
  readonly files: number;
  readonly bytes: number;
}

const isManifest = (file: string): boolean => /\.(?:ya?ml|json)$/.test(file);

export function corpusTree(): Tree {
  return describe("corpus", unpackCorpus());
}

/** About 100,000 files. Content differs between copies, so that nothing is spared by being the same. */
export function largeTree(copies = 10): Tree {
  const corpus = unpackCorpus();
  const root = join(CACHE_FOLDER, "large");
  const stamp = join(CACHE_FOLDER, "large.stamp");
  const wanted = `${copies} ${git(corpus, "rev-parse", "HEAD^{tree}").trim()}`;
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    rmSync(root, { recursive: true, force: true });
    for (const file of listFiles(corpus)) {
      if (lstatSync(join(corpus, file)).isSymbolicLink()) continue;
      const bytes = readFileSync(join(corpus, file));
      for (let copy = 0; copy < copies; copy++) {
        const target = join(root, `copy${copy}`, file);
        mkdirSync(dirname(target), { recursive: true });
        // JSON has no comments; blank lines at the end do as well there.
        const mark = file.endsWith(".json") ? "\n".repeat(copy) : `\n# copy ${copy}\n`;
        writeFileSync(target, Buffer.concat([bytes, Buffer.from(mark)]));
      }
    }
    commitAll(root);
    writeFileSync(stamp, wanted);
  }
  return describe("large", root);
}

export function emptyTree(): string {
  const root = join(CACHE_FOLDER, "empty");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  git(root, "init", "--quiet");
  return root;
}

/** So many references, each to a repository of its own, twenty a file. */
export function tagsTree(count: number): { readonly root: string; readonly references: readonly string[] } {
  const root = join(CACHE_FOLDER, "tags");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const references = Array.from({ length: count }, (_, position) => `acme/app-${position}:1.${position}`);
  for (let start = 0; start < count; start += 20) {
    const containers = references.slice(start, start + 20).map((image, position) => `    - name: c${position}\n      image: ${image}\n`);
    writeFileSync(join(root, `pod-${start}.yaml`), `apiVersion: v1\nkind: Pod\nmetadata:\n  name: pod-${start}\nspec:\n  containers:\n${containers.join("")}`);
  }
  commitAll(root);
  return { root, references };
}

function describe(name: string, root: string): Tree {
  const list = join(CACHE_FOLDER, `${name}.list`);
  const manifests = listFiles(root).filter(isManifest);
  writeFileSync(list, manifests.map((file) => join(root, file)).join("\0"));
  const bytes = manifests.reduce((sum, file) => sum + lstatSync(join(root, file)).size, 0);
  return { name, root, list, files: manifests.length, bytes };
}
