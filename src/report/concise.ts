/** One line a finding, as editors and grep take it. */
import { accountingLine, gapLines } from "./accounts.ts";
import { placeOf, type TwoParts, whole } from "./format.ts";
import { painter, printable } from "./text.ts";

export const conciseParts: TwoParts = {
  *body(report, options) {
    const paint = painter(options.color);
    const shades = { error: "red", warning: "yellow", info: "blue" } as const;
    for (const { file, start, severity, rule, message, ignored } of report.findings) {
      if (ignored) continue;
      const place = `${printable(placeOf(file, options))}:${start.line}:${start.column}`;
      yield `${place}: ${paint(`${severity}[${rule}]`, shades[severity])} ${printable(message)}\n`;
    }
  },
  closing: (ending, options) => `${[accountingLine(ending), ...gapLines(ending, options)].join("\n")}\n`,
};

export const concise = whole(conciseParts);
