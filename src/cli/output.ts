/** Reports to standard output and files, in the formats asked for. */
import { appendFileSync, closeSync, constants, openSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { wayFrom } from "../files/paths.ts";
import { gitRoot } from "../files/git.ts";
import { LadingError } from "../model/errors.ts";
import type { Report } from "../model/report.ts";
import type { FormatOptions } from "../report/format.ts";
import { FORMAT_NAMES, type FormatName, formats, isFormatName, textOf } from "../report/index.ts";
import { nearest, text, type Values } from "./options.ts";
import { RULES } from "./settings.ts";

export interface Target {
  readonly format: FormatName;
  /** Undefined: standard output. */
  readonly file?: string;
}

/** Reads `--format NAME[=FILE]`, which may be repeated. */
export async function targets(values: Values): Promise<Target[]> {
  const given = Array.isArray(values["format"]) ? values["format"].map(String) : [];
  const parsed: Target[] = [];
  for (const one of given.length === 0 ? ["pretty"] : given) {
    const equals = one.indexOf("=");
    const name = equals < 0 ? one : one.slice(0, equals);
    if (!isFormatName(name)) {
      const near = await nearest(name, FORMAT_NAMES);
      throw new LadingError("usage", `there is no format ${name}`, `${FORMAT_NAMES.join(", ")}${near ? `; did you mean ${near}?` : ""}`);
    }
    parsed.push(equals < 0 ? { format: name } : { format: name, file: one.slice(equals + 1) });
  }
  const places = parsed.map(({ file }) => (file === undefined ? undefined : resolve(file)));
  if (new Set(places).size !== places.length)
    throw new LadingError("usage", "two formats go to the same place", "only one can go to standard output; give each of the others a file of its own: --format sarif=out.sarif");
  return parsed;
}

/** Prints the report; `out` writes to where people read, which is standard error when standard output carries a manifest. */
export async function print(report: Report, to: readonly Target[], values: Values, cwd: string, out: NodeJS.WriteStream = process.stdout): Promise<void> {
  for (const { format, file } of to) {
    const options = await formatOptions(format, report.root, values, cwd, out);
    const pieces = inBatches(formats[format](report, { ...options, color: options.color && file === undefined }));
    if (file !== undefined) save(resolve(cwd, file), pieces);
    else for (const piece of pieces) await write(out, piece);
  }
  const summary = process.env["GITHUB_STEP_SUMMARY"];
  if (summary !== undefined && summary !== "" && to.some(({ format }) => format === "github"))
    appendFileSync(summary, textOf(formats.markdown(report, { color: false, rules: RULES, prefix: prefixFor("markdown", report.root, cwd) })));
}

/** How a format is asked to print where people read. */
export async function formatOptions(format: FormatName, root: string, values: Values, cwd: string, out: NodeJS.WriteStream = process.stdout): Promise<FormatOptions> {
  return { color: await wantsColor(values, out), rules: RULES, prefix: prefixFor(format, root, cwd) };
}

/** Characters that are written at once. */
const BATCH = 1 << 18;

/** Joins small pieces, since writing each costs more than making it. */
export function* inBatches(pieces: Iterable<string>): Generator<string> {
  let batch = "";
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = "";
  }
  yield batch;
}

/**
 * Waits until the text is taken, so that a pipe is not cut short by the end of the process. A reader that went
 * away is no failure of ours: main.ts hears of it.
 */
export function write(out: NodeJS.WriteStream, text: string | Uint8Array): Promise<void> {
  return new Promise((done) => out.write(text, () => done()));
}

/** A link with that name in a checked repository must not lead the report elsewhere. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);

function save(path: string, pieces: Iterable<string>): void {
  try {
    const handle = openSync(path, WRITE, 0o666);
    try {
      for (const piece of pieces) writeFileSync(handle, piece);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw new LadingError("usage", `the report cannot be written: ${(error as Error).message}`);
  }
}

/** Machines read paths from the repository's root, people from where they stand. */
function prefixFor(format: FormatName, root: string, cwd: string): string {
  if (root === "-") return "";
  if (format === "sarif" || format === "github" || format === "markdown") return wayFrom(gitRoot(root) ?? root, root);
  return wayFrom(cwd, root);
}

async function wantsColor(values: Values, out: NodeJS.WriteStream): Promise<boolean> {
  const given = text(values["color"]) ?? "auto";
  if (given === "always") return true;
  if (given === "never") return false;
  if (given !== "auto") throw new LadingError("usage", `--color ${given} is none of auto, always, never`);
  // https://no-color.org and https://force-color.org
  if (process.env["NO_COLOR"]) return false;
  const force = process.env["FORCE_COLOR"];
  if (force !== undefined && force !== "" && force !== "0") return true;
  return out.isTTY === true && process.env["TERM"] !== "dumb";
}
