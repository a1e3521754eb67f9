import type { Rule } from "../model/finding.ts";

export const nameATag: Rule<never> = {
  id: "name-a-tag",
  summary: "A reference says which version it means",
  severity: "warning",
  needs: [],
  page: `A reference without a tag means \`latest\`, which says nothing to a reader and moves with every release.

**What to do.** Write the tag that you mean. A reference with a digest needs no tag, although one helps people
to read it.`,
  *check({ reading }) {
    if (reading.is !== "reference") return;
    const { tag, digest } = reading.reference;
    if (tag === undefined && digest === undefined)
      yield { message: "no version is named", label: "reads as :latest", help: "write the tag that you mean" };
  },
};
