/** `lading check`: reads, perhaps asks, reports; never writes a manifest. */
import { check } from "../pipeline/check.ts";
import type { Rendering } from "../pipeline/check-rendered.ts";
import type { Workspace } from "../pipeline/survey.ts";
import { openAgain } from "./again.ts";
import { EXIT, exitCode, NOTHING } from "./exit.ts";
import { folderOf } from "./folder.ts";
import { archiveOf, CHECK, describeOptions, parse, text } from "./options.ts";
import { print, targets, write } from "./output.ts";
import { asksRegistries, lookedAt, settings } from "./settings.ts";
import { openWorkspace } from "./workspace.ts";

export const HELP = `lading check [PATH|-]...

Finds every image reference and judges it. Offline unless the policy or --online says otherwise.
PATH is a file or a folder (default: this folder); - is standard input.

Options:
${describeOptions(CHECK)}

Exit codes: 0 clean, 1 findings, 2 usage or policy file, 3 nothing to check, 4 could not do its job.
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths } = await parse(args, CHECK);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  const to = await targets(values);
  const set = await settings(values, paths, cwd);
  const archive = archiveOf(values, cwd);
  const online = asksRegistries(values, set.policy.online && !archive);
  const asking = online || archive !== undefined;
  const rendering = values["render"] === true;
  const again = asking || rendering ? undefined : await openAgain(values, to, paths, set, cwd);
  const repeated = await again?.repeat();
  if (repeated !== undefined) return repeated;
  const workspace = await openWorkspace(paths, cwd, { ...lookedAt(set), asked: again?.asked }, set.caches?.remember);
  const report = await check(workspace, {
    ...set.run,
    ...(asking ? await (await import("./asking.ts")).openAsking(set, { online, folder: folderOf(paths, cwd), since: text(values["since"]), archive }) : {}),
    ...(rendering ? { rendering: await renderingOf(workspace) } : {}),
  });
  set.caches?.save();
  const code = exitCode(report, set.failOn, set.strict);
  if (again && workspace.isCommitted?.()) await again.printAndKeep(report, code);
  else await print(report, to, values, cwd);
  if (code === EXIT.nothing) await write(process.stderr, NOTHING);
  return code;
}

/** Everything that is rendered here; loaded only by runs that ask for it. */
async function renderingOf(workspace: Workspace): Promise<Rendering> {
  const { openRendering } = await import("./rendering.ts");
  const { roots, render } = await openRendering(workspace);
  return { render, roots, alone: false };
}
