/** Ways to damage a text, and to write it in another form. Each is a small step; an input takes one to five. */
import { Random } from "./random.ts";

/** What means something to YAML, JSON, templates, or to whoever reads a reference. */
const TOKENS = [
  ":", ": ", "- ", "? ", "#", " #", "&a ", "*a", "!!str ", "!t ", "|", "|-", ">", ">2", "'", '"', "{", "}", "[", "]", ",", "%YAML 1.2\n", "---\n", "\n---\n", "...\n", "@", "`", "\\", "\\n", "\\u0041", "''",
  "<<: *a\n", "~", "null", "\t", "\r", "\r\n", "\n", "\n\n", " ", "    ", "\ufeff", "\u2028", "\u0085", "\u00a0", "\u0000", "é", "😀", "\ud83d", "\u200b",
  "{{ .Values.x }}", "{{- if x }}\n", "${TAG}", "$(IMAGE)", "<NAME>", "image: nginx:1.27\n", "image: ", "repository: ", "tag: 1.10\n", "digest: \"\"\n", "registry: ", "newTag: v1\n", "images:\n", "@sha256:", `@sha256:${"0".repeat(64)}`,
  "# lading: ignore[pin-by-digest] why\n", "# {\"$imagepolicy\": \"a:b\"}", "# renovate: datasource=docker\n", "/*", "*/", "//", "`${", "nginx:1.27", "ghcr.io/acme/web:1.0",
  "kind: Pod\n", "kind: Kustomization\n", "apiVersion: v1\n", "spec:\n", "containers:\n", "- op: replace\n  path: /spec/image\n  value: a:1\n", "values: |\n", "patch: |-\n",
] as const;

type Step = (text: string, random: Random, other: () => string) => string;

const put = (text: string, at: number, end: number, what: string): string => text.slice(0, at) + what + text.slice(end);

/** A place, often near an image: that is where a wrong byte would be. */
function place(text: string, random: Random): number {
  const any = random.below(text.length + 1);
  if (random.oneIn(2)) return any;
  const found = text.indexOf(random.pick(["mage", "tag", "epository", "digest", "alue", "atch"]), any);
  return found < 0 ? any : Math.min(text.length, Math.max(0, found - 6 + random.below(40)));
}

/** A range of a few characters, or of some lines. */
function range(text: string, random: Random): [number, number] {
  const start = place(text, random);
  if (random.oneIn(2)) return [start, Math.min(text.length, start + 1 + random.below(12))];
  const from = text.lastIndexOf("\n", start - 1) + 1;
  let to = from;
  for (let lines = 1 + random.below(4); lines > 0; lines--) to = text.indexOf("\n", to) + 1 || text.length;
  return [from, to];
}

function onLines(text: string, random: Random, change: (line: string) => string): string {
  const [start, end] = range(text, random);
  const from = text.lastIndexOf("\n", start - 1) + 1;
  return put(text, from, end, text.slice(from, end).split("\n").map((line) => (line.trim() === "" ? line : change(line))).join("\n"));
}

/** Changes the value behind a key, of the first one at or after a place. */
function onValue(text: string, random: Random, change: (value: string, indent: string) => string): string {
  const pattern = /^([ \t]*)(?:- )*[\w.-]+:[ \t]+(\S.*)$/gm;
  pattern.lastIndex = place(text, random);
  const found = pattern.exec(text);
  if (!found) return text;
  const end = found.index + found[0].length;
  return put(text, end - found[2]!.length, end, change(found[2]!, found[1]!));
}

const indented = (text: string, indent: string): string => text.split("\n").map((line) => (line === "" ? line : indent + line)).join("\n");

/** The text as a string of a manifest that holds others. */
function nest(text: string, random: Random): string {
  const front = random.pick([
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  a.yaml: ", "kind: Kustomization\npatches:\n- patch: ",
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: ",
  ]);
  const indent = " ".repeat(4 + random.below(6));
  switch (random.below(4)) {
    case 0: return `${front}${JSON.stringify(text)}\n`;
    case 1: return `${front}'${text.replaceAll("'", "''")}'\n`;
    case 2: return `${front}>\n${indented(text.replaceAll("\n", "\n\n"), indent)}`;
    default: return `${front}${random.pick(["|", "|-", "|+", "|4", ">-"])}\n${indented(text, indent)}`;
  }
}

