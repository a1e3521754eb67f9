/** The schemas in a packed chart, which Helm reads as it reads those of a folder. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { SaidAt } from "../model/render.ts";
import { Refusal, refused } from "./refusal.ts";

/** What Helm itself unpacks at most (`pkg/chart/loader`). */
const UNPACKED_BYTES = 100 * 1024 * 1024;
/** Archives in archives; Helm's own charts have one below another at most. */
const DEPTH = 4;

const BLOCK = 512;
const FILE = ["0", "\0"];
/** A name for the next entry (GNU `L`, pax `x`), what holds for all (`g`), a folder. */
const LONG_NAME = "L";
const EXTENDED = "x";
const OTHERS = ["g", "5"];

/** The texts of all `values.schema.json` in it, and in the charts packed inside of it. */
export async function schemasIn(packed: Buffer, said: SaidAt, depth = 0): Promise<string[]> {
  if (depth > DEPTH) throw refused("archives in archives, too deep to be looked at", said);
  const tar = await promisify(gunzip)(packed, { maxOutputLength: UNPACKED_BYTES }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_BUFFER_TOO_LARGE") throw new Refusal("too-large", `this archive unpacks to more than ${UNPACKED_BYTES / 1_048_576} MB`, said);
    throw new Refusal("failed", `this is no archive of a chart (${error.code ?? error.message})`, said);
  });
  const found: string[] = [];
  for (const { name, content } of entries(tar as Buffer, said)) {
    // Helm takes `\` between folders as well.
    if (name.endsWith("values.schema.json")) found.push(content.toString("utf8"));
    else if (/(?:^|[\\/])charts[\\/].*\.tgz$/.test(name)) found.push(...(await schemasIn(content, said, depth + 1)));
  }
  return found;
}

/** The files of a tar archive (POSIX pax, with GNU's long names). What is not known here is refused: it could hide a file. */
function* entries(tar: Buffer, said: SaidAt): Generator<{ readonly name: string; readonly content: Buffer }> {
  let named: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (octal(header, 148, 8) !== checksum(header)) throw refused("this archive has an entry that cannot be read", said);
    const type = String.fromCharCode(header[156]!);
    const size = octal(header, 124, 12);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (Number.isNaN(size) || content.length < size) throw refused("this archive has an entry without its end", said);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === LONG_NAME) named = text(content);
    else if (type === EXTENDED) named = extended(content, said) ?? named;
    else if (FILE.includes(type)) {
      const prefix = text(header.subarray(345, 500));
      const short = text(header.subarray(0, 100));
      yield { name: named ?? (prefix !== "" && text(header.subarray(257, 262)) === "ustar" ? `${prefix}/${short}` : short), content };
      named = undefined;
    } else if (OTHERS.includes(type)) named = undefined;
    else throw refused(`this archive has an entry of the type ${JSON.stringify(type)}, which a chart has no use for`, said);
  }
}

/** `path` among the records of a pax header, each `LENGTH KEY=VALUE\n`; a size of its own would move all that follows. */
function extended(records: Buffer, said: SaidAt): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < records.length;) {
    const length = Number.parseInt(records.toString("latin1", at, at + 20), 10);
    const record = records.subarray(at, at + length).toString("utf8");
    const [, key, value] = /^\d+ ([^=]+)=(.*)\n$/s.exec(record) ?? [];
    if (!(length > 0) || at + length > records.length || key === undefined || key === "size" || key.startsWith("GNU.sparse.")) throw refused("this archive has an entry that cannot be read", said);
    if (key === "path") path = value;
    at += length;
  }
  return path;
}

const text = (bytes: Buffer): string => bytes.toString("utf8").replace(/\0.*$/s, "");

const octal = (header: Buffer, from: number, length: number): number => {
  const digits = text(header.subarray(from, from + length)).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

/** The sum of the header's bytes, its own place counted as spaces. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  return sum;
}
