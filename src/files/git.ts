/** What Git knows about a folder's files: their names, and the content ids of those that are as committed. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files, and the repositories whose files are not among them. */
export interface Files {
  /** Relative to the folder. */
  readonly files: readonly string[];
  /** Submodules and other repositories inside. */
  readonly repositories: readonly string[];
}

/** The tracked files, and more to come. */
export interface GitListing extends Files {
  /** Blob ids of tracked files whose content on disk is what the index says; empty unless asked for. */
  readonly ids: ReadonlyMap<string, string>;
  /** New files that are not ignored. Finding them takes Git longer than all the rest, as it has to walk the tree. */
  readonly others: Promise<Files>;
}

/** The nearest folder upwards that holds `.git`. */
export function gitRoot(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** What Git answers about a folder, as it stands. Each command is started once, when its answer is first asked for. */
export interface GitAnswers {
  readonly root: string;
  readonly folder: string;
  /** Milliseconds since 1970 before which no command was started. */
  readonly since: number;
  /** Every entry of the index. */
  staged(): Promise<Buffer>;
  /** Tracked files that are not as the index has them. */
  changed(): Promise<Buffer>;
  /** New files that are not ignored. */
  others(): Promise<Buffer>;
  /** `core.attributesFile`; "" when it is not set. */
  attributes(): Promise<string>;
}

/** Undefined: the folder is in no repository. */
export function askGit(folder: string): GitAnswers | undefined {
  const root = gitRoot(folder);
  if (root === undefined) return undefined;
  return {
    root,
    folder,
    since: Date.now(),
    staged: once(() => git(folder, ["ls-files", "-s", "-v", "-z", "--", "."])),
    changed: once(() => git(folder, ["diff-files", "-z", "--name-only", "--relative", "--", "."])),
    others: once(() => git(folder, ["ls-files", "-z", "--others", "--exclude-standard", "--", "."])),
    attributes: once(async () => (await git(folder, ["config", "--get", "core.attributesFile"]).catch(() => "")).toString().trim()),
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    if (answer) return answer;
    answer = ask();
    // It may be awaited late, or never; until then its failure must not count as nobody's.
    answer.catch(() => undefined);
    return answer;
  };
}

/** Lists a folder; undefined where Git cannot: no repository, no git, or one that it does not trust. */
export async function listFromGit(folder: string, withIds: boolean, asked = askGit(folder)): Promise<GitListing | undefined> {
  if (asked === undefined) return undefined;
  // Side by side with the rest, which only walks the index.
  const others = asked.others().then((output) => readOthers(output.toString()));
  others.catch(() => undefined);
  try {
    const tracked = readStaged((await asked.staged()).toString());
    if (!withIds || tracked.files.length === 0) return { ...tracked, ids: new Map(), others };
    const [changed, attributes] = await Promise.all([asked.changed(), asked.attributes()]);
    if (!idsAreContent(asked, tracked.files, attributes)) return { ...tracked, ids: new Map(), others };
    for (const file of records(changed.toString())) tracked.ids.delete(file);
    return { ...tracked, others };
  } catch {
    return undefined;
  }
}

/** A repository of its own is listed as one name with a `/` behind. */
function readOthers(output: string): Files {
  const all = records(output);
  return {
    files: all.filter((file) => !file.endsWith("/")),
    repositories: all.filter((file) => file.endsWith("/")).map((file) => file.slice(0, -1)),
  };
}

async function git(folder: string, args: readonly string[]): Promise<Buffer> {
  const { execFile } = await import("node:child_process");
  return new Promise((done, fail) => {
    // A checked repository's own configuration may name a program to run; this one would be run by every listing.
    execFile("git", ["-c", "core.fsmonitor=false", ...args], { cwd: folder, maxBuffer: 1 << 30, encoding: "buffer" }, (error, stdout) => (error ? fail(error) : done(stdout)));
  });
}

/** An earlier commit, and what is different in the folder now. */
export interface EarlierCommit {
  /** Files that were there and had other contents. */
  readonly changed: ReadonlySet<string>;
  /** The bytes of a file then; undefined: there was none. */
  read(file: string): Promise<Buffer | undefined>;
}

/** Undefined: Git knows no such commit, or there is no repository. */
export async function earlierCommit(folder: string, revision: string): Promise<EarlierCommit | undefined> {
  if (gitRoot(folder) === undefined) return undefined;
  try {
    const id = (await git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`])).toString().trim();
    const changed = await git(folder, ["diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "--diff-filter=M", id, "--", "."]);
    return { changed: new Set(records(changed.toString())), read: (file) => git(folder, ["cat-file", "blob", `${id}:./${file}`]).catch(() => undefined) };
  } catch {
    return undefined;
  }
}

/** The records of an answer, each of which ends with a NUL. */
export const records = (output: string): string[] => (output === "" ? [] : output.slice(0, -1).split("\0"));

/** `H 100644 <id> 0\t<path>`: a tag letter, the mode, the id, the stage (git-ls-files(1)). */
function readStaged(output: string): { files: string[]; repositories: string[]; ids: Map<string, string> } {
  const files: string[] = [];
  const repositories: string[] = [];
  const ids = new Map<string, string>();
  for (const record of records(output)) {
    const tab = record.indexOf("\t");
    const file = record.slice(tab + 1);
    if (record.startsWith("160000", 2)) {
      repositories.push(file);
      continue;
    }
    const known = ids.has(file);
    if (!known) files.push(file);
    // Only `H`: what is skipped or assumed unchanged may be anything on disk. Only regular files, only merged ones.
    if (record.startsWith("H 100") && record.charCodeAt(tab - 1) === 48) ids.set(file, record.slice(9, tab - 2));
  }
  return { files, repositories, ids };
}

/**
 * Whether ids name what a reader of the files sees. Line ends may differ (`text`, `eol`, `autocrlf`): lines
 * and columns are the same then. Filters, keyword expansion and re-encoding change the text itself
 * (gitattributes(5)), so one of them on a file that could be a manifest rules the ids out.
 */
function idsAreContent(asked: GitAnswers, files: readonly string[], configured: string): boolean {
  const listed = files.filter(isAttributes).map((file) => join(asked.folder, file));
  return attributesAround(asked, configured)?.every(harmless) === true && listed.every((path) => harmless(textAt(path)));
}

export const isAttributes = (file: string): boolean => file === ".gitattributes" || file.endsWith("/.gitattributes");

/**
 * The texts of the attribute files that hold for a folder and are not in it. Undefined in a linked work tree or a
 * submodule, where some lie elsewhere.
 */
export function attributesAround({ root, folder }: GitAnswers, configured: string): string[] | undefined {
  if (!statSync(join(root, ".git")).isDirectory()) return undefined;
  const home = process.env["HOME"] ?? "";
  const global = configured === "" ? join(process.env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "git", "attributes") : configured.replace(/^~(?=\/)/, home);
  const paths = [join(root, ".git", "info", "attributes"), global, "/etc/gitattributes"];
  for (let at = folder; at !== root; at = dirname(at)) paths.push(join(dirname(at), ".gitattributes"));
  return paths.map(textAt);
}

const textAt = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

function harmless(attributes: string): boolean {
  return attributes.split("\n").every((line) => {
    if (line.startsWith("#") || !/\b(?:filter|ident|working-tree-encoding)\b/.test(line)) return true;
    const [pattern = ""] = line.trim().split(/\s+/);
    return /\.[A-Za-z0-9]+$/.test(pattern) && !/\.(?:ya?ml|json|[cm]?ts|tsx)$/i.test(pattern);
  });
}

/** The addresses that a repository is known by; none where there is no repository. */
export async function gitRemotes(folder: string): Promise<readonly string[]> {
  const answer = await git(folder, ["config", "-z", "--get-regexp", "^remote\\..*\\.url$"]).catch(() => undefined);
  return answer === undefined ? [] : records(answer.toString("utf8")).map((record) => record.slice(record.indexOf("\n") + 1));
}
