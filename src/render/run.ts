/** Runs one program: without a shell, in a group of its own, with a limit on time, on memory and on what it may print. */
import { spawn } from "node:child_process";
import { keepGroup, signalGroup } from "./living.ts";
import { watchMemory } from "./memory.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Limits {
  readonly milliseconds: number;
  /** Between the request to end and the end. */
  readonly graceMilliseconds: number;
  readonly outputBytes: number;
  /** Of the program and its children, on Linux. */
  readonly memoryBytes: number;
}

/** How it ended. `error` is what it said on standard error, cut short. */
export type Ran =
  | { readonly is: "done"; readonly output: string; readonly error: string }
  | { readonly is: "failed"; readonly code: number | undefined; readonly signal: string | undefined; readonly error: string }
  | { readonly is: "timeout" }
  | { readonly is: "too-large"; readonly what: "output" | "memory" }
  | { readonly is: "not-started"; readonly why: string };

/** More of standard error than anybody reads. */
const ERROR_BYTES = 64 * 1024;

/** How long what was printed may take to arrive once nobody of the group is left to hold the pipe. */
const DRAIN_MILLISECONDS = 2_000;

export function run(command: Command, limits: Limits): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command.program, [...command.args], { cwd: command.cwd, env: { ...command.env }, stdio: ["ignore", "pipe", "pipe"], detached: true, shell: false });
    const leader = child.pid;
    if (leader === undefined) {
      child.once("error", (error: NodeJS.ErrnoException) => resolve({ is: "not-started", why: error.code ?? error.message }));
      return;
    }
    const gone = keepGroup(leader);
    const output: Buffer[] = [];
    const error: Buffer[] = [];
    let [outputBytes, errorBytes] = [0, 0];
    let stopped: Extract<Ran, { is: "timeout" | "too-large" }> | undefined;
    let kill: NodeJS.Timeout | undefined;

    const stop = (why: NonNullable<typeof stopped>): void => {
      if (stopped) return;
      stopped = why;
      signalGroup(leader, "SIGTERM");
      kill = setTimeout(() => signalGroup(leader, "SIGKILL"), limits.graceMilliseconds);
    };
    const deadline = setTimeout(() => stop({ is: "timeout" }), limits.milliseconds);
    const unwatched = watchMemory(leader, limits.memoryBytes, () => {
      stop({ is: "too-large", what: "memory" });
      // There may be none left to be patient with.
      signalGroup(leader, "SIGKILL");
    });

    child.stdout.on("data", (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes <= limits.outputBytes) output.push(chunk);
      else {
        output.length = 0;
        stop({ is: "too-large", what: "output" });
      }
    });
    // Read to the end, since a full pipe would hold the program up; kept from the start, where the first error is.
    child.stderr.on("data", (chunk: Buffer) => {
      if (errorBytes < ERROR_BYTES) error.push(chunk.subarray(0, ERROR_BYTES - errorBytes));
      errorBytes += chunk.length;
    });
    child.once("error", () => undefined);
    child.once("exit", () => {
      // Whoever is left of the group would go on, and hold the pipes open.
      signalGroup(leader, "SIGKILL");
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MILLISECONDS).unref();
    });
    child.once("close", (code, signal) => {
      clearTimeout(deadline);
      clearTimeout(kill);
      unwatched();
      gone();
      const said = Buffer.concat(error).toString("utf8");
      if (stopped) resolve(stopped);
      else if (code === 0) resolve({ is: "done", output: Buffer.concat(output).toString("utf8"), error: said });
      else resolve({ is: "failed", code: code ?? undefined, signal: signal ?? undefined, error: said });
    });
  });
}
