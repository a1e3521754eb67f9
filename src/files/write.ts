/**
 * Replaces a file as a whole or not at all: whoever reads it, and whenever the machine stops, there is
 * either the old content or the new.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, link, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LadingError, messageOf } from "../model/errors.ts";

/** What the file held when it was read: its bytes, their SHA-256 in hex, or that there was no file. */
export type Was = Uint8Array | { readonly sha256: string } | "absent";

const PERMISSIONS = 0o7777;

/**
 * Writes `bytes` to `path`, unless the file is no longer what it was. Links are refused, since renaming
 * would replace the link and not what it points to. Another program that writes between the comparison
 * and the rename, some microseconds, is not noticed; POSIX has no compare-and-rename.
 */
export async function writeAtomically(path: string, bytes: Uint8Array, was: Was): Promise<void> {
  try {
    await replace(path, bytes, was);
  } catch (error) {
    if (error instanceof LadingError) throw error;
    throw new LadingError("io", `${path} could not be written: ${messageOf(error)}`);
  }
}

async function replace(path: string, bytes: Uint8Array, was: Was): Promise<void> {
  const before = await inspect(path, was);
  // The name neither ends like a manifest nor is found by globs that leave dot files out.
  const temporary = join(dirname(path), `.lading-${randomBytes(12).toString("hex")}.tmp`);
  const file = await open(temporary, "wx", 0o600);
  try {
    try {
      await file.writeFile(bytes);
      if (before) await keepOwner(file, before);
      await keepMode(file, path, before ? before.mode & PERMISSIONS : 0o666 & ~process.umask());
      await file.sync();
    } finally {
      await file.close();
    }
    if (before) {
      await assertUnchanged(path, was);
      await rename(temporary, path);
    } else await create(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The facts of the file to replace, or undefined when there is to be none. */
async function inspect(path: string, was: Was): Promise<Stats | undefined> {
  const facts = await lstat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (facts?.isSymbolicLink()) throw new LadingError("io", `${path} is a symbolic link, which is not written through`, "name the file that it points to");
  if (facts && !facts.isFile()) throw new LadingError("io", `${path} is not a regular file`);
  // Root and renaming both get around the mode, and the mode is what somebody asked for.
  if (facts && (facts.mode & 0o222) === 0) throw new LadingError("io", `${path} is read-only`, "make it writable, or leave it out");
  if ((facts === undefined) !== (was === "absent")) throw changed(path);
  return facts;
}

async function assertUnchanged(path: string, was: Was): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const now = await file.readFile();
    const same = was instanceof Uint8Array ? now.equals(was) : was !== "absent" && sha256(now) === was.sha256;
    if (!same) throw changed(path);
  } finally {
    await file.close();
  }
}

/** Only root may give files away; for anyone else the owner stays who runs this. */
async function keepOwner(file: FileHandle, before: Stats): Promise<void> {
  const now = await file.stat();
  if (now.uid === before.uid && now.gid === before.gid) return;
  await file.chown(before.uid, before.gid).catch(() => undefined);
}

/** After the owner, since changing that clears mode bits. */
async function keepMode(file: FileHandle, path: string, mode: number): Promise<void> {
  await file.chmod(mode);
  const kept = (await file.stat()).mode & PERMISSIONS;
  if (kept !== mode) throw new LadingError("io", `the mode of ${path} cannot be kept: ${octal(mode)} became ${octal(kept)}`);
}

/** A hard link fails where a rename would silently replace a file that came up meanwhile. */
async function create(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw changed(path);
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    // File systems without hard links, such as FAT and some network mounts.
    await inspect(path, "absent");
    return rename(temporary, path);
  }
  await unlink(temporary);
}

/** Without this a power cut can undo the rename. Some file systems do not offer it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EPERM", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await folder.close();
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const changed = (path: string): LadingError =>
  new LadingError("io", `${path} changed since it was read, and was left alone`, "run the command again");

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");
