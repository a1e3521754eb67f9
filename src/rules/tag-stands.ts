import type { Rule } from "../model/finding.ts";

export const tagStands: Rule<"tagged"> = {
  id: "tag-stands",
  summary: "The tag still names the pinned digest",
  severity: "info",
  needs: ["tagged"],
  page: `The tag next to the digest names another image now. That is what pins are for: nothing changed in the cluster.
It is also the sign that a newer build exists.

**What to do.** Nothing, or take the newer build on purpose: remove the digest and run \`lading pin\`.`,
  *check({ reading }, { tagged }) {
    if (reading.is !== "reference" || reading.reference.digest === undefined || reading.reference.tag === undefined) return;
    const { tag, digest } = reading.reference;
    if (tagged.is === "known" && tagged.value.digest !== digest)
      yield { message: `tag "${tag}" has moved since the pin`, label: `now ${tagged.value.digest.slice(0, 19)}…`, help: "the pin holds; update it when you mean to" };
    if (tagged.is === "absent")
      yield { message: `tag "${tag}" is gone from the registry`, label: "the digest alone names the image", help: "registries may remove untagged manifests" };
  },
};
