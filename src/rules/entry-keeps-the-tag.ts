import type { Rule } from "../model/finding.ts";

export const entryKeepsTheTag: Rule<"reach"> = {
  id: "entry-keeps-the-tag",
  summary: "A Kustomize entry that pins an image keeps its tag",
  severity: "info",
  needs: [],
  uses: ["reach"],
  page: `An entry with a \`digest\` alone replaces the tag as well: \`nginx:1.25\` renders as \`nginx@sha256:…\`. The image is
the right one. What is lost is the version, for people who read the cluster, and for tools that follow the tag.

**What to do.** Write the tag next to the digest: kustomize 4.5.3 and later render both.

\`\`\`yaml
images:
  - name: nginx
    newTag: "1.25"
    digest: sha256:…
\`\`\``,
  *check({ reading }, { reach }) {
    if (reading.is !== "reference" || reading.reference.digest === undefined || reading.reference.tag !== undefined) return;
    if (reach.is === "known" && reach.value.untags !== undefined)
      yield { message: "this entry drops the tag", label: `of ${reach.value.untags}`, help: "write newTag: next to digest:" };
  },
};
