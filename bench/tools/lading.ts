/** Runs the built program as a user would. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Report, ReportedReference } from "../../src/model/report.ts";
import { fail } from "./corpus.ts";

/** `LADING_PROGRAM` names another build, for comparing two. */
export const PROGRAM = resolve(process.env["LADING_PROGRAM"] ?? join(import.meta.dirname, "../../dist/lading.cjs"));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly seconds?: number;
}

/** Asynchronous, since a registry in this very process may have to answer meanwhile. */
export function execute(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((done, failed) => {
    const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", ...options.env };
    // Node 20 parses that file at every start: it would be timed, and no bench speaks TLS.
    delete env["NODE_EXTRA_CA_CERTS"];
    const started = performance.now();
    const child = spawn(command, args, {
      cwd: options.cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: (options.seconds ?? 600) * 1000,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", failed);
    child.on("close", (code) =>
      done({
        code,
        out: Buffer.concat(out).toString("utf8"),
        err: Buffer.concat(err).toString("utf8"),
        seconds: (performance.now() - started) / 1000,
      }),
    );
  });
}

export function lading(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  if (!existsSync(PROGRAM)) fail(`${PROGRAM} is missing: run "npm run build" first.`);
  return execute(process.execPath, [PROGRAM, ...args], options);
}

/** A report as it reads from JSON. */
export type PrintedReport = Omit<Report, "references"> & { readonly references: readonly ReportedReference[] };

/** Runs a command that prints a report; ends the bench when it prints none. */
export async function report(args: readonly string[], options: RunOptions = {}): Promise<{ report: PrintedReport; ran: Ran }> {
  const ran = await lading([...args, "--format", "json"], options);
  try {
    return { report: JSON.parse(ran.out) as PrintedReport, ran };
  } catch {
    return fail(`lading ${args.join(" ")} printed no JSON report (exit code ${ran.code}):\n${ran.out.slice(0, 500)}\n${ran.err.slice(0, 3000)}`);
  }
}
