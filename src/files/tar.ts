/**
 * As much of tar (POSIX ustar) as an archive of blobs needs: plain files with short names, written in one go, and
 * read where they lie without unpacking (docs/decisions/0021-collecting-evidence.md says why this is no library).
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LadingError } from "../model/errors.ts";

const BLOCK = 512;
/** Far more entries than an archive of evidence has. */
const ENTRIES_MAX = 1_000_000;

/** Writes files as a tar: the same files give the same bytes. */
export function tarOf(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of files) parts.push(headerOf(name, bytes.length), bytes, Buffer.alloc(padding(bytes.length)));
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for a tar`);
  const octal = (value: number, at: number, length: number): void => void header.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  header.write(name, 0, "utf8");
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(`${checksum(header).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** The sum of a header's bytes, with its own field taken for blanks. */
function checksum(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** A tar whose headers were read. */
export interface Tar {
  /** A file's bytes; undefined where there is none, "large" where it has more than `maxBytes`. */
  read(name: string, maxBytes: number): Buffer | "large" | undefined;
}

/** Reads the headers of a tar; `file` is its path as messages show it. */
export function openTar(path: string, file = path): Tar {
  const entries = withFile(path, (handle) => entriesOf(handle, fstatSync(handle).size, file));
  return {
    read(name, maxBytes) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      return entry.size > maxBytes ? "large" : withFile(path, (handle) => readAt(handle, entry.at, entry.size));
    },
  };
}

interface Entry {
  readonly at: number;
  readonly size: number;
}

function entriesOf(handle: number, total: number, file: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (let at = 0; entries.size < ENTRIES_MAX; ) {
    const header = readAt(handle, at, BLOCK);
    // A block of zeros is the end; without it something may be missing.
    if (header.length === BLOCK && header.every((byte) => byte === 0)) break;
    const size = Number.parseInt(text(header, 124, 12).trim() || "0", 8);
    if (header.length < BLOCK || Number.parseInt(text(header, 148, 8), 8) !== checksum(header) || !Number.isSafeInteger(size) || size < 0 || at + BLOCK + size > total)
      throw new LadingError("io", `${file} is no tar, or is cut short (at byte ${at})`, header[0] === 0x1f && header[1] === 0x8b ? "it is compressed: gunzip it first" : "write it again with `lading evidence export`");
    const type = text(header, 156, 1);
    // Folders, and what pax and GNU tar say besides, are of no use here: all our names are short.
    if (type === "0" || type === "") entries.set(nameOf(header), { at: at + BLOCK, size });
    at += BLOCK + size + padding(size);
  }
  return entries;
}

/** `./index.json` is how `tar -C FOLDER .` names it. */
function nameOf(header: Buffer): string {
  const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
  return `${prefix === "" ? "" : `${prefix}/`}${text(header, 0, 100)}`.replace(/^(?:\.\/)+/, "");
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}

function readAt(handle: number, at: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const read = readSync(handle, bytes, done, size - done, at + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

function withFile<Value>(path: string, work: (handle: number) => Value): Value {
  const handle = openSync(path, "r");
  try {
    return work(handle);
  } finally {
    closeSync(handle);
  }
}
