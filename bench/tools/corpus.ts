/** The corpus of real manifests and its independent ground truth: where they are, and unpacking. */
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { gunzipSync } from "node:zlib";

export const CACHE_FOLDER = resolve(import.meta.dirname, "../.cache");

/** Place of one part of an image that a map spells in several fields. */
export interface TruthPart {
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

export type RefClass = "digest" | "tag" | "none" | "templated" | "special" | "invalid";

export interface TruthSite {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** False: inside a quoted string that holds a document; line and column are the outer scalar's. */
  readonly exact: boolean;
  readonly raw: string;
  readonly path: string;
  readonly category: string;
  readonly sub: string;
  readonly refClass: RefClass;
  readonly composed?: string;
  readonly parts?: Readonly<Record<string, TruthPart>>;
  readonly rewrite: "yes" | "maybe" | "no";
  readonly confidence: "high" | "medium" | "low";
  readonly incomplete?: boolean;
}

export interface Decoy {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly raw: string;
  readonly reason: string;
}

export interface KustomizeRoot {
  readonly root: string;
  readonly loadRestrictor: string;
  readonly images?: readonly string[];
  readonly inCorpus?: string;
}

/** A bench that cannot run says why and ends; it never passes for want of its corpus. */
export function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

export function corpusSource(): string {
  const folder = resolve(process.env["LADING_CORPUS"] ?? join(import.meta.dirname, "../../../shared/corpus"));
  if (!existsSync(join(folder, "dev.tar.gz")))
    fail(`The corpus is missing: no dev.tar.gz in ${folder}. Set LADING_CORPUS to the folder that holds it.`);
  return folder;
}

/**
 * The unpacked corpus, as a Git repository with everything committed: the way such files are met,
 * and the bench's cache folder is itself ignored by the repository around it.
 */
export function unpackCorpus(name = "corpus"): string {
  const archive = readFileSync(join(corpusSource(), "dev.tar.gz"));
  const stamp = createHash("sha256").update(archive).digest("hex");
  const folder = join(CACHE_FOLDER, name);
  const root = join(folder, "dev");
  const stampFile = join(folder, "stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp && isClean(root)) return root;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["xzf", "-", "-C", folder], { input: archive });
  commitAll(root);
  writeFileSync(stampFile, stamp);
  return root;
}

export function git(folder: string, ...args: readonly string[]): string {
  // No user's or system's configuration: ignore files and line-end settings would change the tree.
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  return execFileSync("git", ["-C", folder, ...args], { env, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
}

/** Makes a repository of the folder, with one commit of all its files. */
export function commitAll(folder: string): void {
  git(folder, "init", "--quiet");
  git(folder, "add", "--all", "--force");
  git(folder, "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "corpus");
}

function isClean(root: string): boolean {
  try {
    return existsSync(join(root, ".git")) && git(root, "status", "--porcelain") === "";
  } catch {
    return false;
  }
}

export const readTruth = (): TruthSite[] => readLines<TruthSite>("truth-dev.jsonl");
export const readDecoys = (): Decoy[] => readLines<Decoy>("decoys-dev.jsonl");
export const readKustomizeRoots = (): KustomizeRoot[] => readLines<KustomizeRoot>("kustomize-dev.jsonl");
/** Literal image lines in documents that do not parse: real, but not part of the truth. */
export const readUnparsableLines = (): Decoy[] => readLines<Decoy>("lines-unparsable-dev.jsonl");
/** Unique, complete references without templates. */
export const readReferences = (): string[] =>
  readFileSync(join(corpusSource(), "refs-dev.txt"), "utf8").split("\n").filter(Boolean);

function readLines<T>(file: string): T[] {
  const bytes = readFileSync(join(corpusSource(), file));
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);
}

/** Symbolic links of a tree that lead to a file in it: the link's path to the target's. */
export function linksOf(root: string): Map<string, string> {
  const real = realpathSync(root);
  const links = new Map<string, string>();
  for (const file of listFiles(root)) {
    const path = join(root, file);
    if (!lstatSync(path).isSymbolicLink() || !existsSync(path)) continue;
    links.set(file, relative(real, realpathSync(path)).split(sep).join("/"));
  }
  return links;
}

/** Every file and link below a folder but Git's own, sorted, with `/`. */
export function listFiles(root: string): string[] {
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.name === ".git") continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else files.push(path);
    }
  };
  walk("");
  return files.sort();
}
