/** A check of what rendering shows: beside what stands in the files, or alone. */
import type { Policy } from "../model/policy.ts";
import type { Render, RenderFailure, Root, SaidAt } from "../model/render.ts";
import type { Report } from "../model/report.ts";
import type { LocatedFile } from "../model/site.ts";
import { Lines } from "../syntax/lines.ts";
import type { Unrendered } from "./judge.ts";
import { accountOf, type RenderedRoot, renderRoots, reportedRoots } from "./rendered.ts";
import { withRendered } from "./rendered-sites.ts";
import { settled, type Survey, type Workspace } from "./survey.ts";
import { Sources } from "./trace/sources.ts";

export interface Rendering {
  readonly render: Render;
  readonly roots: readonly Root[];
  /** Judge only what is rendered, and not what else stands in the files. */
  readonly alone: boolean;
}

/** What the judging and the report get besides the survey. */
export interface RenderedPart {
  readonly unrendered: readonly Unrendered[];
  readonly rendered: NonNullable<Report["rendered"]>;
}

export interface SurveyWithRendered {
  readonly found: ReturnType<typeof settled>;
  readonly part: RenderedPart;
  readonly roots: readonly RenderedRoot[];
}

/** Renders the roots and puts their images among the sites that were found. */
export async function renderInto(workspace: Workspace, survey: Survey, { render, roots, alone }: Rendering): Promise<SurveyWithRendered> {
  const found = settled(survey);
  const sources = new Sources(workspace);
  const done = await renderRoots(roots, sources, render);
  const { located, rendered } = await withRendered(found.located, done, sources);
  const unrendered = done.flatMap((one) => (one.is === "failed" ? [unrenderedOf(one.why, one.root.said, sources)] : []));
  const part: RenderedPart = { unrendered, rendered: { account: accountOf(done), roots: reportedRoots(done) } };
  if (!alone) return { found: { ...found, located: located.map(inOrder) }, part, roots: done };
  const only = located.flatMap((file) => onlyRendered(file, rendered.get(file.path) ?? []));
  return { found: { ...found, located: only, passedOver: [], unread: [] }, part, roots: done };
}

function unrenderedOf(why: RenderFailure, root: SaidAt, sources: Sources): Unrendered {
  const said = why.said ?? root;
  return { ...why, said, excerpt: new Lines(sources.text(said.file) ?? "").line(said.position.line) };
}

/** The policy of a run that looks at a part: an exception that has nothing to hide here may well have something elsewhere. */
export const forAPart = (policy: Policy): Policy => ({ ...policy, rules: { ...policy.rules, "used-suppression": "off" } });

/** A file with some of its sites, and the comments that speak about them. */
function onlyRendered(file: LocatedFile, sites: LocatedFile["sites"]): LocatedFile[] {
  if (sites.length === 0) return [];
  const kept = [...new Set(sites.flatMap(({ suppressions }) => suppressions))].sort((a, b) => a - b);
  const moved = sites.map((site) => ({ ...site, suppressions: site.suppressions.map((index) => kept.indexOf(index)) }));
  return [inOrder({ ...file, sites: moved, suppressions: kept.map((index) => file.suppressions[index]!), unread: [] })];
}

const inOrder = (file: LocatedFile): LocatedFile => ({ ...file, sites: [...file.sites].sort((a, b) => a.span.start - b.span.start) });
