import type { Rule } from "../model/finding.ts";
import { signedByATrustedSigner } from "./signed-by-a-trusted-signer.ts";

export const noOlderThanBefore: Rule<"before"> = {
  id: "no-older-than-before",
  summary: "A pin is not moved back to an older image unnoticed",
  severity: "warning",
  needs: ["before"],
  page: `The image that is pinned now is older than the one that the earlier commit pinned at the same place. A signature
says who made an image, not which one you meant: an old image with a known hole is signed as well as the new one.

The earlier commit is \`HEAD\`, so that the rule sees what is about to be committed; \`--since REVISION\` names another one,
which is what continuous integration needs: \`lading check --online --since origin/main\`. Compared are images that the
policy wants signed, by what stands in the images themselves: the label \`org.opencontainers.image.version\` if both have
a plain version, else the time at which they were made. Where neither tells, the finding is information and says so.

**What to do.** If the way back is meant, say so on the line:
\`# lading: ignore[no-older-than-before] 1.5.0 loses orders, back until 1.5.1 until=2027-01-31\`. Else pin the newer image.`,
  skip: (policy) => signedByATrustedSigner.skip!(policy),
  *check(_site, { before }) {
    if (before.is === "unknown")
      yield { message: "whether this image is older than the one before cannot be told", label: before.why, severity: "info", help: "look at what changed between the two" };
    if (before.is === "known" && before.value.is === "older")
      yield { message: "this image is older than the one that was pinned here", label: before.value.by, help: `it was ${before.value.was}; if the way back is meant, say why in a suppression` };
  },
};
