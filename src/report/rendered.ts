/** Rendered images for people: by root, each with where it comes from. */
import type { ReportedImage, ReportedRoot, ReportedStep } from "../model/report.ts";
import { type FormatOptions, placeOf } from "./format.ts";
import { count, type Paint, painter, printable, shortDigest, type Style } from "./text.ts";

const SHADES: Readonly<Partial<Record<ReportedImage["state"], Style>>> = { pinned: "green", floating: "yellow", invalid: "red" };

/** A root a paragraph, an image a line, and under it the place that set it and the others that had a say. */
export function* listing(roots: readonly ReportedRoot[], options: FormatOptions): Generator<string> {
  const paint = painter(options.color);
  for (const root of roots) yield `${[heading(root, options, paint), ...root.images.flatMap((image) => about(image, options, paint))].join("\n")}\n\n`;
}

function heading({ folder, tool, by, file, line, program, failure, images, open }: ReportedRoot, options: FormatOptions, paint: Paint): string {
  const deployed = by === "folder" ? "" : ` · ${by} ${printable(placeOf(file, options))}:${line}`;
  const rest = failure ? `not rendered: ${printable(failure.message)}` : `${printable(program ?? tool)} · ${count(images.length, "image")}`;
  const gaps = open.map((why) => `\n  ${paint("open:", "yellow")} ${printable(why)}`).join("");
  return `${paint(printable(placeOf(folder === "" ? "." : folder, options)), "bold")}${deployed} · ${failure ? paint(rest, "red") : rest}${gaps}`;
}

function about({ image, state, object, origin }: ReportedImage, options: FormatOptions, paint: Paint): string[] {
  const owner = [object.kind, object.name].filter(Boolean).join("/");
  const head = `  ${paint(state.padEnd(9), SHADES[state] ?? "dim")} ${shortDigest(printable(image))}  ${paint(printable(owner), "dim")}`;
  if (origin.is === "untraced") return [head, `${MARGIN}${paint("untraced:", "yellow")} ${printable(origin.why)}`];
  const { source, chain, by } = origin;
  const at = chain.findIndex((step) => isSame(step, source));
  // Helm lays values over each other before a template reads them; kustomize changes one image step by step.
  const word = (i: number): string => (by !== "record" ? "with" : i < at ? "over" : "then");
  const others = chain.map((step, i) => ({ step, i })).filter(({ step }) => !isSame(step, source));
  const ordered = [...others.filter(({ i }) => i < at).reverse(), ...others.filter(({ i }) => i > at)];
  const how = by === "text" ? "  (by its text alone)" : "";
  return [head, `${MARGIN}${placed(source, options)}${how}`, ...ordered.map(({ step, i }) => paint(`${MARGIN}${word(i)} ${placed(step, options)} ${shortDigest(printable(step.reads))}`, "dim"))];
}

const MARGIN = " ".repeat(12);

const isSame = (a: ReportedStep, b: ReportedStep): boolean => a.file === b.file && a.line === b.line && a.column === b.column;

const placed = ({ file, line, column, layer }: ReportedStep, options: FormatOptions): string => `${printable(placeOf(file, options))}:${line}:${column} (${printable(layer)})`;

/** A rendered stream with a comment above each image. */
export function annotated(root: ReportedRoot, text: string, lines: readonly number[], options: FormatOptions): string {
  const comments = new Map<number, string[]>();
  for (const [i, { origin }] of root.images.entries()) {
    const words = origin.is === "traced" ? `from ${placed(origin.source, options)}` : `untraced: ${printable(origin.why)}`;
    comments.set(lines[i]!, [...(comments.get(lines[i]!) ?? []), words]);
  }
  const name = placeOf(root.folder === "" ? "." : root.folder, options);
  const shown = text.split("\n").flatMap((line, i) => [...(comments.get(i + 1) ?? []).map((words) => `${/^ */.exec(line)![0]}# ${words}`), line]);
  const begin = text.startsWith("---") ? shown.shift()! : "---";
  return `${[begin, `# ${printable(name)}, rendered with ${printable(root.program ?? root.tool)}`, ...shown].join("\n").trimEnd()}\n`;
}
