/** Where a trust root came from and when: a small file beside it, written by `lading trust update`. */
import { readFileSync } from "node:fs";
import { LadingError } from "../model/errors.ts";
import { sha256, writeAtomically } from "./write.ts";

export interface RootRecord {
  readonly mirror: string;
  readonly target: string;
  /** Of the file, in hex. */
  readonly sha256: string;
  /** ISO time. */
  readonly fetched: string;
}

const recordPath = (file: string): string => `${file}.source`;

/** Undefined: there is none, as nobody fetched the file with the program. */
export function readRecord(file: string): RootRecord | undefined {
  const text = textOf(recordPath(file));
  if (text === undefined) return undefined;
  try {
    const { mirror, target, sha256: hash, fetched } = JSON.parse(text) as Partial<RootRecord>;
    if (typeof mirror === "string" && typeof target === "string" && /^[0-9a-f]{64}$/.test(hash ?? "") && !Number.isNaN(Date.parse(fetched ?? ""))) return { mirror, target, sha256: hash!, fetched: fetched! };
  } catch {
    // Said below.
  }
  throw new LadingError("policy", `${recordPath(file)} cannot be read`, "remove it, and run `lading trust update`");
}

/**
 * Puts a root in place, then its record. A record that does not fit the file is told by `lading trust show`, so a run
 * that ends between the two leaves nothing that looks right and is not.
 */
export async function replaceRoot(file: string, bytes: Buffer, from: Pick<RootRecord, "mirror" | "target" | "fetched">): Promise<"same" | "new"> {
  const old = bytesOf(file);
  const same = old?.equals(bytes) === true;
  if (!same) await writeAtomically(file, bytes, old ?? "absent");
  const record: RootRecord = { mirror: from.mirror, target: from.target, sha256: sha256(bytes), fetched: from.fetched };
  await writeAtomically(recordPath(file), Buffer.from(`${JSON.stringify(record, null, 2)}\n`), bytesOf(recordPath(file)) ?? "absent");
  return same ? "same" : "new";
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new LadingError("io", `${path} cannot be read: ${(error as Error).message}`);
  }
}

const textOf = (path: string): string | undefined => bytesOf(path)?.toString("utf8");
