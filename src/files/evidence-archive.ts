/** Writes evidence archives to disk and opens them: a folder, or a tar of it. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { validateEvidenceArchive } from "../generated/validators.js";
import type { ArchiveRecord, EvidenceArchive, Exported } from "../model/archive.ts";
import { LadingError, messageOf } from "../model/errors.ts";
import { type Digest, isDigest } from "../model/reference.ts";
import { blobPath, INDEX_FILE, isLayout, LAYOUT_FILE, layoutOf, RECORD_LAYER, RECORD_TYPE } from "./evidence-layout.ts";
import { openTar, tarOf } from "./tar.ts";

/** The archive's own files are small next to what they speak of; a hundred thousand subjects fit. */
const OWN_MAX = 128 * 1024 * 1024;
const AGAIN = "write it again with `lading evidence export`";

/** Reads a file of the layout. */
type Read = (name: string, maxBytes: number) => Buffer | "large" | undefined;

/** Opens an archive and reads its record; `file` is its path as messages show it. */
export function openEvidenceArchive(path: string, file = path): EvidenceArchive {
  let read: Read;
  try {
    read = statSync(path).isDirectory() ? folderReader(path) : openTar(path, file).read;
  } catch (error) {
    throw error instanceof LadingError ? error : new LadingError("usage", `the evidence archive ${file} cannot be opened: ${messageOf(error)}`, "lading evidence export writes one");
  }
  const blob: EvidenceArchive["blob"] = (digest, maxBytes) => {
    if (!isDigest(digest)) return undefined;
    const bytes = read(blobPath(digest), maxBytes);
    if (bytes === undefined) return undefined;
    return bytes === "large" || !hashesTo(bytes, digest) ? "wrong" : bytes;
  };
  if (!isLayout(json(read(LAYOUT_FILE, OWN_MAX)))) throw new LadingError("io", `${file} is no OCI image layout: it has no ${LAYOUT_FILE} of version 1.0.0`, AGAIN);
  return { name: file, record: recordOf(read, blob, file), blob };
}

/** Whether a path is to be written or read as a tar: it is no folder and is named like one. */
export const isTarName = (path: string): boolean => path.endsWith(".tar");

/** Writes an archive, whole or not at all, and says how large it is. A folder must be new or empty: what lies there is not ours to mix with. */
export function writeEvidenceArchive(path: string, subjects: readonly Exported[], tool: string): number {
  const files = layoutOf(subjects, tool);
  const temporary = join(dirname(resolve(path)), `.${basename(path)}.${process.pid}.tmp`);
  try {
    let size = 0;
    if (isTarName(path)) {
      const tar = tarOf(files);
      writeFileSync(temporary, tar, { flag: "wx" });
      size = tar.length;
    } else {
      refuseFilled(path);
      for (const [name, bytes] of files) {
        mkdirSync(dirname(join(temporary, name)), { recursive: true });
        writeFileSync(join(temporary, name), bytes, { flag: "wx" });
        size += bytes.length;
      }
    }
    renameSync(temporary, path);
    return size;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error instanceof LadingError ? error : new LadingError("io", `${path} cannot be written: ${messageOf(error)}`);
  }
}

function refuseFilled(path: string): void {
  let there: readonly string[];
  try {
    there = readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (there.length > 0) throw new LadingError("usage", `${path} is not empty`, "name a new folder, or a file that ends with .tar");
}

function folderReader(folder: string): Read {
  return (name, maxBytes) => {
    try {
      const path = join(folder, name);
      const stat = statSync(path);
      // A link to a device would never end.
      if (!stat.isFile()) return undefined;
      return stat.size > maxBytes ? "large" : readFileSync(path);
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
      throw new LadingError("io", `${join(folder, name)} cannot be read: ${messageOf(error)}`);
    }
  };
}

/** The record: the layer of the one manifest of its type. */
function recordOf(read: Read, blob: EvidenceArchive["blob"], file: string): ArchiveRecord {
  const index = json(read(INDEX_FILE, OWN_MAX)) as { manifests?: readonly { artifactType?: unknown; digest?: unknown }[] } | undefined;
  const roots = Array.isArray(index?.manifests) ? index.manifests.filter((root: { artifactType?: unknown } | null) => root?.artifactType === RECORD_TYPE) : [];
  if (roots.length !== 1) throw new LadingError("io", `${file} is an OCI image layout, and no evidence archive: it has ${roots.length} records of what was asked`, AGAIN);
  const manifest = json(blob(String(roots[0]?.digest) as Digest, OWN_MAX)) as { layers?: readonly { mediaType?: unknown; digest?: unknown }[] } | undefined;
  const layer = Array.isArray(manifest?.layers) ? manifest.layers.find((one: { mediaType?: unknown } | null) => one?.mediaType === RECORD_LAYER) : undefined;
  const record = json(blob(String(layer?.digest) as Digest, OWN_MAX));
  if (validateEvidenceArchive(record)) return record as ArchiveRecord;
  const [first] = validateEvidenceArchive.errors ?? [];
  const version = (record as { version?: unknown } | undefined)?.version;
  if (typeof version === "number" && version !== 1) throw new LadingError("io", `${file} is of version ${version}, and this lading reads version 1`, "update lading, or write the archive again with this one");
  throw new LadingError("io", `the record of ${file} is damaged: ${record === undefined ? "it is missing or is not what its digest says" : `${first?.instancePath || "it"} ${first?.message}`}`, AGAIN);
}

function json(bytes: Buffer | string | undefined): unknown {
  if (bytes === undefined || typeof bytes === "string") return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function hashesTo(bytes: Buffer, digest: Digest): boolean {
  const [algorithm = "", hex] = digest.split(":");
  return createHash(algorithm).update(bytes).digest("hex") === hex;
}
