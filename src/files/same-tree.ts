/** Whether a folder is, to every file that a run looks at, what it was: told from Git's answers without taking them apart. */
import { createHash } from "node:crypto";
import { attributesAround, type GitAnswers, isAttributes, records } from "./git.ts";

/**
 * A name for the content of a folder, or undefined when Git's index does not tell it: a file that the run looks at is
 * changed or new, so is one that says what ids mean, or there is a repository of its own.
 *
 * The listing holds the attribute files of the folder by their ids; those around it are added by content.
 * @param expected gives up as soon as the name cannot be this one
 */
export async function treeKey(asked: GitAnswers, isLookedAt: (file: string) => boolean, expected?: string): Promise<string | undefined> {
  const matters = (file: string): boolean => isLookedAt(file) || isAttributes(file) || file.endsWith("/");
  try {
    const [staged, configured] = await Promise.all([asked.staged(), asked.attributes()]);
    const around = attributesAround(asked, configured);
    if (around === undefined) return undefined;
    const key = createHash("sha256").update(JSON.stringify(around)).update(staged).digest("hex");
    if (expected !== undefined && key !== expected) return undefined;
    for (const answer of [asked.changed, asked.others]) if (records((await answer()).toString()).some(matters)) return undefined;
    return key;
  } catch {
    return undefined;
  }
}
