/** What a run finds out about itself, its inputs and its exceptions: not about one reference by its facts. */
import type { Rule } from "../model/finding.ts";

export type RuleInfo = Pick<Rule, "id" | "summary" | "severity" | "page">;

export const aboutTheRun = [
  {
    id: "readable-document",
    summary: "Every document that may hold an image can be read",
    severity: "error",
    page: `The document is not YAML, so nothing in it was judged. It is never read by halves: an image that a broken
document hides is worse than a finding.

**What to do.** Correct the syntax at the place named. Helm templates are no YAML before they are rendered; they
are counted, and do not fail a run.`,
  },
  {
    id: "registry-answers",
    summary: "The registry could be asked",
    severity: "warning",
    page: `The registry did not answer, refused, or answered something that cannot be true. Nothing is known about the
reference: it is neither fine nor absent. Under \`--strict\` the run exits with 4.

**What to do.** The message says which: log in (\`docker login\`), wait for a rate limit, correct the address, or
name a mirror in the policy.`,
  },
  {
    id: "rendered-root",
    summary: "What a cluster gets by rendering can be rendered",
    severity: "warning",
    page: `A chart or a kustomization could not be rendered, so the images in its output were not judged. They are neither
fine nor absent. Only runs that render say so: \`lading render\` and \`lading check --render\`. Under \`--strict\`
such a run exits with 4.

**What to do.** The message says which: install the program that it names, correct what the program complained about,
or, where the sandbox refused something, take it out of the tree. A root that is rendered from another repository is
said at the severity \`info\`.`,
  },
  {
    id: "evidence-answers",
    summary: "What is signed about an image could be asked and understood",
    severity: "error",
    page: `The policy wants the image signed, and whether it is could not be told: the registry did not answer, refused,
or cut its answer short; a format is not one that is understood here; a proof is missing that only a network would have.
That is neither "signed" nor "unsigned". It is an error, as whoever can keep an answer from arriving must not get an
image past the check by that. Under \`--strict\` the run exits with 4.

**What to do.** The message says which. Log in, wait for a rate limit, or take the evidence along as a file
(\`lading check --evidence ARCHIVE\`). \`lading inspect IMAGE\` shows what is there and what is missing.`,
  },
  {
    id: "explained-suppression",
    summary: "A suppression names its rule and its reason",
    severity: "warning",
    page: `\`# lading: ignore[rule] reason until=2026-12-31\` on or above a line hides a rule's findings there. One without a
rule or a reason hides nothing, and is a finding itself.`,
  },
  {
    id: "current-suppression",
    summary: "A suppression or waiver has not expired",
    severity: "warning",
    page: `The date behind \`until\` has passed, so the finding counts again.

**What to do.** Resolve the finding, or decide again and write a new date.`,
  },
  {
    id: "used-suppression",
    summary: "A suppression or waiver still has something to suppress",
    severity: "warning",
    page: `Nothing was found where the suppression stands, so it only waits to hide the next mistake. Remove it.`,
  },
] as const satisfies readonly RuleInfo[];

export type AboutTheRun = (typeof aboutTheRun)[number]["id"];
