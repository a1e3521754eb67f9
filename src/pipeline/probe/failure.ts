/** What a program's error message says about a pin that it was given. */
import type { RenderFailure } from "../../model/render.ts";
import type { Reason } from "./judge-difference.ts";

/** Sprig's `semverCompare` and Masterminds' parser; Helm's schema validation; `fail` and `required`. */
export function failureReason({ message }: RenderFailure): Reason {
  const why = lastLine(message);
  if (/invalid semantic version|semverCompare|improper constraint/i.test(message)) return { code: "semver", why: `the chart compares the tag as a version: ${why}` };
  if (/don'?t meet the specifications of the schema|additional properties|does not match pattern|schema/i.test(message)) return { code: "schema", why: `the chart's schema refuses it: ${why}` };
  if (/execution error at \(/.test(message)) return { code: "chart-fails", why: `the chart refuses it: ${why}` };
  return { code: "fails", why: `rendering fails: ${why}` };
}

/** Helm names its templates from the outside in, and the cause last. */
function lastLine(message: string): string {
  const lines = message.trim().split("\n").map((line) => line.trim()).filter((line) => line !== "" && !/^Use --debug/.test(line));
  const line = lines.at(-1) ?? "no message";
  const cause = /execution error at \([^)]*\): (.*)$/.exec(line)?.[1] ?? line;
  return cause.length > 160 ? `…${cause.slice(-159)}` : cause;
}
