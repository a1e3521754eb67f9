import type { Rule } from "../model/finding.ts";

export const entryUsesItsSuffix: Rule<"reach"> = {
  id: "entry-uses-its-suffix",
  summary: "A Kustomize entry with a tagSuffix leaves the tag to the manifests",
  severity: "warning",
  needs: [],
  uses: ["reach"],
  page: `kustomize adds \`tagSuffix\` to the tag that it finds, and only when the entry has neither \`newTag\` nor \`digest\`.
Beside one of them the suffix is ignored without a word: \`newTag: "1.25"\` with \`tagSuffix: -alpine\` renders \`1.25\`.

**What to do.** Write the whole tag in \`newTag\`, or remove the suffix.`,
  *check(_site, { reach }) {
    if (reach.is === "known" && reach.value.idleSuffix !== undefined)
      yield { message: "this entry's suffix does nothing", label: `tagSuffix ${reach.value.idleSuffix} is ignored beside a tag or a digest`, help: "write the whole tag in newTag" };
  },
};
