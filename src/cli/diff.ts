/** Unified diffs for `lading pin --diff` and `--interactive`. */
import { createTwoFilesPatch } from "diff";
import type { Rewrite } from "../pipeline/pin-steps.ts";
import { printableLines } from "../report/text.ts";

/**
 * A patch that `git apply` takes.
 * @param prefix the way from where the patch is applied to the checked folder
 */
export function showDiff({ source, after }: Rewrite, prefix: string): string {
  const name = prefix + source.path;
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, source.text, after, undefined, undefined, { context: 3 });
  return patch.replace(/^=+\n/, "");
}

/** The same for a person's eyes: a manifest's control characters could hide the line that matters. */
export const forTerminal = printableLines;
