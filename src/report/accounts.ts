/**
 * The last lines of a report: every reference found is in exactly one class, and everything that was not
 * judged is named. A report that does not add up is not printed at all, because whoever reads it would
 * take what is missing for clean.
 */
import { LadingError } from "../model/errors.ts";
import type { Ending, Report, Summary } from "../model/report.ts";
import type { State } from "../model/state.ts";
import type { Unread } from "../model/site.ts";
import { type FormatOptions, placeOf } from "./format.ts";
import { count, printable } from "./text.ts";

const STATES: readonly State[] = ["pinned", "floating", "templated", "placeholder", "incomplete", "not-run", "invalid"];

/** Throws when the summary does not add up, or is not what the findings say. */
export function assertAddsUp({ summary, findings, unread, rendered }: Report): void {
  if (rendered) assertRendered(rendered);
  says("all classes", STATES.reduce((sum, state) => sum + summary.states[state], summary.ignored), summary.references);
  for (const severity of ["error", "warning", "info"] as const)
    says(severity, summary.findings[severity], findings.filter((finding) => !finding.ignored && finding.severity === severity).length);
  says("ignored findings", summary.findings.ignored, findings.filter(({ ignored }) => ignored).length);
  says("templates", summary.templates, unread.filter(({ kind }) => kind === "template").length);
  says("unreadable", summary.unreadable, unread.filter(({ kind }) => kind !== "template").length);
  if (summary.fixable > summary.states.floating) says("fixable", summary.fixable, summary.states.floating);
}

function assertRendered({ account, roots }: NonNullable<Report["rendered"]>): void {
  const images = roots.flatMap((root) => root.images);
  says("rendered roots", account.roots, roots.length);
  says("failed roots", account.failed, roots.filter(({ failure }) => failure).length);
  says("rendered images", account.images, images.length);
  says("traced images", account.traced, images.filter(({ origin }) => origin.is === "traced").length);
  says("traced and untraced images", account.traced + account.untraced, account.images);
}

/** Throws when the summary is not what the list of references says. The walk makes them anew: for formats that print them. */
export function assertLists({ summary, references }: Report): void {
  const files = new Set<string>();
  const counts = { references: 0, ignored: 0, ...Object.fromEntries(STATES.map((state) => [state, 0])) } as Record<State | "references" | "ignored", number>;
  for (const { file, ignored, state } of references) {
    files.add(file);
    counts.references++;
    counts[ignored ? "ignored" : state]++;
  }
  says("references", summary.references, counts.references);
  says("files with references", summary.filesWithReferences, files.size);
  says("ignored", summary.ignored, counts.ignored);
  for (const state of STATES) says(state, summary.states[state], counts[state]);
}

function says(what: string, counted: number, listed: number): void {
  if (counted === listed) return;
  const message = `the report does not add up: ${what} is ${counted} and should be ${listed}`;
  throw new LadingError("internal", message, "nothing was reported; this is a bug in lading");
}

/** `15 references in 7 files: 9 pinned, 2 floating (2 fixable), 4 ignored · online · 0.9 s` */
export function accountingLine(report: Ending): string {
  const { summary, mode, seconds } = report;
  const found =
    summary.references === 0
      ? `no image references in ${count(summary.files, "file")}`
      : `${count(summary.references, "reference")} in ${count(summary.filesWithReferences, "file")}: ${classes(summary).join(", ")}`;
  return `${found} · ${mode === "cache" ? "from cache" : mode} · ${duration(seconds)}`;
}

function classes({ states, ignored, fixable }: Summary): string[] {
  const stuck = states.incomplete + states.placeholder;
  const all: readonly (readonly [number, string])[] = [
    [states.pinned, "pinned"],
    [states.floating, fixable > 0 ? `floating (${fixable} fixable)` : "floating"],
    [states.templated, "templated"],
    [states.invalid, "invalid"],
    [stuck, "cannot be pinned here"],
    [states["not-run"], "not run here"],
    [ignored, "ignored"],
  ];
  return all.filter(([number]) => number > 0).map(([number, name]) => `${number} ${name}`);
}

function duration(seconds: number): string {
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  return `${seconds < 60 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** Rules and templates that were not judged; empty when all were. */
export function skippedLines({ summary, rules }: Ending): string[] {
  const lines: string[] = [];
  if (rules.skipped.length > 0) {
    const names = rules.skipped.map(({ rule, why }) => `${rule} (${printable(why)})`);
    lines.push(`${count(rules.skipped.length, "rule was", "rules were")} not run: ${names.join(", ")}`);
  }
  if (summary.templates > 0)
    lines.push(`${count(summary.templates, "Helm template was", "Helm templates were")} not judged: render ${summary.templates === 1 ? "it" : "them"}`);
  return lines;
}

/** What could not be read, by name. Each begins with an arrow, so that no file name can begin a workflow command. */
export function unreadLines({ summary, unread }: Ending, options: FormatOptions): string[] {
  if (summary.unreadable === 0) return [];
  const named = unread.filter(({ kind }) => kind !== "template").map((item) => `  --> ${unreadLine(item, options)}`);
  return [`${count(summary.unreadable, "document")} could not be read:`, ...named];
}

/** `12 images rendered from 4 roots: 11 traced, 1 untraced; 1 root could not be rendered` */
export function renderedLines({ rendered }: Ending): string[] {
  if (!rendered) return [];
  const { roots, failed, images, traced, untraced } = rendered.account;
  const classes = [...(traced > 0 ? [`${traced} traced`] : []), ...(untraced > 0 ? [`${untraced} untraced`] : [])];
  const whole = `${count(images, "image")} rendered from ${count(roots - failed, "root")}${classes.length > 0 ? `: ${classes.join(", ")}` : ""}`;
  return [failed > 0 ? `${whole}; ${count(failed, "root")} could not be rendered` : whole];
}

export const gapLines = (report: Ending, options: FormatOptions): string[] => [
  ...renderedLines(report),
  ...skippedLines(report),
  ...unreadLines(report, options),
];

export function unreadLine({ file, position, why }: Unread, options: FormatOptions): string {
  const at = position ? `:${position.line}:${position.column}` : "";
  return `${printable(placeOf(file, options))}${at}: ${printable(why)}`;
}
