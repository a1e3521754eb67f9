/** The tags that a repository is rendered with, for images whose values say none. */
import { parseReference } from "../../model/reference.ts";

/** Each tag once, of references whose name ends with the repository. */
export function tagsRendered(text: string, repository: string): readonly string[] {
  if (repository === "") return [];
  const tags = new Set<string>();
  for (const [token] of text.matchAll(/[A-Za-z0-9][A-Za-z0-9._/:@-]*/g)) {
    if (!token.includes(repository)) continue;
    const parsed = parseReference(token);
    if (!parsed.ok || parsed.reference.tag === undefined) continue;
    const { name, tag } = parsed.reference;
    if (name === repository || name.endsWith(`/${repository}`)) tags.add(tag);
  }
  return [...tags];
}
