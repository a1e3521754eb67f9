/** `lading render`: what a cluster gets, each image with the line that set it, judged. */
import { existsSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
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
import { affectedBy, openRendering } from "./rendering.ts";
import { asksRegistries, lookedAt, settings } from "./settings.ts";
import { openWorkspace } from "./workspace.ts";

export const HELP = `lading render [FOLDER|FILE...]

Renders every chart and kustomization as Argo CD and Flux do, with the helm and kustomize that are on PATH, in a
sandbox. Shows each image that comes out with the line that set it, and judges it. Of a folder (default: this one)
everything at and below it is rendered; of files everything in their repository that is rendered from one of them.
What is rendered may build on anything in the repository.

Options:
${describeOptions(RENDER as Options)}

Exit codes: 0 clean, 1 findings (a root that could not be rendered is one), 2 usage or policy file, 3 nothing to
render, 4 could not do its job (with --strict also: something could not be rendered, or a registry not asked).
`;

const NOTHING = `error: nothing to render: no chart and no kustomization was found here
  = help: \`lading check\` judges manifests that are not rendered
`;

const UNTOUCHED = "nothing is rendered from these files\n";

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths } = await parse(args, RENDER);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  const asYaml = Array.isArray(values["format"]) && values["format"].length === 1 && values["format"][0] === "yaml";
  const to = asYaml ? [] : await targets(values);
  const { top, inside, files } = placeOf(paths, cwd);
  const set = await settings(values, [top], cwd);
  const workspace = await openWorkspace([top], cwd, lookedAt(set), set.caches?.remember);
  const { found: { folders }, roots: all, render } = await openRendering(workspace);
  const roots = files ? affectedBy({ roots: all, folders }, files) : rootsAt({ roots: all, folders }, inside);
  // A hook names files of every sort.
  if (files && roots.length === 0) return write(process.stderr, UNTOUCHED).then(() => EXIT.clean);
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
  const online = asksRegistries(values, set.policy.online);
  const report = await check(workspace, { ...set.run, policy: forAPart(set.policy), ...(online ? await (await import("./asking.ts")).openAsking(set, { online, folder: top }) : {}), rendering: { render, roots, alone: true } });
  set.caches?.save();
  for (const { format, file } of to) if (format === "pretty" && file === undefined) await showRoots(report, values, cwd);
  await print(report, to, values, cwd);
  return exitCode(report, set.failOn, set.strict);
}

/** What is asked about, in the folder that may be read: the whole repository around it. */
interface Place {
  readonly top: string;
  /** The folder, relative to `top`. */
  readonly inside: string;
  /** Instead of the folder: files, relative to `top`. */
  readonly files?: readonly string[];
}

function placeOf(paths: readonly string[], cwd: string): Place {
  const named = (paths.length === 0 ? ["."] : paths).map((path) => ({ path, absolute: resolve(cwd, path) }));
  const missing = named.find(({ absolute }) => !existsSync(absolute));
  if (missing) throw new LadingError("usage", `there is no file or folder ${missing.path}`);
  const folders = named.filter(({ absolute }) => statSync(absolute).isDirectory());
  if (folders.length > 0 && named.length > 1) throw new LadingError("usage", "render takes one folder, or files", "lading render FOLDER, or lading render FILE...");
  const [first] = named;
  const folder = folders.length > 0 ? first!.absolute : dirname(first!.absolute);
  const top = gitRoot(folder) ?? (relative(cwd, folder).startsWith("..") ? folder : cwd);
  const inTop = (absolute: string): string => toSlash(relative(top, absolute));
  if (folders.length > 0) return { top, inside: inTop(folder) };
  const outside = named.find(({ absolute }) => inTop(absolute).startsWith("../"));
  if (outside) throw new LadingError("usage", `${outside.path} is not in the repository of ${first!.path}`, "name files of one repository");
  return { top, inside: "", files: named.map(({ absolute }) => inTop(absolute)) };
}

/** The roots at and below a folder; or the folder itself, though others build on it. */
function rootsAt({ roots, folders }: Pick<FoundRoots, "roots" | "folders">, inside: string): readonly Root[] {
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
