/** `lading baseline write|prune`: accepts what is there today, so that only new findings count. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { formatBaseline, makeBaseline, parseBaseline, pruneBaseline } from "../files/baseline.ts";
import { writeAtomically } from "../files/write.ts";
import { LadingError } from "../model/errors.ts";
import { check } from "../pipeline/check.ts";
import { CHECK, describeOptions, parse } from "./options.ts";
import { write } from "./output.ts";
import { folderOf } from "./folder.ts";
import { asksRegistries, lookedAt, settings } from "./settings.ts";
import { openWorkspace } from "./workspace.ts";

export const HELP = `lading baseline write|prune [PATH]...

write: accepts every finding of today; later runs report only new ones.
prune: forgets accepted findings that are gone.

Options:
${describeOptions(CHECK)}
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths: [verb, ...paths] } = await parse(args, CHECK);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  if (verb !== "write" && verb !== "prune") throw new LadingError("usage", "baseline needs a verb", "lading baseline write, or lading baseline prune");
  const set = await settings(values, paths, cwd, verb === "prune");
  const workspace = await openWorkspace(paths, cwd, lookedAt(set), set.caches?.remember);
  const online = asksRegistries(values, set.policy.online);
  const report = await check(workspace, { ...set.run, ...(online ? await (await import("./asking.ts")).openAsking(set, { online, folder: folderOf(paths, cwd) }) : {}) });
  const looked = new Set([...workspace.files, ...((await workspace.more)?.files ?? [])]);
  const old = await readFile(set.baselineFile).catch(() => undefined);
  const name = relative(cwd, set.baselineFile);
  if (verb === "prune" && old === undefined) throw new LadingError("usage", `there is no ${name}`, "write one first: lading baseline write");
  const { kept, removed } = verb === "write"
    ? { kept: makeBaseline(report.findings), removed: [] }
    : pruneBaseline(parseBaseline(old!.toString("utf8"), name), report, looked.has.bind(looked));
  await writeAtomically(set.baselineFile, Buffer.from(formatBaseline(kept)), old ?? "absent");
  await write(process.stdout, `${name}: ${kept.findings.length} accepted${verb === "prune" ? `, ${removed.length} forgotten` : ""}\n`);
  return 0;
}
