/** `lading render`: what a cluster gets, each image with the line that set it, judged. */
import { existsSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { gitRoot } from "../files/git.ts";
import { toSlash, wayFrom } from "../files/paths.ts";
import { LadingError } from "../model/errors.ts";
import type { Root } from "../model/render.ts";
import type { Report } from "../model/report.ts";
import { check } from "../pipeline/check.ts";
import { forAPart } from "../pipeline/check-rendered.ts";
import { Sources } from "../pipeline/trace/sources.ts";
import { renderRoots, reportedRoots } from "../pipeline/rendered.ts";
import type { FoundRoots } from "../pipeline/roots/found.ts";
import { annotated, listing } from "../report/rendered.ts";
import { printable } from "../report/text.ts";
import { EXIT, exitCode } from "./exit.ts";
import { describeOptions, type Options, parse, RENDER } from "./options.ts";
import { formatOptions, print, targets, write } from "./output.ts";
import { openRendering } from "./rendering.ts";
import { settings } from "./settings.ts";
import { openWorkspace } from "./workspace.ts";

export const HELP = `lading render [PATH]

Renders every chart and kustomization as Argo CD and Flux do, with the helm and kustomize that are on PATH, in a
sandbox. Shows each image that comes out with the line that set it, and judges it. PATH is a folder (default: this
one); everything at and below it is rendered, and what it builds on may lie anywhere in its repository.

Options:
${describeOptions(RENDER as Options)}

Exit codes: 0 clean, 1 findings (a root that could not be rendered is one), 2 usage or policy file, 3 nothing to
render, 4 could not do its job (with --strict also: something could not be rendered, or a registry not asked).
`;

const NOTHING = `error: nothing to render: no chart and no kustomization was found here
  = help: \`lading check\` judges manifests that are not rendered
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths } = await parse(args, RENDER);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  const asYaml = Array.isArray(values["format"]) && values["format"].length === 1 && values["format"][0] === "yaml";
  const to = asYaml ? [] : await targets(values);
  const { top, inside } = await placeOf(paths, cwd);
  const set = await settings(values, [top], cwd);
  const workspace = await openWorkspace([top], cwd, { paths: set.policy.paths, fields: set.policy.fields, policyFolder: set.policyFolder }, set.caches?.remember);
  const { found, render } = await openRendering(workspace);
  const roots = rootsAt(found, inside);
  if (roots.length === 0) return write(process.stderr, NOTHING).then(() => EXIT.nothing);
  if (asYaml) {
    const rendered = await renderRoots(roots, new Sources(workspace), render);
    const said = reportedRoots(rendered);
    const options = { color: false, rules: [], prefix: wayFrom(cwd, workspace.root) };
    for (const [i, one] of rendered.entries()) {
      if (one.is === "rendered") await write(process.stdout, annotated(said[i]!, one.stream.text, one.stream.images.map(({ image }) => image.line), options));
      else await write(process.stderr, `error: ${printable(one.why.message)}\n`);
    }
    return rendered.some(({ is }) => is === "failed") ? EXIT.failed : EXIT.clean;
  }
  const online = values["offline"] !== true && (values["online"] === true || set.policy.online);
  const report = await check(workspace, { ...set.run, policy: forAPart(set.policy), ...(online ? await (await import("./asking.ts")).openAsking(set, { online, folder: top }) : {}), rendering: { render, roots, alone: true } });
  set.caches?.save();
  for (const { format, file } of to) if (format === "pretty" && file === undefined) await showRoots(report, values, cwd);
  await print(report, to, values, cwd);
  return exitCode(report, set.failOn, set.strict);
}

/** What is asked about, in the folder that may be read: the whole repository around it. */
async function placeOf(paths: readonly string[], cwd: string): Promise<{ top: string; inside: string }> {
  if (paths.length > 1) throw new LadingError("usage", "render takes one folder", "lading render PATH");
  const folder = resolve(cwd, paths[0] ?? ".");
  if (!existsSync(folder)) throw new LadingError("usage", `there is no folder ${paths[0]}`);
  if (!statSync(folder).isDirectory()) throw new LadingError("usage", `${paths[0]} is not a folder`, "name the folder of a chart or a kustomization");
  const top = gitRoot(folder) ?? (relative(cwd, folder).startsWith("..") ? folder : cwd);
  return { top, inside: toSlash(relative(top, folder)) };
}

/** The roots at and below a folder; or the folder itself, though others build on it. */
function rootsAt({ roots, folders }: FoundRoots, inside: string): readonly Root[] {
  const below = (path: string): boolean => inside === "" || path === inside || path.startsWith(`${inside}/`);
  const here = roots.filter(({ folder, said }) => below(folder) || below(said.file));
  if (here.length > 0) return here;
  const own = [...folders.values()].filter(({ folder }) => folder === inside);
  return own.map(({ folder, file, tool, open }): Root => ({
    folder, tool, by: "folder", said: { file, position: { line: 1, column: 1 } }, open,
    ...(tool === "helm" ? { helm: { release: "release", layers: [], apiVersions: [], includeCrds: true } } : { kustomize: { images: [] } }),
  }));
}

async function showRoots(report: Report, values: Parameters<typeof formatOptions>[2], cwd: string): Promise<void> {
  const options = await formatOptions("pretty", report.root, values, cwd);
  for (const piece of listing(report.rendered!.roots, options)) await write(process.stdout, piece);
}
