/** Finds and reads the policy file. What it may say is in `policy-parse.ts`. */
import { lstat, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { LadingError } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";
import { gitRoot } from "./git.ts";

const NAMES = ["lading.yaml", "lading.yml"];
const SIZE_MAX = 1024 * 1024;

/** Loaded on demand: most repositories have no policy, and the YAML parser costs start-up time. `path` is where the file lies. */
export async function parsePolicy(text: string, file: string, knownRules: readonly string[], path = file): Promise<Policy> {
  const parser = await import("./policy-parse.ts");
  return parser.parsePolicy(text, file, knownRules, path);
}

/** Reads a policy file; `file` is the path as messages show it. */
export async function readPolicy(path: string, knownRules: readonly string[], file = path): Promise<Policy> {
  return parsePolicy(await readText(path, file), file, knownRules, path);
}

/**
 * The policy for a folder: in it, or in the nearest folder above it up to the repository root. Outside a
 * repository only the folder itself counts, so that a file in a shared parent such as /tmp cannot decide.
 */
export async function findPolicy(folder: string): Promise<string | undefined> {
  const start = resolve(folder);
  const root = gitRoot(start) ?? start;
  for (let current = start; ; current = dirname(current)) {
    const found = await policyIn(current);
    if (found !== undefined) return insideOf(root, found);
    if (current === root) return undefined;
  }
}

async function policyIn(folder: string): Promise<string | undefined> {
  const present: string[] = [];
  for (const name of NAMES) if (await exists(join(folder, name))) present.push(name);
  if (present.length > 1)
    throw new LadingError(
      "policy",
      `${folder} has both ${present.join(" and ")}, and only one can be the policy`,
      "keep lading.yaml and move what the other says into it",
    );
  return present[0] === undefined ? undefined : join(folder, present[0]);
}

/** A link that leads out of the repository would let a pull request show lines of other files in error messages. */
async function insideOf(root: string, path: string): Promise<string> {
  if (!(await lstat(path)).isSymbolicLink()) return path;
  const target = await realpath(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const way = relative(await realpath(root), target);
  if (way === ".." || way.startsWith(`..${sep}`))
    throw new LadingError("policy", `${path} is a link to a file outside the repository`, "name that file with --policy, or copy it");
  return path;
}

async function readText(path: string, file: string): Promise<string> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw new LadingError("policy", `${file} is not a regular file`);
    if (facts.size > SIZE_MAX) throw new LadingError("policy", `${file} is larger than 1 MiB, which no policy is`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof LadingError) throw error;
    if (error instanceof TypeError) throw new LadingError("policy", `${file} is not valid UTF-8`, "save it as UTF-8");
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): LadingError {
  return new LadingError("policy", `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw unreadable(path, error);
  }
}
