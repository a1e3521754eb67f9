/** Every output format, by the name that `--format` takes. */
import { assertAddsUp, assertLists } from "./accounts.ts";
import { concise, conciseParts } from "./concise.ts";
import type { Format, TwoParts } from "./format.ts";
import { github } from "./github.ts";
import { json, jsonl } from "./json.ts";
import { markdown } from "./markdown.ts";
import { pretty, prettyParts } from "./pretty.ts";
import { sarif } from "./sarif.ts";

export type { Format, FormatOptions, RuleInfo } from "./format.ts";

/** Formats that print every reference. */
const LISTING: ReadonlySet<Format> = new Set([json, jsonl]);

/** No format prints a report whose counts do not add up. */
const checked =
  (format: Format): Format =>
  (report, options) => {
    assertAddsUp(report);
    if (LISTING.has(format)) assertLists(report);
    return format(report, options);
  };

/** The whole text of a report. */
export const textOf = (pieces: Iterable<string>): string => [...pieces].join("");

export const formats = {
  pretty: checked(pretty),
  concise: checked(concise),
  json: checked(json),
  jsonl: checked(jsonl),
  sarif: checked(sarif),
  github: checked(github),
  markdown: checked(markdown),
} satisfies Record<string, Format>;

/** The formats of which a part can be printed again without its report. */
export const inTwoParts: Readonly<Partial<Record<keyof typeof formats, TwoParts>>> = {
  pretty: { ...prettyParts, body: checked(prettyParts.body) },
  concise: { ...conciseParts, body: checked(conciseParts.body) },
};

export type FormatName = keyof typeof formats;

export const FORMAT_NAMES = Object.keys(formats) as readonly FormatName[];

export const isFormatName = (text: string): text is FormatName => Object.hasOwn(formats, text);
