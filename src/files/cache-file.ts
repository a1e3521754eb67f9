/** Files in which runs keep what they learned. A run can do without any of them: one that cannot be read is empty. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The entries of a JSON file that are what they should be. */
export function readEntries<T>(path: string, version: number, name: string, isEntry: (value: T) => boolean): [string, T][] {
  try {
    const data = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, unknown>>;
    const entries = data[name];
    if (data["version"] !== version || typeof entries !== "object") return [];
    return Object.entries(entries as Record<string, T>).filter(([, value]) => isEntry(value));
  } catch {
    return [];
  }
}

export const writeEntries = (path: string, version: number, name: string, entries: Iterable<readonly [string, unknown]>): void =>
  writeCache(path, JSON.stringify({ version, [name]: Object.fromEntries(entries) }));

/** Puts a text in place as a whole, for its owner alone. */
export function writeCache(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    // The run has what it learned; only the next one starts without it.
  }
}
