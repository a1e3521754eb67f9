/**
 * Reads files that may hold an image, and turns down the others as cheaply as it can: one synchronous read
 * into one buffer that is used again, and a search in the bytes (docs/decisions/0004-discovery.md).
 */
import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { join, sep } from "node:path";
import type { Encoding, SourceFile, Unread } from "../model/site.ts";

/** Larger files are named and left alone. */
export const MAX_BYTES = 64 * 1024 * 1024;

let buffer = Buffer.allocUnsafeSlow(1 << 20);

/** The bytes of a file, valid until the next call, and what the file is after they were read. Throws what the system says. */
export function readBytes(path: string, seen?: (facts: Stats) => void): Buffer {
  // O_NOFOLLOW: the link's target is in the tree under its own name, or was not asked about.
  // O_NONBLOCK: a pipe must not hold up the run.
  const handle = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const bytes = readAll(handle);
    seen?.(fstatSync(handle));
    return bytes;
  } finally {
    closeSync(handle);
  }
}

function readAll(handle: number): Buffer {
  let length = 0;
  for (;;) {
    const count = readSync(handle, buffer, length, buffer.length - length, null);
    length += count;
    // A short read is the end of a regular file.
    if (count === 0 || length < buffer.length) return buffer.subarray(0, length);
    if (length > MAX_BYTES) return buffer.subarray(0, length);
    const larger = Buffer.allocUnsafeSlow(buffer.length * 4);
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  }
}

/** The file's text; undefined when its bytes are not wanted. `seen` is called when the file could be read. */
export function load(root: string, file: string, wanted: (bytes: Buffer) => boolean, seen?: (facts: Stats) => void): SourceFile | Unread | undefined {
  let bytes: Buffer;
  try {
    bytes = readBytes(join(root, file), seen);
  } catch (error) {
    return unreadable(root, file, error as NodeJS.ErrnoException);
  }
  if (bytes.length > MAX_BYTES) return { file, kind: "size", why: `larger than ${MAX_BYTES / 1024 / 1024} MiB` };
  const encoding = encodingOf(bytes);
  if (encoding === "utf-8" && !wanted(bytes)) return undefined;
  return decode(file, bytes, encoding);
}

/** Bytes → text, or why they are none. */
export function decode(file: string, bytes: Buffer, encoding = encodingOf(bytes)): SourceFile | Unread {
  if (encoding === "utf-8") {
    if (bytes.includes(0)) return { file, kind: "encoding", why: "holds NUL bytes: not a text" };
    if (!isUtf8(bytes)) return { file, kind: "encoding", why: "is not valid UTF-8; save it as UTF-8" };
    return { path: file, text: bytes.toString("utf8"), encoding };
  }
  if (bytes.length % 2 !== 0) return { file, kind: "encoding", why: "is cut short: UTF-16 with an odd number of bytes" };
  const little = encoding === "utf-16le" ? bytes : Buffer.from(bytes).swap16();
  return { path: file, text: little.toString("utf16le"), encoding };
}

/** Text → the bytes that it was read from. */
export function encode({ text, encoding }: Pick<SourceFile, "text" | "encoding">): Buffer {
  if (encoding === "utf-8") return Buffer.from(text, "utf8");
  const little = Buffer.from(text, "utf16le");
  return encoding === "utf-16le" ? little : little.swap16();
}

/** By the byte order mark, as YAML 1.2 section 5.2 has it; without one, UTF-8. */
function encodingOf(bytes: Buffer): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}

/** A tracked file that was deleted is not there to judge; everything else is said. */
function unreadable(root: string, file: string, error: NodeJS.ErrnoException): Unread | undefined {
  // A submodule is listed as one entry, and is a folder.
  if (error.code === "ENOENT" || error.code === "EISDIR") return undefined;
  if (error.code === "ELOOP" || error.code === "EMLINK") return linkAt(root, file);
  return { file, kind: "io", why: error.message };
}

/** Whether a file lies in a folder where its path says so, with no link on the way that could lead elsewhere. */
export function isInside(root: string, file: string): boolean {
  try {
    return realpathSync(join(root, file)) === join(realpathSync(root), file);
  } catch {
    return false;
  }
}

/** A link into the checked folder is no file of its own: what it points to is looked at under its own name. */
function linkAt(root: string, file: string): Unread | undefined {
  try {
    const target = realpathSync(join(root, file));
    const inside = `${realpathSync(root)}${sep}`;
    return target.startsWith(inside) || `${target}${sep}` === inside ? undefined : { file, kind: "link", why: "a symbolic link out of the checked folder, not followed" };
  } catch (problem) {
    const circle = (problem as NodeJS.ErrnoException).code === "ELOOP";
    return { file, kind: "link", why: circle ? "a symbolic link that goes in a circle" : "a symbolic link to nothing" };
  }
}
