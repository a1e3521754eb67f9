/**
 * The baseline: findings that were accepted when lading came to a repository. They are told apart by
 * fingerprint alone, so moving lines keeps them and another image makes a new one.
 */
import { readFile } from "node:fs/promises";
import { type SchemaError, validateBaseline } from "../generated/validators.js";
import { LadingError, messageOf } from "../model/errors.ts";
import type { Finding } from "../model/finding.ts";
import type { Report } from "../model/report.ts";

export interface BaselineEntry {
  readonly fingerprint: string;
  readonly rule: string;
  readonly file: string;
  readonly image?: string;
}

export interface Baseline {
  readonly version: 1;
  readonly findings: readonly BaselineEntry[];
}

const HINT = "write it anew with `lading baseline write`";

export async function readBaseline(path: string, file = path): Promise<Baseline> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    throw new LadingError("policy", `baseline ${file} cannot be read: ${messageOf(error)}`, HINT);
  }
  return parseBaseline(text, file);
}

export function parseBaseline(text: string, file: string): Baseline {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new LadingError("policy", `baseline ${file} is not JSON: ${messageOf(error)}`, HINT);
  }
  if (validateBaseline(data)) return data as Baseline;
  const problems = (validateBaseline.errors ?? []).slice(0, 10).map((error) => `${file}: ${sentence(error)}`);
  throw new LadingError("policy", `the baseline is not valid\n${problems.join("\n")}`, HINT);
}

function sentence({ instancePath, message, params }: SchemaError): string {
  const key = params["additionalProperty"];
  return `${instancePath || "the file"} ${message ?? "is not allowed"}${typeof key === "string" ? ` (${key})` : ""}`;
}

/** A baseline of all findings that would count now. */
export function makeBaseline(findings: readonly Finding[]): Baseline {
  const entries = findings
    .filter(({ ignored }) => ignored === undefined || ignored.by === "baseline")
    .map(({ fingerprint, rule, file, image }) => ({ fingerprint, rule, file, ...(image === undefined ? {} : { image }) }));
  return { version: 1, findings: tidy(entries) };
}

/** The file's text: sorted and one entry a line, so that it merges and reads well in review. */
export function formatBaseline({ findings }: Baseline): string {
  const lines = tidy(findings).map((entry) => `    ${JSON.stringify(entry)}`);
  return `{\n  "version": 1,\n  "findings": [${lines.length ? `\n${lines.join(",\n")}\n  ` : ""}]\n}\n`;
}

/**
 * Drops entries that no longer stand for a finding. What this run could not judge stays: rules that were
 * not run, files that were not read, and files outside of what was `looked` at.
 */
export function pruneBaseline(
  baseline: Baseline,
  report: Pick<Report, "findings" | "unread" | "rules">,
  looked: (file: string) => boolean = () => true,
): { readonly kept: Baseline; readonly removed: readonly BaselineEntry[] } {
  const present = new Set(report.findings.map(({ fingerprint }) => fingerprint));
  const ran = new Set(report.rules.ran);
  const unread = new Set(report.unread.map(({ file }) => file));
  const stays = ({ fingerprint, rule, file }: BaselineEntry): boolean =>
    present.has(fingerprint) || !ran.has(rule) || unread.has(file) || !looked(file);
  return {
    kept: { version: 1, findings: tidy(baseline.findings.filter(stays)) },
    removed: tidy(baseline.findings.filter((entry) => !stays(entry))),
  };
}

function tidy(entries: readonly BaselineEntry[]): BaselineEntry[] {
  const unique = new Map(entries.map((entry) => [entry.fingerprint, entry]));
  const key = ({ file, rule, image, fingerprint }: BaselineEntry): string => [file, rule, image ?? "", fingerprint].join("\0");
  return [...unique.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
