import type { SignatureVerdict } from "../model/evidence.ts";
import type { Problem, Rule } from "../model/finding.ts";
import { signatureNeedFor } from "../model/match.ts";
import type { SignatureNeed } from "../model/policy.ts";
import { locate } from "../model/reference.ts";
import { identityText, needText } from "../model/signers.ts";

export const signedByATrustedSigner: Rule<"signed"> = {
  id: "signed-by-a-trusted-signer",
  summary: "An image is signed by whom the policy trusts with it",
  severity: "error",
  needs: ["signed"],
  page: `The policy says whose signatures these images need, and the image has none that counts. A digest says which
image runs; only a signature says who made it.

\`\`\`yaml
signers:
  release: {key: keys/release.pub}
images:
  - match: ghcr.io/acme/**
    signed: {by: [release]}
\`\`\`

The finding says which of three it is:

- **Nobody has signed it.** The registry was asked in every way, and holds no signature of this digest. An SBOM or a
  scan that somebody attested is no signature, whoever attested it.
- **Others have signed it.** The signatures hold, and the policy names nobody who made one. The finding says who did.
- **A signature does not hold.** It is there, and it is wrong; the finding says why.

What could not be asked is a finding of its own, [evidence-answers](evidence-answers.md), and never "unsigned".

**What to do.** \`lading inspect IMAGE\` shows everything that is attached to the image, and what becomes of it. Sign
the image in the pipeline that builds it (\`cosign sign\`, \`notation sign\`); add the signer to \`signed.by\` if it is one
that you trust; or say that these images need no signature with \`signed: false\`. Signatures are made over the index
of a multi-platform image: pin that, not one platform's image.`,
  skip: (policy) => (policy.images.some(({ signed }) => typeof signed === "object") ? undefined : "the policy asks for no signatures"),
  *check({ reading }, { signed }, policy) {
    if (signed.is !== "known" || reading.is !== "reference") return;
    const need = signatureNeedFor(policy, locate(reading.reference.name));
    const problem = need && problemOf(signed.value, need);
    if (problem) yield problem;
  },
};

function problemOf(verdict: SignatureVerdict, need: SignatureNeed): Problem | undefined {
  const wanted = needText(need);
  const help = `needs a signature by ${wanted}; \`lading inspect\` shows what is there`;
  switch (verdict.is) {
    case "absent": return { message: "nobody has signed this image", label: `not signed; the policy wants ${wanted}`, help };
    case "untrusted": return { message: "nobody whom the policy trusts with it has signed this image", label: othersOf(verdict) ?? verdict.why, help };
    case "invalid": return { message: "the signature of this image does not hold", label: verdict.why, help };
    default: return undefined;
  }
}

/** Who has signed, where none of them is trusted. */
function othersOf({ statements }: SignatureVerdict): string | undefined {
  const names = statements.flatMap(({ kind, verdict }) => (kind === "signature" && verdict.is === "untrusted" ? [identityText(verdict.identity)] : []));
  return names.length === 0 ? undefined : `signed by ${[...new Set(names)].join(", ")}`;
}
