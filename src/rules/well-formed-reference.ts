import type { Rule } from "../model/finding.ts";

export const wellFormedReference: Rule<never> = {
  id: "well-formed-reference",
  summary: "A reference follows the distribution grammar",
  severity: "error",
  needs: [],
  page: `The text cannot be an image reference, so no node can pull it: an uppercase repository name, a tag with
characters that tags cannot have, a digest that is too short.

A short or misspelled digest is the dangerous case: it looks pinned to a person, and to linters that only look
for an \`@\`.

**What to do.** Correct the text. The grammar is \`[host[:port]/]name[:tag][@sha256:<64 hex digits>]\`, all of
the name in lowercase.`,
  *check({ reading }) {
    if (reading.is === "invalid")
      yield { message: "this is not an image reference", label: reading.problem.message, help: "correct the reference; no node can pull it as it stands" };
  },
};
