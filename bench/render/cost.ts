/** What the sandbox adds to a render. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRender } from "../../src/render/render.ts";
import { execute } from "../tools/lading.ts";

/** Medians, in milliseconds. */
export interface Cost {
  readonly alone: number;
  readonly sandboxed: number;
}

const ROUNDS = 11;

/** Both in turn, so that whatever else the machine does meets both. */
export async function median(alone: () => Promise<void>, sandboxed: () => Promise<void>): Promise<Cost> {
  const times: [number[], number[]] = [[], []];
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, work] of [alone, sandboxed].entries()) {
      const begin = performance.now();
      await work();
      // The first round fills caches and asks programs for their versions.
      if (round >= 0) times[i]!.push(performance.now() - begin);
    }
  }
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1]!;
  return { alone: middle(times[0]), sandboxed: middle(times[1]) };
}

export async function kustomizeCost(kustomize: { readonly command: string; readonly prefix: readonly string[] }): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), "lading-bench-"));
  try {
    const names = Array.from({ length: 20 }, (_, i) => `web-${i}`);
    for (const name of names) writeFileSync(join(folder, `${name}.yaml`), `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: example/${name}:1.4\n`);
    writeFileSync(join(folder, "kustomization.yaml"), `resources:\n${names.map((name) => `  - ${name}.yaml\n`).join("")}images:\n  - name: example/web-1\n    newTag: "1.5"\n`);
    const render = createRender({ root: folder, env: { PATH: `${dirname(kustomize.command)}:/usr/local/bin:/usr/bin:/bin` } });
    const root = { folder: "", tool: "kustomize", by: "folder", said: { file: "kustomization.yaml", position: { line: 1, column: 1 } }, open: [] } as const;
    return await median(
      async () => void (await execute(kustomize.command, [...kustomize.prefix, folder])),
      async () => void (await render({ root, instead: new Map(), provenance: false })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
