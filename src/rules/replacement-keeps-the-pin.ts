import type { Rule } from "../model/finding.ts";

export const replacementKeepsThePin: Rule<"reach"> = {
  id: "replacement-keeps-the-pin",
  summary: "No Kustomize replacement writes over an image that an entry pins",
  severity: "warning",
  needs: [],
  uses: ["reach"],
  page: `kustomize applies \`replacements:\` after \`images:\`, in the same kustomization and in every one above. One of them
writes the field that this entry pins, so the digest here does not decide what runs.

A replacement that puts in another digest (\`delimiter: "@"\`) or copies the image from another container keeps the
pin, and is no finding.

**What to do.** Pin where the replacement takes its value from, or let it write another field.`,
  *check({ reading }, { reach }) {
    const pins = reading.is === "reference" && reading.reference.digest !== undefined;
    if (pins && reach.is === "known" && reach.value.overwritten !== undefined)
      yield { message: "a replacement writes over this pin", label: `in ${reach.value.overwritten}`, help: "pin the value that the replacement copies" };
  },
};
