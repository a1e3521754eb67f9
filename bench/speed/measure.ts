/** Times programs in interleaved rounds, so that a slow minute of the machine touches all alike. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Command {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A file for standard input. */
  readonly stdin?: string;
  /** Exit codes of a run that did its work; a program that fails at once is not fast. */
  readonly codes?: readonly number[];
  /** Not timed. */
  readonly prepare?: () => void | Promise<void>;
  /** Looks at the run after it was timed; throws when it did not do its work. */
  readonly judge?: () => void | Promise<void>;
  /** Instead of a process: measures by its own means and answers in seconds. */
  readonly measure?: () => Promise<number>;
}

export interface Measured {
  readonly seconds: readonly number[];
  readonly median: number;
}

export async function measureRounds(commands: readonly Command[], rounds: number, say: (text: string) => void): Promise<Map<string, Measured>> {
  const all = new Map(commands.map((command) => [command.name, [] as number[]]));
  // One round ahead fills the page cache and is not counted.
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? "  round 0 (not counted)" : `  round ${round} of ${rounds}`);
    for (const command of commands) {
      await command.prepare?.();
      const seconds = command.measure ? await command.measure() : await timeOnce(command);
      await command.judge?.();
      if (round > 0) all.get(command.name)?.push(seconds);
    }
  }
  return new Map([...all].map(([name, seconds]) => [name, { seconds, median: median(seconds) }]));
}

export async function timeOnce(command: Command): Promise<number> {
  const started = performance.now();
  await runToEnd(command, command.argv);
  return (performance.now() - started) / 1000;
}

/** Peak resident memory in MB, by GNU time; undefined where that is not installed. */
export async function peakMemory(command: Command): Promise<number | undefined> {
  if (!existsSync("/usr/bin/time")) return undefined;
  const file = join(tmpdir(), `lading-time-${process.pid}`);
  await command.prepare?.();
  // With --quiet it does not put a line about the exit code before the figure.
  await runToEnd(command, ["/usr/bin/time", "--quiet", "-f", "%M", "-o", file, ...command.argv]);
  const kilobytes = Number(readFileSync(file, "utf8").trim());
  rmSync(file);
  return kilobytes / 1024;
}

function runToEnd(command: Command, argv: readonly string[]): Promise<void> {
  const [program = "", ...args] = argv;
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", ...command.env };
  // Node 20 parses that file at every start.
  delete env["NODE_EXTRA_CA_CERTS"];
  const stdin = command.stdin === undefined ? undefined : openSync(command.stdin, "r");
  return new Promise<void>((done, failed) => {
    const child = spawn(program, args, { cwd: command.cwd, env, stdio: [stdin ?? "ignore", "ignore", "ignore"] });
    child.once("error", failed);
    child.once("exit", (code, signal) => {
      if ((command.codes ?? [0]).includes(code ?? -1)) done();
      else failed(new Error(`${command.name} ended with ${code ?? signal}: ${argv.join(" ").slice(0, 500)}`));
    });
  }).finally(() => {
    if (stdin !== undefined) closeSync(stdin);
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
