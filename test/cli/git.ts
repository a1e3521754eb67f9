/** Whether Git is there, for tests that need it. */
import { execFileSync } from "node:child_process";

const hasGit = ((): boolean => {
  try {
    execFileSync("git", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Why tests that need Git are left out, if they are. */
export const skip = !hasGit && "git is not there";
