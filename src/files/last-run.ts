/**
 * What the last run over a folder printed, so that it can be printed again when nothing has changed. One file a
 * folder: a line of JSON, the text as it was printed, and its length, which a file that was cut short lacks.
 * When it may be used is decided elsewhere (cli/again.ts).
 */
import { hash } from "node:crypto";
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LadingError } from "../model/errors.ts";
import type { Ending } from "../model/report.ts";

/** What stands in front of the text. */
export interface Head {
  /** Names everything besides the files that decides the answer. */
  readonly options: string;
  /** Names the files (same-tree.ts). */
  readonly tree: string;
  readonly code: number;
  /** What the closing lines are made of; how long it took is new each time. */
  readonly ending: Ending;
}

export interface LastRun {
  readonly head: Head;
  /** The text, piece by piece; each is valid until the next is asked for. */
  body(): Generator<Buffer>;
  close(): void;
}

/** A text on its way to the file. Nothing is there before `commit`, and a failure only costs the next run time. */
export interface Recorder {
  /** Takes a piece, which must stay as it is. */
  add(text: Buffer): void;
  commit(): void;
}

/** Larger texts are not kept, and neither are heads that a look at the file's begin would not find. */
const MAX_BODY = 64 * 1024 * 1024;
const MAX_HEAD = 1024 * 1024;
const CHUNK = 256 * 1024;

const lengthLine = (bytes: number): string => `\nlength ${String(bytes).padStart(12)}\n`;
const LAST = lengthLine(0).length;

export const lastRunPath = (cacheFolder: string, root: string): string => join(cacheFolder, `last-${hash("sha256", root).slice(0, 16)}.txt`);

/** Undefined: there is none, or it is not what was once written. */
export function openLastRun(path: string): LastRun | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(path, "r");
    const opened = read(handle);
    if (opened) return opened;
  } catch {
    // No memory is no failure.
  }
  if (handle !== undefined) closeSync(handle);
  return undefined;
}

function read(handle: number): LastRun | undefined {
  const { size } = fstatSync(handle);
  const begin = Buffer.alloc(Math.min(size, MAX_HEAD));
  readSync(handle, begin, 0, begin.length, 0);
  const from = begin.indexOf("\n") + 1;
  const to = size - LAST;
  const last = Buffer.alloc(LAST);
  readSync(handle, last, 0, LAST, Math.max(0, to));
  if (from === 0 || to < from || last.toString() !== lengthLine(to - from)) return undefined;
  const head = JSON.parse(begin.toString("utf8", 0, from)) as Head;
  return { head, body: () => pieces(handle, from, to), close: () => closeSync(handle) };
}

function* pieces(handle: number, from: number, to: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, to - from));
  for (let at = from; at < to; ) {
    const count = readSync(handle, buffer, 0, Math.min(buffer.length, to - at), at);
    if (count === 0) throw new LadingError("io", "what the last run printed was cut short while it was read", "run the command again");
    yield buffer.subarray(0, count);
    at += count;
  }
}

/** Collects the text and writes it at the end at once, as a run that is broken off while it prints must leave nothing. */
export function recordRun(path: string, head: Head): Recorder {
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  const pieces: Buffer[] = [];
  let length = 0;
  return {
    add(text) {
      length += text.length;
      if (length <= MAX_BODY) pieces.push(text);
      else pieces.length = 0;
    },
    commit() {
      if (length <= MAX_BODY && line.length <= MAX_HEAD) write(path, [line, ...pieces, Buffer.from(lengthLine(length))]);
    },
  };
}

function write(path: string, pieces: readonly Buffer[]): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, "", { mode: 0o600 });
    for (const piece of pieces) appendFileSync(temporary, piece);
    renameSync(temporary, path);
  } catch {
    // The next run makes its answer anew.
    discard(temporary);
  }
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder is none.
  }
}
