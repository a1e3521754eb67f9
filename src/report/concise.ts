/** One line a finding, as editors and grep take it. */
import { accountingLine, gapLines } from "./accounts.ts";
import { type Format, placeOf } from "./format.ts";
import { painter, printable } from "./text.ts";

export const concise: Format = (report, options) => {
  const paint = painter(options.color);
  const shades = { error: "red", warning: "yellow", info: "blue" } as const;
  const lines = report.findings
    .filter(({ ignored }) => !ignored)
    .map(({ file, start, severity, rule, message }) => {
      const place = `${printable(placeOf(file, options))}:${start.line}:${start.column}`;
      return `${place}: ${paint(`${severity}[${rule}]`, shades[severity])} ${printable(message)}`;
    });
  return `${[...lines, accountingLine(report), ...gapLines(report, options)].join("\n")}\n`;
};
