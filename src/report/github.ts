/** Workflow commands, which GitHub Actions turns into annotations on the changed lines. */
import type { Finding } from "../model/finding.ts";
import type { Severity } from "../model/severity.ts";
import { accountingLine, gapLines } from "./accounts.ts";
import { type Format, type FormatOptions, placeOf } from "./format.ts";

const COMMANDS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

export const github: Format = function* (report, options) {
  for (const finding of report.findings) if (!finding.ignored) yield `${annotation(finding, options)}\n`;
  const unread = report.unread
    .filter(({ kind }) => kind !== "template")
    .map((item) => command("warning", { file: placeOf(item.file, options), line: item.position?.line, title: "lading: not judged" }, item.why));
  yield `${[...unread, accountingLine(report), ...gapLines(report, options)].join("\n")}\n`;
};

function annotation(finding: Finding, options: FormatOptions): string {
  const { start, end, fix, help, label, message } = finding;
  const properties = {
    file: placeOf(finding.file, options),
    line: start.line,
    // GitHub ignores columns, with a warning, when an annotation covers several lines.
    ...(end.line === start.line ? { col: start.column, endLine: end.line, endColumn: end.column } : { endLine: end.line }),
    title: `lading ${finding.rule}`,
  };
  const lines = [label === "" ? message : `${message}: ${label}`, ...(fix ? [`fix: ${fix.text}`] : []), ...(help === undefined ? [] : [help])];
  return command(COMMANDS[finding.severity], properties, lines.join("\n"));
}

function command(name: string, properties: Readonly<Record<string, string | number | undefined>>, message: string): string {
  const list = Object.entries(properties).flatMap(([key, value]) => (value === undefined ? [] : `${key}=${escapeProperty(String(value))}`));
  return `::${name} ${list.join(",")}::${escapeData(message)}`;
}

/** The escapes of actions/toolkit (`packages/core/src/command.ts`). */
const escapeData = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
