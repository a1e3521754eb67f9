/**
 * Which files a run looks at: what Git lists, else what stands in the folders. Costs are in
 * docs/decisions/0004-discovery.md.
 */
import { existsSync, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { LadingError } from "../model/errors.ts";
import { matches } from "../model/match.ts";
import type { Policy } from "../model/policy.ts";
import type { Unread } from "../model/site.ts";
import { isTypeScript } from "../surfaces/roles.ts";
import { type GitAnswers, gitRoot, listFromGit } from "./git.ts";
import { toSlash, wayFrom } from "./paths.ts";

const MANIFEST = /\.(?:ya?ml|json)$|(?:^|\/)(?:Kustomization|Chart\.lock)$/i;
/** Whether a run looks at files with such a name; a policy that includes others lists its files without Git. */
export const isLookedAt = (file: string): boolean => MANIFEST.test(file) || isTypeScript(file);
const CHART = /(?:^|\/)Chart\.ya?ml$/;

/** Files to look at, and what was passed over. */
export interface Found {
  /** In order, each once. */
  readonly files: readonly string[];
  /** Folders with a `Chart.yaml`, with `prefix` in front; "" is the root. */
  readonly charts: ReadonlySet<string>;
  readonly unread: readonly Unread[];
}

export interface Discovery extends Found {
  /** The folder that paths are relative to. */
  readonly root: string;
  /** All files under the root are listed, not only some that were named. */
  readonly whole: boolean;
  /** Path of the root inside the chart that is around it, with a `/` at the end; "" when there is none. */
  readonly prefix: string;
  /** Blob ids of files that are as committed, where Git listed the root itself and ids were asked for. */
  readonly ids: ReadonlyMap<string, string>;
  /** What is found while the rest is already looked at. */
  readonly more?: Promise<Found>;
}

export interface DiscoverOptions {
  readonly paths: Policy["paths"];
  /** The folder that the policy's globs count from. */
  readonly policyFolder: string;
  readonly withIds: boolean;
  /** Git's answers about the one folder given, where it was asked already. */
  readonly asked?: GitAnswers | undefined;
}

/** Lists the files under the paths given. Paths in the result are relative to the one folder given, else to `cwd`. */
export async function discover(paths: readonly string[], cwd: string, { paths: globs, policyFolder, withIds, asked }: DiscoverOptions): Promise<Discovery> {
  const targets = (paths.length === 0 ? ["."] : paths).map((path) => target(resolve(cwd, path), path));
  const only = targets.length === 1 && targets[0]!.facts.isDirectory() ? targets[0]!.path : undefined;
  const root = only ?? cwd;
  const prefix = prefixInChart(root);
  const named = new Set(targets.filter(({ facts }) => !facts.isDirectory()).map(({ path }) => toSlash(relative(root, path))));
  const toPolicy = wayFrom(policyFolder, root);
  const select = (listed: readonly string[], unread: readonly Unread[]): Found => {
    const unique = [...new Set(listed)].sort();
    const charts = new Set(unique.filter((file) => CHART.test(file)).map((file) => folderOf(prefix + file)));
    if (prefix !== "") charts.add("");
    for (const file of named) for (const chart of chartsAbove(root, file)) charts.add(chart);
    const wanted = (file: string): boolean => named.has(file) || isLookedAt(file) || globs.include.length > 0;
    return { files: unique.filter((file) => wanted(file) && !globs.exclude.some((glob) => matches(glob, toPolicy + file))), charts, unread };
  };

  if (only !== undefined && globs.include.length === 0) {
    const listing = await listFromGit(only, withIds, asked);
    if (listing) {
      const { files, repositories, ids, others } = listing;
      return { root, whole: true, prefix, ids, ...select(files, repositories.map(separate)), more: others.then((late) => select(late.files, late.repositories.map(separate))) };
    }
  }
  const unread: Unread[] = [];
  const listed: string[] = [];
  for (const { path, facts } of targets) {
    const from = toSlash(relative(root, path));
    if (!facts.isDirectory()) listed.push(from);
    else if (globs.include.length > 0) listed.push(...(await glob(path, globs.include, policyFolder)).map(below(from)));
    else {
      const listing = await listFromGit(path, false);
      const others = await listing?.others;
      const files = listing && others ? [...listing.files, ...others.files] : walk(path, "", unread, from);
      listed.push(...files.map(below(from)));
      unread.push(...[...(listing?.repositories ?? []), ...(others?.repositories ?? [])].map(below(from)).map(separate));
    }
  }
  return { root, whole: only !== undefined, prefix, ids: new Map(), ...select(listed, unread) };
}

/** Whether the policy leaves a file out. */
export const isExcluded = ({ paths, policyFolder }: Pick<DiscoverOptions, "paths" | "policyFolder">, root: string, file: string): boolean =>
  paths.exclude.some((glob) => matches(glob, wayFrom(policyFolder, root) + file));

const separate = (file: string): Unread => ({ file, kind: "repository", why: "a Git repository of its own, not looked at; check it by its path" });

/** What a path names. A file is named by what a link leads to, as links are not followed later. */
function target(path: string, written: string): { path: string; facts: Stats } {
  const facts = inspect(path, written);
  return { path: facts.isFile() && lstatSync(path).isSymbolicLink() ? realpathSync(path) : path, facts };
}

function inspect(path: string, written: string): Stats {
  try {
    const facts = statSync(path);
    if (facts.isDirectory() || facts.isFile()) return facts;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new LadingError("usage", `there is no ${written}`, "give files or folders that exist, or - for standard input");
    throw new LadingError("usage", `${written} cannot be read: ${code === "ELOOP" ? "its links go in a circle" : (error as Error).message}`);
  }
  throw new LadingError("usage", `${written} is neither a file nor a folder`);
}

async function glob(folder: string, include: readonly string[], policyFolder: string): Promise<string[]> {
  const { globby } = await import("globby");
  const prefix = wayFrom(policyFolder, folder);
  const found = await globby([...include], { cwd: policyFolder, dot: true, ignore: ["**/.git/**"], followSymbolicLinks: false });
  // A pattern with ".." must not lead out of the folder that was asked about.
  return found.filter((file) => !file.startsWith("../") && file.startsWith(prefix)).map((file) => file.slice(prefix.length));
}

const below = (folder: string) => (file: string): string => (folder === "" ? file : `${folder}/${file}`);

const SKIPPED_FOLDERS = new Set([".git", "node_modules"]);

/** Links are not followed: what they point to is either in the tree already or was not asked about. */
function walk(folder: string, below: string, unread: Unread[], from: string): string[] {
  const files: string[] = [];
  let entries;
  try {
    entries = readdirSync(below === "" ? folder : join(folder, below), { withFileTypes: true });
  } catch (error) {
    unread.push({ file: [from, below].filter(Boolean).join("/") || ".", kind: "io", why: (error as Error).message });
    return files;
  }
  for (const entry of entries) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) files.push(...walk(folder, path, unread, from));
    } else if (entry.isFile() || (entry.isSymbolicLink() && isLookedAt(path))) {
      files.push(path);
    }
  }
  return files;
}

const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));

/** When the root itself lies in a chart, its path in there. */
export function prefixInChart(root: string): string {
  const top = gitRoot(root);
  if (top === undefined || top === root) return "";
  for (let at = dirname(root); ; at = dirname(at)) {
    if (existsSync(join(at, "Chart.yaml"))) return `${toSlash(relative(at, root))}/`;
    if (at === top) return "";
  }
}

/** Chart folders around a file that was named alone, so that its folder was not listed. */
function* chartsAbove(root: string, file: string): Generator<string> {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    if (existsSync(join(root, folder, "Chart.yaml"))) yield folder;
    if (folder === "") return;
  }
}
