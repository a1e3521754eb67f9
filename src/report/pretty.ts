/** For people at a terminal: the line itself, carets under the image, and what to do. */
import type { Finding } from "../model/finding.ts";
import type { Severity } from "../model/severity.ts";
import { accountingLine, gapLines } from "./accounts.ts";
import { type FormatOptions, placeOf, type TwoParts, whole } from "./format.ts";
import { cellsOf, type Paint, painter, printable, shortDigest, type Style, PLAIN } from "./text.ts";

const SHADES: Readonly<Record<Severity, Style>> = { error: "red", warning: "yellow", info: "blue" };

/** Cells of an excerpt; a minified JSON file is one line of many thousand. */
const WIDTH = 160;
/** Characters kept in front of the carets when a line is cut. */
const LEAD = 40;
const TAB = 4;

export const prettyParts: TwoParts = {
  *body(report, options) {
    const paint = painter(options.color);
    let first = true;
    for (const finding of report.findings) {
      if (finding.ignored) continue;
      yield `${first ? "" : "\n"}${block(finding, options, paint).join("\n")}\n`;
      first = false;
    }
  },
  closing(ending, options) {
    const paint = painter(options.color);
    const gaps = gapLines(ending, options).map((line) => paint(line, "yellow"));
    return `${[paint(accountingLine(ending), "bold"), ...gaps].join("\n")}\n`;
  },
};

export const pretty = whole(prettyParts);

function block(finding: Finding, options: FormatOptions, paint: Paint): string[] {
  const { rule, severity, start, fix, help } = finding;
  const shade = SHADES[severity];
  const number = String(start.line);
  const margin = " ".repeat(number.length);
  const bar = paint("|", "blue");
  const { text, indent, width } = frame(finding);
  const label = finding.label === "" ? "" : ` ${shortDigest(printable(finding.label))}`;
  const note = (name: string, words: string): string => `${margin} ${paint("=", "blue")} ${paint(`${name}:`, "bold")} ${words}`;
  return [
    `${paint(`${severity}[${rule}]`, shade, "bold")}${paint(`: ${printable(finding.message)}`, "bold")}`,
    `${margin}${paint("-->", "blue")} ${printable(placeOf(finding.file, options))}:${start.line}:${start.column}`,
    `${margin} ${bar}`,
    `${paint(number, "blue")} ${bar} ${text}`,
    `${margin} ${bar} ${" ".repeat(indent)}${paint(`${"^".repeat(width)}${label}`, shade)}`,
    ...(fix ? [note("fix", paint(shortDigest(printable(fix.text)), "green") + fixNote(fix.note, fix.safe))] : []),
    ...(help === undefined ? [] : [note("help", printable(help))]),
    note("help", `lading explain ${rule}`),
  ];
}

function fixNote(note: string, safe: boolean): string {
  const parts = [printable(note), safe ? "" : "only with --unsafe-fixes"].filter((part) => part !== "");
  return parts.length === 0 ? "" : `  (${parts.join("; ")})`;
}

interface Frame {
  readonly text: string;
  /** Cells in front of the carets, and their number. */
  readonly indent: number;
  readonly width: number;
}

/** The excerpt as a terminal shows it, and where the carets go, in cells. */
function frame({ excerpt, start, end }: Finding): Frame {
  const line = excerpt.replace(/^\ufeff/, "");
  const from = start.column - 1;
  const to = end.line === start.line ? end.column - 1 : Infinity;
  if (line.length <= WIDTH && PLAIN.test(line))
    return { text: line.trimEnd(), indent: from, width: Math.max(1, Math.min(to, line.length) - from) };
  // Only what can be shown is taken apart: a line may be a megabyte and have hundreds of findings.
  const offset = line.length <= WIDTH ? 0 : Math.max(0, from - LEAD);
  const characters = codePoints(line, offset, from + WIDTH + 1);
  const shown = characters.map((character) => (character === "\t" ? " ".repeat(TAB) : printable(character)));
  const widths = shown.map((text, index) => (characters[index] === "\t" ? TAB : cellsOf(text)));
  const cells = (a: number, b: number): number => widths.slice(Math.max(0, a), Math.max(0, b)).reduce((sum, width) => sum + width, 0);
  let last = 0;
  for (let room = WIDTH; last < shown.length && room >= (widths[last] ?? 0); last++) room -= widths[last] ?? 0;
  const before = offset > 0 ? "…" : "";
  const after = shown.slice(last).join("").trim() !== "" ? "…" : "";
  return {
    text: `${before}${shown.slice(0, last).join("").trimEnd()}${after}`,
    indent: before.length + cells(0, from - offset),
    width: Math.max(1, cells(from - offset, Math.min(to - offset, last))),
  };
}

/** Like `[...text].slice(start, end)`, without taking apart what is left out. */
function codePoints(text: string, start: number, end: number): string[] {
  const taken: string[] = [];
  let index = 0;
  for (let at = 0; at < text.length && index < end; index++) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (index >= start) taken.push(character);
    at += character.length;
  }
  return taken;
}
