/** Command-line options: one table, read by node:util's parseArgs, errors that name the nearest option. */
import { resolve } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { LadingError } from "../model/errors.ts";

export interface Option {
  readonly type: "boolean" | "string";
  readonly multiple?: boolean;
  readonly short?: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export const COMMON: Options = {
  policy: { type: "string", value: "FILE", help: "policy file (default: lading.yaml, from the folder upwards)" },
  format: { type: "string", multiple: true, short: "f", value: "NAME[=FILE]", help: "pretty, concise, json, jsonl, sarif, github, markdown; may be repeated" },
  "fail-on": { type: "string", value: "SEVERITY", help: "exit 1 from this severity up: error, warning (default), info" },
  strict: { type: "boolean", help: "exit 4 when a registry could not be asked" },
  baseline: { type: "string", value: "FILE", help: "accepted findings (default: lading-baseline.json beside the policy, if it exists)" },
  color: { type: "string", value: "WHEN", help: "auto (default), always, never" },
  "no-cache": { type: "boolean", help: "neither read nor write what earlier runs learned" },
  help: { type: "boolean", short: "h", help: "this text" },
};

export const CHECK: Options = {
  online: { type: "boolean", help: "ask registries: do pins exist, have tags moved" },
  since: { type: "string", value: "REVISION", help: "the commit that pins are compared with (default: HEAD): no image may be older than before" },
  offline: { type: "boolean", help: "ask nobody, whatever the policy says" },
  render: { type: "boolean", help: "also judge what helm and kustomize render here" },
  evidence: { type: "string", value: "ARCHIVE", help: "take signatures from an archive of `lading evidence export`, and ask no registry" },
  ...COMMON,
};

export const RENDER: Options = {
  online: CHECK["online"]!,
  offline: CHECK["offline"]!,
  ...COMMON,
  format: { ...COMMON["format"]!, help: "as check; or yaml: what is rendered, with a comment above each image" },
  strict: { type: "boolean", help: "exit 4 when something could not be rendered, or a registry could not be asked" },
};

export const PIN: Options = {
  diff: { type: "boolean", help: "print what would change, write nothing" },
  check: { type: "boolean", help: "write nothing; exit 1 when something would change" },
  interactive: { type: "boolean", short: "i", help: "ask before each file" },
  "unsafe-fixes": { type: "boolean", help: "also pins that may change more than the image" },
  render: { type: "boolean", help: "prove pins in Helm values, and hold all pins, by rendering with helm and kustomize" },
  verify: { type: "boolean", help: "read and hash each manifest instead of taking the registry's word (a pull to rate limits)" },
  adopt: { type: "boolean", help: "also write fields that Flux or Renovate write" },
  ...COMMON,
};

/** Parses arguments; anything unknown is a usage error that names what is near. */
export async function parse(args: readonly string[], options: Options): Promise<{ values: Values; paths: string[] }> {
  const config: ParseArgsConfig["options"] = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple, short }]) => [name, { type, ...(multiple ? { multiple } : {}), ...(short ? { short } : {}) }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true });
    return { values, paths: positionals };
  } catch (error) {
    throw await usage(error as Error & { code?: string }, Object.keys(options));
  }
}

async function usage(error: Error & { code?: string }, known: readonly string[]): Promise<LadingError> {
  const unknown = error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" ? /'(-{1,2}[^'\s]+)'/.exec(error.message)?.[1] : undefined;
  if (unknown === undefined) return new LadingError("usage", error.message.replace(/\. To specify.*$/s, ""), "see --help");
  const near = await nearest(unknown.replace(/^-+/, "").replace(/=.*/, ""), known);
  return new LadingError("usage", `there is no option ${unknown}`, near === undefined ? "see --help" : `did you mean --${near}?`);
}

/** The known word that is closest to what was written, if any is close. */
export async function nearest(written: string, known: readonly string[]): Promise<string | undefined> {
  const { closestMatch } = await import("leven");
  return closestMatch(written, [...known], { maxDistance: Math.max(2, Math.floor(written.length / 3)) });
}

export function describeOptions(options: Options): string {
  const rows = Object.entries(options).map(([name, { short, value, help }]) => [`${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`, help] as const);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, help]) => `  ${left.padEnd(width)}${help}`).join("\n");
}

export const text = (value: Values[string]): string | undefined => (typeof value === "string" ? value : undefined);

/** The archive of `--evidence`. */
export function archiveOf(values: Values, cwd: string): { path: string; file: string } | undefined {
  const file = text(values["evidence"]);
  return file === undefined ? undefined : { path: resolve(cwd, file), file };
}
