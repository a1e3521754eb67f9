/** What a program said on standard error, as a message for people. */
import { withoutLogins } from "./refusal.ts";

const LINES = 20;
const CHARACTERS = 2_000;

/** Chatter that is there with every run, and says nothing about this one. */
const CHATTER = /^(?:# Warning: '|Use --debug flag to render out|WARNING: Kubernetes configuration file|.*walk\.go:\d+: found symbolic link)/;

/** One place of this machine, and what it is called in messages. */
export type Spelling = readonly [path: string, shown: string];

/** The last word of a program counts most for Helm and kustomize, which wrap the cause in what led to it. */
export function readable(said: string, spellings: readonly Spelling[]): string {
  const plain = spellings.reduce((text, [path, shown]) => text.replaceAll(path, shown), withoutLogins(said));
  // Escape sequences of a terminal, and whatever else would not be seen.
  const clean = plain.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
  const lines = clean.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "" && !CHATTER.test(line));
  const kept = lines.slice(0, LINES).join("\n");
  const cut = kept.length > CHARACTERS ? `${kept.slice(0, CHARACTERS)}…` : kept;
  return lines.length > LINES ? `${cut}\n(${lines.length - LINES} more lines)` : cut;
}
