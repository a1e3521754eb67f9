/** What a format is: a pure function from a report to text. */
import type { Rule } from "../model/finding.ts";
import type { Ending, Report } from "../model/report.ts";

/** What formats print about rules. */
export type RuleInfo = Pick<Rule, "id" | "summary" | "severity" | "page">;

export interface FormatOptions {
  readonly color: boolean;
  /** Every rule there is; SARIF carries their pages. */
  readonly rules: readonly RuleInfo[];
  /**
   * What to put in front of file names, with a `/` at the end: the way from where the reader stands to the
   * checked folder. SARIF and GitHub need names relative to the repository root. The JSON formats carry
   * `root` instead.
   */
  readonly prefix?: string;
}

/** The pieces of the text, in order: all of it at once is many megabytes for a large repository. */
export type Format = (report: Report, options: FormatOptions) => Iterable<string>;

/** A format whose last lines are about the whole run. The text in front of them does not say how long the run took. */
export interface TwoParts {
  readonly body: Format;
  readonly closing: (ending: Ending, options: FormatOptions) => string;
}

export const whole = ({ body, closing }: TwoParts): Format =>
  function* (report, options) {
    yield* body(report, options);
    yield closing(report, options);
  };

export const placeOf = (file: string, options: FormatOptions): string => `${options.prefix ?? ""}${file}`;
