/**
 * Prints what the last run printed, when nothing that decides it has changed: Git is asked the same questions, and
 * their answers are not even taken apart (docs/decisions/0015-the-last-answer.md).
 */
import { hash } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isLookedAt, prefixInChart } from "../files/discover.ts";
import { askGit, type GitAnswers } from "../files/git.ts";
import { openLastRun, recordRun } from "../files/last-run.ts";
import { treeKey } from "../files/same-tree.ts";
import type { Report } from "../model/report.ts";
import type { FormatOptions } from "../report/format.ts";
import { inTwoParts } from "../report/index.ts";
import { folderOf } from "./folder.ts";
import type { Values } from "./options.ts";
import { formatOptions, inBatches, type Target, write } from "./output.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "./version.ts";

export interface Again {
  /** Git's answers; the run that has to be made after all goes on with them. */
  readonly asked: GitAnswers;
  /** Prints the last answer and gives its exit code; undefined, and nothing is printed, when it may not hold. */
  repeat(): Promise<number | undefined>;
  /** Prints a report, and keeps it for the next run. */
  printAndKeep(report: Report, code: number): Promise<void>;
}

/**
 * Undefined for runs of which nothing is kept: those that look at anything but one folder in Git, that ask
 * registries, or that print for machines.
 */
export async function openAgain(values: Values, to: readonly Target[], paths: readonly string[], set: Settings, cwd: string): Promise<Again | undefined> {
  const folder = resolve(cwd, paths[0] ?? ".");
  const [{ format, file } = to[0]!, ...others] = to;
  const parts = inTwoParts[format];
  if (!set.caches || !parts || file !== undefined || others.length > 0) return undefined;
  if (paths.length > 1 || folderOf(paths, cwd) !== folder || set.policy.paths.include.length > 0) return undefined;
  const asked = askGit(folder);
  if (!asked) return undefined;
  // Every run wants this answer; Git is at work while the rest is made ready.
  void asked.staged();
  const shown = await formatOptions(format, folder, values, cwd);
  const options = nameOf(folder, format, shown, values, set);
  const path = set.caches.lastRun(folder);
  return {
    asked,
    async repeat() {
      const begin = set.run.clock();
      const last = openLastRun(path);
      if (!last) return undefined;
      try {
        if (last.head.options !== options || !(await isSame(asked, last.head.tree))) return undefined;
        for (const piece of last.body()) await write(process.stdout, piece);
        const seconds = Math.round((set.run.clock() - begin) / 10) / 100;
        await write(process.stdout, parts.closing({ ...last.head.ending, seconds }, shown));
        return last.head.code;
      } finally {
        last.close();
      }
    },
    async printAndKeep(report, code) {
      const { mode, seconds, summary, rules, unread } = report;
      const tree = unread.some(({ kind }) => kind === "link" || kind === "io") ? undefined : await treeKey(asked, isLookedAt);
      const ending = { mode, seconds, summary, rules, unread: unread.filter(({ kind }) => kind !== "template") };
      const keep = tree === undefined ? undefined : recordRun(path, { options, tree, code, ending });
      for (const piece of inBatches(parts.body(report, shown))) {
        const bytes = Buffer.from(piece);
        keep?.add(bytes);
        await write(process.stdout, bytes);
      }
      await write(process.stdout, parts.closing(report, shown));
      keep?.commit();
    },
  };
}

/** All of Git's commands at once: here nothing is gained by one that is answered first. */
function isSame(asked: GitAnswers, tree: string): Promise<boolean> {
  for (const ask of [asked.others, asked.changed]) void ask();
  return treeKey(asked, isLookedAt, tree).then((key) => key !== undefined);
}

/**
 * Names what besides the folder's files decides what is printed. Options and settings are taken whole, so that a new
 * one is part of the name without anybody thinking of it.
 */
function nameOf(folder: string, format: string, { rules: _rules, ...shown }: FormatOptions, values: Values, { caches: _caches, run, ...set }: Settings): string {
  const { started, clock: _clock, ...options } = run;
  // Waivers and suppressions end with a day.
  const today = started.slice(0, 10);
  const { mtimeMs, size } = statSync(fileURLToPath(import.meta.url));
  const program = [VERSION, mtimeMs, size, process.version];
  return hash("sha256", JSON.stringify([program, folder, prefixInChart(folder), format, shown, values, set, today, options], spread));
}

/** JSON takes sets and maps for empty objects. */
const spread = (_key: string, value: unknown): unknown => (value instanceof Set || value instanceof Map ? [...value] : value);
