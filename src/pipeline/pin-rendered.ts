/** What rendering adds to `pin`: forms that are proved before, and changes that are held against what they render to after. */
import type { RenderFailure, Root } from "../model/render.ts";
import type { ImageSite, LocatedFile } from "../model/site.ts";
import { ownFields } from "../surfaces/known-fields.ts";
import { judgeInput, type RunOptions } from "./check.ts";
import { exceptedFromPins } from "./judge.ts";
import type { Proving, Rendering, Step } from "./pin-steps.ts";
import { type Change, hold } from "./probe/hold.ts";
import { withLeafEntries } from "./probe/leaf-entries.ts";
import { prove } from "./probe/prove.ts";
import type { CheckedFiles } from "./roots/tree.ts";
import type { settled, Workspace } from "./survey.ts";

export interface PinProof {
  /** The files, with sites that say what rendering has shown. */
  readonly located: readonly LocatedFile[];
  /** Renders the changes; those that do more than was wanted come back as refused. */
  hold(steps: readonly Step[]): Promise<ReadonlyMap<LocatedFile, Step>>;
  summary(): Rendering;
}

export async function begin(workspace: Workspace, surveyed: ReturnType<typeof settled>, options: RunOptions & { readonly unsafe: boolean }, { render, found, find, cache }: Proving): Promise<PinProof> {
  const checked: CheckedFiles = { files: [...workspace.files, ...((await workspace.more)?.files ?? [])], read: (file) => workspace.read(file) };
  const excepted = exceptedFromPins(judgeInput(surveyed, options));
  const proved = await prove(workspace, surveyed.located, {
    render, roots: found.roots, fields: ownFields(options.policy.fields), wanted: (site) => !excepted.has(site), ...(cache ? { cache } : {}),
  });
  const leaves = await withLeafEntries(proved.located, {
    roots: found.roots, render,
    text: (file) => {
      const source = checked.files.includes(file) ? workspace.read(file) : undefined;
      return source && "text" in source ? source.text : undefined;
    },
    settled: (site) => excepted.has(site) || (site.slots.length > 0 && (options.unsafe || site.unsafe === undefined)),
  });
  const uses = new Map([...[...proved.pins].map(([site, pin]) => [site, pin.uses] as const), ...leaves.uses]);
  let renders = proved.renders + leaves.renders;
  const failures = new Map<Root, RenderFailure>(proved.failures.map(({ root, why }) => [root, why]));
  return {
    located: leaves.located,
    async hold(steps) {
      const changes = steps.flatMap((step) => changeOf(step, uses));
      const held = await hold({ render, checked, found, find, changes, labels: options.unsafe });
      renders += held.renders;
      for (const { root, why } of held.failures) failures.set(root, why);
      return new Map(steps.map((step) => [step.file, withRefusal(step, held.refused.get(step.file.path))]));
    },
    summary: () => ({ renders, proved: proved.pins.size, failures: [...failures].map(([root, why]) => ({ root, why })) }),
  };
}

function changeOf({ file, wanted, prepared }: Step, uses: ReadonlyMap<ImageSite, readonly Root[]>): Change[] {
  if (!prepared || "why" in prepared) return [];
  const proved = [...wanted].flatMap(([i, reference]) => (uses.get(file.sites[i]!) ?? []).map((root) => ({ root, reference })));
  return [{ source: prepared.source, after: prepared.after, wanted: [...wanted.values()], proved }];
}

const withRefusal = (step: Step, why: string | undefined): Step => (why === undefined ? step : { ...step, prepared: { file: step.file.path, why } });
