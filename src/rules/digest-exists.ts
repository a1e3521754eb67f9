import type { Rule } from "../model/finding.ts";

export const digestExists: Rule<"pinned"> = {
  id: "digest-exists",
  summary: "The registry still has the pinned digest",
  severity: "error",
  needs: ["pinned"],
  page: `The registry answers that it has no manifest of this digest. The pods that run it go on, and the next node that
has to pull it cannot. Registries remove untagged manifests in their clean-up; a moved tag leaves the old
digest untagged.

**What to do.** Push the image again, keep a tag on what you pin, or pin what the tag names now:
\`lading check --online\` says whether it has moved.`,
  *check({ reading }, { pinned }) {
    if (reading.is === "reference" && reading.reference.digest !== undefined && pinned.is === "absent")
      yield { message: "the pinned image is gone from its registry", label: "no such manifest", help: "push it again, or pin another digest" };
  },
};
