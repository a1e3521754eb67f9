/** The report for machines. `schemas/report.schema.json` describes it, `version` says which reading it takes. */
import type { Format } from "./format.ts";

/** The `$id` of the schema. */
export const REPORT_SCHEMA = "urn:lading:schema:report:1";

export const json: Format = function* (report) {
  yield `{\n  "$schema": ${JSON.stringify(REPORT_SCHEMA)}`;
  for (const [key, value] of Object.entries(report)) {
    yield `,\n  ${JSON.stringify(key)}: `;
    yield* isList(value) ? list(value) : [indented(value, "  ")];
  }
  yield "\n}\n";
};

const isList = (value: unknown): value is Iterable<unknown> => typeof value === "object" && value !== null && Symbol.iterator in value;

function* list(items: Iterable<unknown>): Generator<string> {
  let separator = "[";
  for (const item of items) {
    yield `${separator}\n    ${indented(item, "    ")}`;
    separator = ",";
  }
  yield separator === "[" ? "[]" : "\n  ]";
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
