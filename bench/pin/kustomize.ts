/** Renders kustomization roots before and after a rewrite and compares the outcomes. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { join, posix } from "node:path";
import { isMap, isScalar, parse, parseAllDocuments, visit } from "yaml";
import type { KustomizeRoot } from "../tools/corpus.ts";
import { execute } from "../tools/lading.ts";

export interface Kustomize {
  readonly command: string;
  readonly prefix: readonly string[];
}

export interface Rendered {
  readonly ok: boolean;
  /** The output, or the error. */
  readonly text: string;
}

export async function renderAll(kustomize: Kustomize, tree: string, roots: readonly KustomizeRoot[]): Promise<Map<string, Rendered>> {
  const rendered = new Map<string, Rendered>();
  const queue = [...roots];
  await Promise.all(
    Array.from({ length: Math.max(2, cpus().length) }, async () => {
      for (let root = queue.shift(); root; root = queue.shift()) {
        const folder = join(tree, root.root);
        if (!existsSync(folder)) {
          rendered.set(root.root, { ok: false, text: `no folder ${root.root}` });
          continue;
        }
        const flags = root.loadRestrictor === "default" ? [] : ["--load-restrictor", "LoadRestrictionsNone"];
        const ran = await execute(kustomize.command, [...kustomize.prefix, ...flags, folder], { seconds: 60 });
        rendered.set(root.root, ran.code === 0 ? { ok: true, text: ran.out } : { ok: false, text: ran.err.trim() });
      }
    }),
  );
  return rendered;
}

/** Values of keys called `image` that stand in containers, in the order of the output. */
export function imagesOf(text: string): string[] {
  const images: string[] = [];
  for (const document of parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent" })) {
    visit(document, {
      Pair: (_, pair) => {
        if (!isScalar(pair.key) || !/^(?:initContainers|containers|ephemeralContainers)$/.test(String(pair.key.value))) return;
        visit(pair.value as never, {
          Map: (__, map) => {
            const image = map.get("image");
            if (isMap(map) && typeof image === "string") images.push(image);
            return visit.SKIP;
          },
        });
      },
    });
  }
  return images;
}

/** Files of the tree that go into a root: itself, and what its lists name, down to the leaves. */
export function sourcesOf(tree: string, root: string, found = new Set<string>()): Set<string> {
  const file = ["kustomization.yaml", "kustomization.yml", "Kustomization"].map((name) => posix.join(root, name)).find((name) => existsSync(join(tree, name)));
  if (file === undefined || found.has(file)) return found;
  found.add(file);
  const named: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === "string") named.push(value);
    else if (Array.isArray(value)) for (const item of value) collect(item);
    else if (typeof value === "object" && value !== null && "path" in value) collect(value.path);
  };
  const content = parse(readFileSync(join(tree, file), "utf8"), { uniqueKeys: false, logLevel: "silent" }) as Record<string, unknown>;
  for (const key of ["resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "generators", "transformers"]) collect(content[key]);
  for (const name of named) {
    const path = posix.normalize(posix.join(root, name));
    // A patch can stand there as text, and a resource can be remote.
    if (name.includes("\n") || !existsSync(join(tree, path))) continue;
    if (statSync(join(tree, path)).isDirectory()) sourcesOf(tree, path, found);
    else found.add(path);
  }
  return found;
}
