/** What `pin --render` needs: the roots and the programs, and what earlier runs found out about charts. */
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../files/answer-cache.ts";
import { openProbeFile } from "../files/probe-cache.ts";
import type { Proving } from "../pipeline/pin-steps.ts";
import type { Workspace } from "../pipeline/survey.ts";
import { openRendering } from "./rendering.ts";
import type { Settings } from "./settings.ts";

export interface Proofs {
  readonly proving: Proving;
  save(): void;
}

export async function openProofs(workspace: Workspace, { caches }: Settings): Promise<Proofs> {
  const { found, find, render } = await openRendering(workspace);
  const cache = caches && openProbeFile(join(cacheFolder(process.env, homedir()), "probes.json"));
  return { proving: { found, find, render, ...(cache ? { cache } : {}) }, save: () => cache?.save(Date.now()) };
}
