/** Unified diffs for `lading pin --diff` and `--interactive`. */
import { createTwoFilesPatch } from "diff";
import type { Rewrite } from "../pipeline/pin.ts";

/** A patch that `git apply` takes. */
export async function showDiff({ source, after }: Rewrite): Promise<string> {
  const patch = createTwoFilesPatch(`a/${source.path}`, `b/${source.path}`, source.text, after, undefined, undefined, { context: 3 });
  return patch.replace(/^=+\n/, "");
}
