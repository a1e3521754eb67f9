/** Repositories to run in, made with a Git that knows nobody. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, type TestContext } from "node:test";
import { tree } from "../cli/lading.ts";

const home = mkdtempSync(join(tmpdir(), "lading-git-home-"));
after(() => rmSync(home, { recursive: true, force: true }));

export function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], HOME: home } });
}

export function put(cwd: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
}

/** A repository in which these files are committed. */
export function repository(t: TestContext, files: Readonly<Record<string, string>>): string {
  const cwd = tree(t, files);
  git(cwd, "init", "-q", "-b", "main");
  commit(cwd);
  return cwd;
}

export function commit(cwd: string): void {
  git(cwd, "add", "-A");
  git(cwd, "commit", "-qm", "x", "--allow-empty");
}
