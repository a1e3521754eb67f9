/** Text → documents: the fast reader where it can, a whole parser where it must, an honest "no" else. */
import { Bail, readBlock, TemplateLine } from "./block.ts";
import { joinLines } from "./join-lines.ts";
import { type Cut, cut } from "./stream.ts";
import type { Document, Node } from "./tree.ts";

/** A document that is not YAML. */
export interface Broken {
  readonly index: number;
  /** Where it stands in the text, as far as it was cut out. */
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly message: string;
  /** What breaks it is a template's own syntax. */
  readonly template: boolean;
}

export interface Stream {
  /** All documents in the stream, read or passed over. */
  readonly count: number;
  readonly documents: readonly Document[];
  readonly broken: readonly Broken[];
}

export interface ReadOptions {
  /** Passes over documents that cannot matter, so that they are never parsed. `whole`: the range is a stream that could not be cut. */
  readonly wanted: (from: number, to: number, whole: boolean) => boolean;
  /** `full`: the `yaml` package alone, for reading back what was written. */
  readonly reader?: "fast" | "full";
  /** A template that does not parse is no news: do not ask a second parser. */
  readonly template?: boolean;
}

export async function readStream(text: string, options: ReadOptions): Promise<Stream> {
  const documents: Document[] = [];
  const broken: Broken[] = [];
  let count = 0;
  const pieces = cut(text);
  // A lone carriage return is a line break to YAML alone.
  const quick = !(text.includes("\r") && /\r(?!\n)/.test(text));
  for (const piece of pieces ?? [{ from: 0, to: text.length }]) {
    if (!options.wanted(piece.from, piece.to, pieces === undefined)) {
      count++;
      continue;
    }
    const fast = quick ? tryFast(text, piece) : Bail;
    if (typeof fast === "object" && options.reader !== "full") {
      documents.push({ index: count++, root: fast, ...piece });
      continue;
    }
    const slow = fast === TemplateLine && options.template ? TEMPLATE(piece) : await readSlow(text, piece, fast, options);
    if ("roots" in slow) for (const root of slow.roots) documents.push({ index: count++, root, ...piece });
    else broken.push({ index: count++, ...piece, ...slow, template: fast === TemplateLine || isTemplateLine(text, slow.offset) });
  }
  return { count, documents, broken };
}

type Fast = Node | typeof Bail | typeof TemplateLine;

function tryFast(text: string, { from, to }: Cut): Fast {
  // A marker line that is part of the piece holds content.
  if (text.startsWith("---", from)) return Bail;
  try {
    return readBlock(text, from, to);
  } catch (error) {
    if (error === Bail || error === TemplateLine) return error;
    throw error;
  }
}

/** Whether the line of an error, or the one above it, has a template's braces outside of a comment. */
function isTemplateLine(text: string, offset: number): boolean {
  const start = text.lastIndexOf("\n", text.lastIndexOf("\n", Math.max(0, offset - 1)) - 1) + 1;
  let end = text.indexOf("\n", offset);
  if (end < 0) end = text.length;
  return text.slice(start, end).split("\n").some((line) => /^[^#]*\{\{/.test(line));
}

type Slow = { roots: Node[] } | { offset: number; message: string };

const TEMPLATE = ({ from }: Cut): Slow => ({ offset: from, message: "template lines between the manifest's" });

/** Loads the parser for {@link ReadOptions.reader} `full` ahead of its first use. */
export const loadFullReader = (): Promise<unknown> => import("./full.ts");

async function readSlow(text: string, { from, to }: Cut, fast: Fast, options: ReadOptions): Promise<Slow> {
  const source = from === 0 && to === text.length ? text : text.slice(from, to);
  if (options.reader !== "full") {
    const { readEvents } = await import("./events.ts");
    try {
      return { roots: shift(readEvents(source), from) };
    } catch (error) {
      if (options.template) return problem(error, from);
    }
  }
  const { readFull } = await import("./full.ts");
  const read = (yaml: string): Slow => {
    try {
      return { roots: shift(readFull(yaml), from) };
    } catch (error) {
      return problem(error, from);
    }
  };
  const strict = read(source);
  // What the fast reader takes beyond YAML 1.2, put into a form that is YAML 1.2.
  return "roots" in strict || typeof fast === "symbol" ? strict : read(joinLines(text, fast).slice(from, to));
}

/** Errors of both parsers, and of a document so deep that they ran out of stack. */
function problem(error: unknown, from: number): { offset: number; message: string } {
  // `yaml` takes the RangeError and throws one of its own.
  if (error instanceof RangeError || (error instanceof Error && error.message.includes("call stack"))) return { offset: from, message: "nested too deeply to be read" };
  const { offset, mark, reason, message } = error as { offset?: number; mark?: { position: number }; reason?: string; message: string };
  return { offset: from + (offset ?? mark?.position ?? 0), message: (reason ?? message).split("\n")[0]! };
}

/** Moves a tree that was read from a part of the file to its place in the file. */
function shift(roots: Node[], by: number): Node[] {
  if (by !== 0) for (const root of roots) move(root, by);
  return roots;
}

function move(node: Node, by: number): void {
  node.start += by;
  if (node.end >= 0) node.end += by;
  if (node.keyStart >= 0) node.keyStart += by;
  if (node.children) for (const child of node.children) move(child, by);
}
