/**
 * What must not outlive this process: groups of programs and temporary folders. A group of its own does not
 * get the terminal's interrupt, so whoever starts one has to end it.
 */
import { rmSync } from "node:fs";
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const groups = new Set<number>();
const folders = new Set<string>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let watching = false;

/** Ends the group if this process ends first; call the answer once the group is gone. */
export const keepGroup = (leader: number): (() => void) => keep(groups, leader);

/** Hands out a new folder that nobody else can read, and removes it afterwards, whatever happens. */
export async function withFolder<T>(prefix: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  const removed = keep(folders, folder);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    removed();
  }
}

/** Sends a signal to every process of a group; none left is fine. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: they ended by themselves.
  }
}

function keep<T>(kept: Set<T>, one: T): () => void {
  kept.add(one);
  watch(true);
  return () => {
    kept.delete(one);
    if (groups.size + folders.size === 0) watch(false);
  };
}

/** Listeners are there only while something is kept, so that nobody else's interrupt is taken away. */
function watch(wanted: boolean): void {
  if (wanted === watching) return;
  watching = wanted;
  process[wanted ? "on" : "off"]("exit", clear);
  for (const signal of SIGNALS) process[wanted ? "on" : "off"](signal, interrupted);
}

function clear(): void {
  for (const leader of groups) signalGroup(leader, "SIGKILL");
  for (const path of folders) rmSync(path, { recursive: true, force: true });
}

/** Does what has to be done, then lets the signal do what it would have done. */
function interrupted(signal: NodeJS.Signals): void {
  clear();
  watch(false);
  process.kill(process.pid, signal);
}
