/** Small damage to texts, the same in every run. */

/** mulberry32: the same numbers everywhere, from 0 up to, not including, 1. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What YAML gives a meaning to, and what people write most. */
const PIECES = [
  " ", "  ", "\n", "\r\n", "\t", ":", ": ", "-", "- ", "#", " #", " # c", "'", '"', "''", "\\", ",", "[", "]", "{", "}", "{}", "[]",
  "|", ">", "|-", ">-", "|+", "|2", "&a ", "*a", "!!str ", "!t ", "?", "? ", "---\n", "...\n", "%", "@", "`", "~", "null", "<<: *a", "\u00e9", "\u{1f600}", "\ufeff", "\u0085", "\u2028", "\u00a0", "x", "0", "=", "\0", "- - ", "a: ", "k: v\n",
];

/** One to three changes: bytes and lines deleted, doubled, swapped; indentation, quotes and indicators put in. */
export function mutate(text: string, next: () => number): string {
  let result = text;
  for (let changes = 1 + Math.floor(next() * 3); changes > 0; changes--) result = change(result, next);
  return result;
}

function change(text: string, next: () => number): string {
  const pick = (length: number): number => Math.floor(next() * length);
  const at = pick(text.length + 1);
  switch (pick(10)) {
    case 0: return text.slice(0, at) + text.slice(at + 1 + pick(4));
    case 1: case 2: case 3: return text.slice(0, at) + PIECES[pick(PIECES.length)]! + text.slice(at);
    case 4: return text.slice(0, at) + PIECES[pick(PIECES.length)]! + text.slice(at + 1);
    case 5: return text.slice(0, at) + text.slice(Math.max(0, at - 1 - pick(6)), at) + text.slice(at);
    default: return lines(text, next);
  }
}

function lines(text: string, next: () => number): string {
  const pick = (length: number): number => Math.floor(next() * length);
  const all = text.split("\n");
  const at = pick(all.length);
  const line = all[at]!;
  switch (pick(8)) {
    case 0: all.splice(at, 1); break;
    case 1: all.splice(at, 0, line); break;
    case 2: all.splice(at, 1, all[pick(all.length)]!); break;
    case 3: all[at] = `${" ".repeat(1 + pick(3))}${line}`; break;
    case 4: all[at] = line.slice(Math.min(1 + pick(3), line.length - line.trimStart().length)); break;
    case 5: all[at] = line.includes('"') ? line.replaceAll('"', "'") : line.includes("'") ? line.replaceAll("'", '"') : line.replace(/(: |- )(.*)/, '$1"$2"'); break;
    case 6: all[at] = `${line}${[" # c", ":", " ", "\r", ' "', " |", " >", "\\", ","][pick(9)]!}`; break;
    default: all.splice(at, 0, ["", "# c", "  # c", "      ", "---", "- x", "a: b", "    text", "{{ if }}"][pick(9)]!); break;
  }
  return all.join("\n");
}
