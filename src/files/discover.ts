/**
 * Which files a run looks at: what Git lists, else what stands in the folders. Costs are in
 * docs/decisions/0004-discovery.md.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { LadingError } from "../model/errors.ts";
import { matches } from "../model/match.ts";
import type { Policy } from "../model/policy.ts";
import type { Unread } from "../model/site.ts";

const MANIFEST = /\.(?:ya?ml|json)$|(?:^|\/)Kustomization$/i;
const CHART = /(?:^|\/)Chart\.ya?ml$/;

export interface Discovery {
  /** The folder that paths are relative to. */
  readonly root: string;
  readonly files: readonly string[];
  /** Folders with a `Chart.yaml`, relative to `above`/root. */
  readonly charts: ReadonlySet<string>;
  /** Path of the root inside the chart that is around it, with a `/` at the end; "" when there is none. */
  readonly prefix: string;
  readonly unread: readonly Unread[];
  /** The Git work tree that listed the files, when the root itself is what was listed. */
  readonly git?: string;
}

/** Lists the files under the paths given. Paths in the result are relative to the one folder given, else to `cwd`. */
export async function discover(paths: readonly string[], cwd: string, { paths: globs }: Pick<Policy, "paths">, policyFolder = cwd): Promise<Discovery> {
  const targets = (paths.length === 0 ? ["."] : paths).map((path) => ({ path: resolve(cwd, path), facts: inspect(resolve(cwd, path), path) }));
  const only = targets.length === 1 && targets[0]!.facts.isDirectory() ? targets[0]!.path : undefined;
  const root = only ?? cwd;
  const unread: Unread[] = [];
  const listed: string[] = [];
  for (const { path, facts } of targets) {
    const from = toSlash(relative(root, path));
    if (facts.isDirectory()) listed.push(...(await list(path, globs.include, policyFolder, unread, from)).map((file) => (from === "" ? file : `${from}/${file}`)));
    else listed.push(from);
  }
  const named = new Set(targets.filter(({ facts }) => !facts.isDirectory()).map(({ path }) => toSlash(relative(root, path))));
  const toPolicy = wayFrom(policyFolder, root);
  const unique = [...new Set(listed)].sort();
  const files = unique.filter((file) => (named.has(file) || MANIFEST.test(file) || globs.include.length > 0) && !globs.exclude.some((glob) => matches(glob, toPolicy + file)));
  const prefix = prefixInChart(root);
  const charts = new Set(unique.filter((file) => CHART.test(file)).map((file) => folderOf(prefix + file)));
  if (prefix !== "") charts.add("");
  for (const file of named) for (const chart of chartsAbove(root, file)) charts.add(chart);
  return { root, files, charts, prefix, unread, ...(only !== undefined && insideGit(only) ? { git: only } : {}) };
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

async function list(folder: string, include: readonly string[], policyFolder: string, unread: Unread[], from: string): Promise<string[]> {
  if (include.length === 0) return fromGit(folder) ?? walk(folder, "", unread, from);
  const { globby } = await import("globby");
  const below = wayFrom(policyFolder, folder);
  const found = await globby([...include], { cwd: policyFolder, dot: true, ignore: ["**/.git/**"], followSymbolicLinks: false });
  return found.filter((file) => file.startsWith(below)).map((file) => file.slice(below.length));
}

/** The way from one folder to another as a prefix of paths: "" or with a `/` at the end. */
export function wayFrom(folder: string, to: string): string {
  const way = toSlash(relative(folder, to));
  return way === "" ? "" : `${way}/`;
}

const insideGit = (folder: string): boolean => {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return true;
    if (dirname(at) === at) return false;
  }
};

/** Tracked files and new ones that are not ignored; undefined where Git cannot say. */
function fromGit(folder: string): string[] | undefined {
  if (!insideGit(folder)) return undefined;
  try {
    const out = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."], {
      cwd: folder, maxBuffer: 1 << 30, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"],
    });
    return out === "" ? [] : out.slice(0, -1).split("\0");
  } catch {
    // No git, or a repository that it does not trust: everything in the folder is looked at then.
    return undefined;
  }
}

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
    } else if (entry.isFile() || (entry.isSymbolicLink() && MANIFEST.test(path))) {
      files.push(path);
    }
  }
  return files;
}

const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));
const toSlash = (path: string): string => (sep === "/" ? path : path.split(sep).join("/"));

/** When the root itself lies in a chart, its path in there. */
function prefixInChart(root: string): string {
  for (let at = dirname(root); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, "Chart.yaml"))) return `${toSlash(relative(at, root))}/`;
    if (existsSync(join(at, ".git"))) break;
  }
  return "";
}

/** Chart folders around a file that was named alone, so that its folder was not listed. */
function* chartsAbove(root: string, file: string): Generator<string> {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    if (existsSync(join(root, folder, "Chart.yaml"))) yield folder;
    if (folder === "") return;
  }
}