const STEPS: readonly Step[] = [
  (text, random) => put(text, ...range(text, random), ""),
  (text, random) => {
    const [start, end] = range(text, random);
    return put(text, end, end, text.slice(start, end));
  },
  (text, random) => {
    const [[a, b], [c, d]] = [range(text, random), range(text, random)].sort((x, y) => x[0] - y[0]) as [[number, number], [number, number]];
    return b > c ? text : text.slice(0, a) + text.slice(c, d) + text.slice(b, c) + text.slice(a, b) + text.slice(d);
  },
  (text, random) => {
    const at = place(text, random);
    return put(text, at, at, random.pick(TOKENS));
  },
  (text, random) => put(text, ...range(text, random), random.pick(TOKENS)),
  (text, random) => text.slice(0, place(text, random)),
  (text, random) => text.slice(place(text, random)),
  (text, random, other) => {
    const second = other();
    return text.slice(0, place(text, random)) + random.pick(["", "\n", "\n---\n"]) + second.slice(random.oneIn(2) ? 0 : place(second, random));
  },
  (text, random) => onLines(text, random, (line) => " ".repeat(1 + random.below(4)) + line),
  (text, random) => onLines(text, random, (line) => line.replace(/^ {1,2}/, "")),
  (text, random) => onLines(text, random, (line) => line.replace(/^ +/, "\t")),
  (text, random) => onLines(text, random, (line) => `${line}${random.pick([" ", "\t", " # c", "#", "\r", ","])}`),
  (text, random) => onValue(text, random, (value) => JSON.stringify(value)),
  (text, random) => onValue(text, random, (value) => `'${value.replaceAll("'", "''")}'`),
  (text, random) => onValue(text, random, (value, indent) => `${random.pick(["|", "|-", ">", ">-", "|+", "|2-"])}\n${indent}    ${value}`),
  (text, random) => onValue(text, random, (value) => `${random.pick(["&a ", "!!str ", "!t ", "*a ", ""])}${value}${random.pick(["", " *a", "\n"])}`),
  (text, random) => onValue(text, random, (value) => random.pick(["", "{}", "[]", "~", '""', `[${value}]`, `{a: ${value}}`, `{name: ${value}, tag: v1}`, value.replaceAll("/", "\n        /"), value.replaceAll(":", "\\x3a")])),
  (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  (text) => text.replaceAll("\n", "\r"),
  (text, random) => text.replaceAll("\n", () => random.pick(["\n", "\r\n", "\n", "\r"])),
  (text) => (text.startsWith("\ufeff") ? text.slice(1) : `\ufeff${text}`),
  (text, random) => nest(text, random),
];

/** A damaged text. `other` gives another one, to splice in. */
export function mutate(text: string, random: Random, other: () => string): string {
  let mutated = text;
  for (let steps = random.pick([1, 1, 1, 2, 2, 3, 5]); steps > 0; steps--) mutated = random.pick(STEPS)(mutated, random, other);
  return mutated;
}

/** Text → bytes, mostly as they are; sometimes in UTF-16, with flipped bits, or cut within a character. */
export function toBytes(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text, "utf8");
  switch (random.below(24)) {
    case 0: {
      const wide = Buffer.from(text.startsWith("\ufeff") ? text : `\ufeff${text}`, "utf16le");
      return random.oneIn(2) ? wide : wide.swap16();
    }
    case 1:
      for (let flips = 1 + random.below(3); flips > 0 && bytes.length > 0; flips--) bytes[random.below(bytes.length)]! ^= 1 << random.below(7);
      return bytes;
    case 2: return bytes.subarray(0, random.below(bytes.length + 1));
    default: return bytes;
  }
}
