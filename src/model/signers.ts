/** Signers in words. */
import type { SignerIdentity } from "./evidence.ts";
import type { SignatureNeed } from "./policy.ts";

/** `release`, `release or ci`, `release and ci`, `2 of release, ci, qa`. */
export function needText({ by, need }: SignatureNeed): string {
  if (by.length === 1) return by[0]!;
  if (typeof need === "number" && need > 1 && need < by.length) return `${need} of ${by.join(", ")}`;
  return by.join(need === "all" || need === by.length ? " and " : " or ");
}

/** Who signed, for people. */
export function identityText(identity: SignerIdentity): string {
  switch (identity.is) {
    case "key": return `the key sha256:${identity.key}`;
    case "keyless": return `${identity.identity} (${identity.issuer})`;
    case "certificate": return `${identity.subject} (certificate sha256:${identity.thumbprint})`;
  }
}
