/** Makes a failing input smaller while it still fails in the same way: whole lines first, then characters. */
import { decode } from "../../src/files/load.ts";
import { attempt, type Input } from "./trial.ts";

/** How many smaller inputs are tried: enough for a page of text. */
const TRIES = 400;

/** @param beat called before each try, which may hang as any input may */
export async function minimal(input: Input, why: string, beat: () => void = () => {}): Promise<Buffer> {
  const source = decode(input.path, input.bytes);
  // A slow input would be tried for minutes; other encodings stay as they are.
  if ("why" in source || source.encoding !== "utf-8" || why.startsWith("took")) return input.bytes;
  const { wanted: _wanted, ...open } = input;
  const kind = why.slice(0, 24);
  let tries = TRIES;
  const fails = async (parts: readonly string[]): Promise<boolean> => {
    if (tries-- <= 0) return false;
    beat();
    return (await attempt({ ...open, bytes: Buffer.from(parts.join(""), "utf8") }, true)).failure?.startsWith(kind) ?? false;
  };
  const lines = await fewest(source.text.split(/(?<=\n)/), fails);
  const text = (await fewest([...lines.join("")], fails)).join("");
  return Buffer.from(text, "utf8");
}

/** Leaves out halves, quarters, … as long as the rest still fails (delta debugging, Zeller 1999). */
export async function fewest(parts: readonly string[], fails: (parts: readonly string[]) => Promise<boolean>): Promise<readonly string[]> {
  let left = parts;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < left.length; ) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (without.length < left.length && (await fails(without))) left = without;
      else at += size;
    }
  }
  return left;
}
