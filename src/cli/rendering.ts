/** The roots of a workspace, and the programs that render them: loaded only by runs that render. */
import { gitRemotes, gitRoot } from "../files/git.ts";
import { wayFrom } from "../files/paths.ts";
import { LadingError } from "../model/errors.ts";
import type { Render, Root } from "../model/render.ts";
import { findRoots, type RootOptions } from "../pipeline/roots/find.ts";
import { type FoundRoots, toRender } from "../pipeline/roots/found.ts";
import type { CheckedFiles } from "../pipeline/roots/tree.ts";
import type { Workspace } from "../pipeline/survey.ts";
import { createRender } from "../render/render.ts";

export { suppliedAt } from "../pipeline/explain-rendered.ts";
export { affectedBy } from "../pipeline/roots/affected.ts";
export { Sources } from "../pipeline/trace/sources.ts";

export interface Renderer {
  readonly found: FoundRoots;
  /** All of them, with those that are known not to render. */
  readonly roots: readonly Root[];
  readonly render: Render;
  /** Finds the roots in texts of another state of the same files. */
  readonly find: (checked: CheckedFiles) => Promise<FoundRoots>;
}

/** Finds everything that a cluster gets by rendering, and makes a renderer for it. */
export async function openRendering(workspace: Workspace): Promise<Renderer> {
  const { root } = workspace;
  if (root === "-") throw new LadingError("usage", "standard input cannot be rendered", "name a folder; or render it yourself: kustomize build | lading check -");
  const late = (await workspace.more)?.files ?? [];
  const files = late.length === 0 ? workspace.files : [...new Set([...workspace.files, ...late])].sort();
  const top = gitRoot(root);
  const where: RootOptions = { remotes: await gitRemotes(root), prefix: top === undefined ? "" : wayFrom(top, root) };
  const find: Renderer["find"] = (checked) => findRoots(checked, where);
  const found = await find({ files, read: (file) => workspace.read(file) });
  return { found, roots: toRender(found), find, render: createRender({ root, env: process.env }) };
}
