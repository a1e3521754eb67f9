/** The report for machines. `schemas/report.schema.json` describes it, `version` says which reading it takes. */
import type { Format } from "./format.ts";

/** The `$id` of the schema. */
export const REPORT_SCHEMA = "urn:lading:schema:report:1";

export const json: Format = function* (report) {
  yield `{\n  "$schema": ${JSON.stringify(REPORT_SCHEMA)}`;
  for (const [key, value] of Object.entries(report)) {
    yield `,\n  ${JSON.stringify(key)}: `;
    yield* Array.isArray(value) ? list(value) : [indented(value, "  ")];
  }
  yield "\n}\n";
};

function* list(items: readonly unknown[]): Generator<string> {
  if (items.length === 0) return yield "[]";
  yield "[";
  for (const [i, item] of items.entries()) yield `${i === 0 ? "" : ","}\n    ${indented(item, "    ")}`;
  yield "\n  ]";
}

const indented = (value: unknown, by: string): string => JSON.stringify(value, null, 2).replaceAll("\n", `\n${by}`);

/** One object a line, for streams; the last one is the summary, so that a cut-off stream is noticed. */
export const jsonl: Format = function* ({ references, findings, unread, ...summary }) {
  const line = (type: string, rest: object): string => `${JSON.stringify({ type, ...rest })}\n`;
  for (const reference of references) yield line("reference", reference);
  for (const finding of findings) yield line("finding", finding);
  for (const item of unread) yield line("unread", item);
  yield line("summary", summary);
};
