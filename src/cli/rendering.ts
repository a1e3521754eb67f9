/** What `--render` needs: the programs, the roots of the repository, and what earlier runs found out about charts. */
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../files/answer-cache.ts";
import { openProbeFile } from "../files/probe-cache.ts";
import type { Rendering } from "../pipeline/pin.ts";
import { findRoots } from "../pipeline/roots/find.ts";
import { createRender } from "../render/render.ts";
import type { Settings } from "./settings.ts";

export interface Proofs {
  readonly rendering: Rendering;
  save(): void;
}

/** @param root the checked folder, as the workspace has it */
export async function rendering(root: string, { caches }: Settings): Promise<Proofs> {
  const cache = caches && openProbeFile(join(cacheFolder(process.env, homedir()), "probes.json"));
  return {
    rendering: {
      render: createRender({ root, env: process.env }),
      find: (checked) => findRoots(checked),
      ...(cache ? { cache } : {}),
    },
    save: () => cache?.save(Date.now()),
  };
}
