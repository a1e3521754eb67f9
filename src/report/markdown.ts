/** Markdown for the step summary of GitHub Actions and for comments on pull requests. */
import type { Finding } from "../model/finding.ts";
import { accountingLine, renderedLines, skippedLines, unreadLine } from "./accounts.ts";
import { type Format, type FormatOptions, placeOf } from "./format.ts";
import { count } from "./text.ts";

/** GitHub takes 1 MiB as one step summary; this many rows stay well below. */
const ROWS = 500;

export const markdown: Format = (report, options) => {
  const findings = report.findings.filter(({ ignored }) => !ignored);
  const unread = report.unread.filter(({ kind }) => kind !== "template");
  const paragraphs = [
    "## lading",
    escapeMarkdown(accountingLine(report)),
    ...(findings.length === 0 ? [] : [table(findings.slice(0, ROWS), options)]),
    ...more(findings.length, "finding"),
    ...renderedLines(report).map(escapeMarkdown),
    ...skippedLines(report).map(escapeMarkdown),
    ...(unread.length === 0 ? [] : [`${count(unread.length, "document")} could not be read:`]),
    ...(unread.length === 0 ? [] : [unread.slice(0, ROWS).map((item) => `- ${code(unreadLine(item, options))}`).join("\n")]),
    ...more(unread.length, "document"),
  ];
  return [`${paragraphs.join("\n\n")}\n`];
};

const more = (number: number, one: string): string[] => (number > ROWS ? [`… and ${count(number - ROWS, `more ${one}`)}.`] : []);

function table(findings: readonly Finding[], options: FormatOptions): string {
  return ["| | Rule | Where | What | Fix |", "| --- | --- | --- | --- | --- |", ...findings.map((finding) => row(finding, options))].join("\n");
}

function row({ severity, rule, file, start, message, label, fix, help }: Finding, options: FormatOptions): string {
  const what = escapeMarkdown(label === "" ? message : `${message}: ${label}`);
  const remedy = fix ? `${code(fix.text)}${fix.safe ? "" : " (unsafe)"}` : escapeMarkdown(help ?? "");
  return `| ${severity} | ${code(rule)} | ${code(`${placeOf(file, options)}:${start.line}:${start.column}`)} | ${what} | ${remedy} |`;
}

/** Text from manifests must not become links, mentions, HTML or table cells. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]<>|~&]/g, "\\$&")
    .replaceAll("#", "&#35;")
    .replaceAll("@", "&#64;")
    .replaceAll("://", "&#58;//");
}

/** A code span; the fence is longer than any run of backticks inside. Tables end cells at `|` even in code. */
function code(text: string): string {
  const flat = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${flat} ${fence}` : `${fence}${flat}${fence}`;
}
