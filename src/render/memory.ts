/** How much memory a program and its children hold, where the system says so: on Linux. */
import { readFileSync } from "node:fs";

const EVERY_MILLISECONDS = 200;
/** Of the kernel's counts; other sizes are there on few machines, and larger. */
const PAGE_BYTES = 4096;

/** Calls `tooMuch` once when they hold more than `bytes`; call the answer to look no longer. */
export function watchMemory(pid: number, bytes: number, tooMuch: () => void): () => void {
  const timer = setInterval(() => {
    if (resident(pid) <= bytes) return;
    clearInterval(timer);
    tooMuch();
  }, EVERY_MILLISECONDS);
  return () => clearInterval(timer);
}

/** proc_pid_statm(5) and proc_pid_task(5); 0 for what is gone. */
function resident(pid: number): number {
  const [, pages = "0"] = text(`/proc/${pid}/statm`).split(" ");
  const children = text(`/proc/${pid}/task/${pid}/children`).split(" ").filter((one) => one !== "");
  return children.reduce((sum, child) => sum + resident(Number(child)), Number(pages) * PAGE_BYTES);
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
