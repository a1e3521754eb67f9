/** The report for machines. `schemas/report.schema.json` describes it, `version` says which reading it takes. */
import type { Format } from "./format.ts";

/** The `$id` of the schema. */
export const REPORT_SCHEMA = "urn:lading:schema:report:1";

export const json: Format = (report) => `${JSON.stringify({ $schema: REPORT_SCHEMA, ...report }, null, 2)}\n`;

/** One object a line, for streams; the last one is the summary, so that a cut-off stream is noticed. */
export const jsonl: Format = ({ references, findings, unread, ...summary }) =>
  [
    ...references.map((reference) => ({ type: "reference", ...reference })),
    ...findings.map((finding) => ({ type: "finding", ...finding })),
    ...unread.map((item) => ({ type: "unread", ...item })),
    { type: "summary", ...summary },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
