/**
 * Fetches a file from a TUF repository (theupdateframework.github.io/specification). Nothing else in the program
 * does, and this part is loaded by `lading trust update` alone.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { initTUF } from "@sigstore/tuf";
import { LadingError, messageOf } from "../model/errors.ts";

export interface TufOptions {
  /** URL of the metadata, without a slash at the end. */
  readonly mirror: string;
  /** The first `root.json` to believe; undefined: the one that is built in for the public Sigstore instance. */
  readonly initialRoot: Buffer | undefined;
  readonly target: string;
  /** Where what was seen is kept from call to call, so that a repository cannot go back to what it said before. */
  readonly folder: string;
  /** Milliseconds to wait for one answer. */
  readonly timeout?: number;
}

/** The file's bytes, as the repository's keys sign them. */
export async function fetchTarget({ mirror, initialRoot, target, folder, timeout = 30_000 }: TufOptions): Promise<Buffer> {
  // What was learned from another first root must not speak for this one.
  const state = join(folder, createHash("sha256").update(mirror).update("\0").update(initialRoot ?? "").digest("hex").slice(0, 16));
  const rootPath = join(state, "initial-root.json");
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    if (initialRoot) writeFileSync(rootPath, initialRoot, { mode: 0o600 });
    const client = await initTUF({ mirrorURL: mirror, cachePath: state, ...(initialRoot ? { rootPath } : {}), timeout, retry: { retries: 2 } });
    return Buffer.from(await client.getTarget(target));
  } catch (error) {
    throw new LadingError("io", `${mirror} was not believed: ${causes(error)}`, "nothing was written; the file that is there still holds");
  }
}

/** An error and what led to it, each said once. */
function causes(error: unknown): string {
  const said: string[] = [];
  for (let at = error; at instanceof Error && said.length < 4; at = at.cause) {
    const { statusCode } = at as { statusCode?: number };
    const text = statusCode === undefined ? messageOf(at) : `${messageOf(at)} (${statusCode})`;
    if (!said.includes(text)) said.push(text);
  }
  return said.length === 0 ? messageOf(error) : said.join(": ");
}
