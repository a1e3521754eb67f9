/**
 * Sigstore's own conformance cases for bundles (https://github.com/sigstore/sigstore-conformance), at one commit.
 *
 * They are not in this repository, because theirs states no licence. `node --import tsx bench/tools/conformance.ts`
 * fetches them with git into the cache folder; `LADING_CONFORMANCE` names a folder that holds them already.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const REPOSITORY = "https://github.com/sigstore/sigstore-conformance.git";
export const COMMIT = "a73de4970176d258e0154c530b89d20b89444e4d";

const folder = resolve(process.env["LADING_CONFORMANCE"] ?? join(import.meta.dirname, "../.cache", `sigstore-conformance-${COMMIT.slice(0, 7)}`));

/** The folder with a folder for each case, or why there is none. */
export function conformanceCases(): { readonly path: string } | { readonly missing: string } {
  const path = join(folder, "test/assets/bundle-verify");
  return existsSync(path) ? { path } : { missing: `no cases in ${folder}; node --import tsx bench/tools/conformance.ts fetches them` };
}

function fetchCases(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const git = (...args: readonly string[]): void => void execFileSync("git", ["-C", folder, ...args], { stdio: "inherit" });
  git("init", "--quiet");
  git("fetch", "--quiet", "--depth", "1", REPOSITORY, COMMIT);
  git("checkout", "--quiet", "FETCH_HEAD");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if ("missing" in conformanceCases()) fetchCases();
  console.log(folder);
}
