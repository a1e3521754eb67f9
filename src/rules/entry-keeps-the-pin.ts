import type { Rule } from "../model/finding.ts";

export const entryKeepsThePin: Rule<"reach"> = {
  id: "entry-keeps-the-pin",
  summary: "A Kustomize entry does not take away the digest of a pinned image",
  severity: "warning",
  needs: [],
  uses: ["reach"],
  page: `The image is pinned in the base, or by an earlier entry, and this entry sets \`newTag\` or \`tagSuffix\` without a
digest. kustomize then drops the digest: \`nginx:1.25@sha256:…\` with \`newTag: "1.26"\` renders as \`nginx:1.26\`.
The manifest looks pinned, and what runs is not.

**What to do.** Give the digest of the new tag in the same entry: \`lading pin\` writes it next to \`newTag\`.`,
  *check({ reading }, { reach }) {
    const pins = reading.is === "reference" && reading.reference.digest !== undefined;
    if (!pins && reach.is === "known" && reach.value.unpins !== undefined)
      yield { message: "this entry takes away a digest", label: `${reach.value.unpins} is pinned without it`, help: "run `lading pin`, which writes digest: next to newTag" };
  },
};
