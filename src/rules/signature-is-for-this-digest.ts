import type { Rule } from "../model/finding.ts";
import { signedByATrustedSigner } from "./signed-by-a-trusted-signer.ts";

export const signatureIsForThisDigest: Rule<"signed"> = {
  id: "signature-is-for-this-digest",
  summary: "What is attached to an image as its signature is a signature of this image",
  severity: "error",
  needs: ["signed"],
  page: `Something attached to the image as its signature signs another digest. Whoever may write to the repository can
attach a genuine signature of some other image, so it never counts here; but it is not there by accident either. A tool
that copied the image badly leaves such a thing behind, and so does somebody who tries a replay.

The finding comes even where another signature of the image holds.

**What to do.** \`lading inspect IMAGE\` names the artifact. Find out who pushed it, remove it, and sign the image that is
meant.`,
  skip: (policy) => signedByATrustedSigner.skip!(policy),
  *check(_site, { signed }) {
    if (signed.is !== "known") return;
    const wrong = signed.value.statements.find(({ verdict }) => verdict.is === "invalid" && verdict.code === "subject-mismatch");
    if (wrong?.verdict.is === "invalid")
      yield { message: "a signature of another image is attached to this one", label: wrong.verdict.message, help: `look at ${wrong.artifact} with \`lading inspect\`, and remove it` };
  },
};
