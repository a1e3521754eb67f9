import type { Rule } from "../model/finding.ts";

export const pinTheIndex: Rule<"pinned" | "index"> = {
  id: "pin-the-index",
  summary: "A multi-platform image is pinned by its index",
  severity: "warning",
  needs: ["pinned", "index"],
  page: `The pinned digest is the image of one platform, and the tag names an index that holds it among others. Nodes
of another architecture cannot run it, and signatures are usually made over the index.

**What to do.** Remove the digest and run \`lading pin\`, which pins what the tag names: the index.`,
  *check({ reading }, { pinned, index }) {
    if (reading.is !== "reference" || reading.reference.digest === undefined) return;
    const { digest } = reading.reference;
    if (pinned.is !== "known" || pinned.value.kind !== "image" || index.is !== "known") return;
    if (index.value.children?.includes(digest))
      yield {
        message: "one platform's image is pinned, not the index",
        label: "a single platform",
        help: `pin the index instead: ${index.value.digest}`,
      };
  },
};
