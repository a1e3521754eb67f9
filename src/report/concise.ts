/** One line a finding, as editors and grep take it. */
import { accountingLine, gapLines } from "./accounts.ts";
import { type Format, placeOf } from "./format.ts";
import { painter, printable } from "./text.ts";

export const concise: Format = function* (report, options) {
  const paint = painter(options.color);
  const shades = { error: "red", warning: "yellow", info: "blue" } as const;
  for (const { file, start, severity, rule, message, ignored } of report.findings) {
    if (ignored) continue;
    const place = `${printable(placeOf(file, options))}:${start.line}:${start.column}`;
    yield `${place}: ${paint(`${severity}[${rule}]`, shades[severity])} ${printable(message)}\n`;
  }
  yield `${[accountingLine(report), ...gapLines(report, options)].join("\n")}\n`;
};
