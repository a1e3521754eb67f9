/** `lading pin --interactive`: shows each file's change and asks. */
import { createInterface } from "node:readline/promises";
import { LadingError } from "../model/errors.ts";
import type { PinOptions } from "../pipeline/pin.ts";
import type { Rewrite } from "../pipeline/pin-steps.ts";
import { forTerminal, showDiff } from "./diff.ts";

type Write = PinOptions["write"];

/** Asks before each write: yes, no, all the rest, or quit. The end of the input is a no to all the rest. */
export function askEach(put: Write, prefix: string): Write {
  if (!process.stdin.isTTY) throw new LadingError("usage", "--interactive needs a terminal", "leave it out, or look with --diff");
  let rest: "y" | "n" | undefined;
  return async (rewrite) => {
    const answer = rest ?? (await question(rewrite, prefix));
    if (answer === "a") rest = "y";
    if (answer === "q") rest = "n";
    return answer === "y" || answer === "a" ? put(rewrite) : "declined";
  };
}

async function question(rewrite: Rewrite, prefix: string): Promise<string> {
  process.stderr.write(forTerminal(showDiff(rewrite, prefix)));
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await terminal.question("write this? [y]es, [n]o, [a]ll, [q]uit: ")).trim().toLowerCase()[0];
      if (answer !== undefined && "ynaq".includes(answer)) return answer;
    }
  } catch {
    return "q";
  } finally {
    terminal.close();
  }
}
