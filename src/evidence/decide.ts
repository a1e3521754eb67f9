/** What all statements about a digest together say about its signatures. */
import type { Gap, SignatureVerdict, SignerIdentity, Statement, StatementVerdict } from "../model/evidence.ts";
import { isOthers } from "./codes.ts";

/** Whose signatures are wanted, and of how many of them. */
export interface Need {
  readonly signers: readonly string[];
  readonly atLeast: number;
}

/**
 * Enough signers beat everything else: what others attach cannot take a signature away.
 *
 * Otherwise the hardest answer that is proved is given. One wrong signature proves `invalid` by itself, and no gap
 * undoes that. `untrusted` and `absent` are claims about all that is attached, so they need all of it read: while
 * there is a gap, or a statement that may still be right, the answer is `unknown`.
 */
export function decide(statements: readonly Statement[], gaps: readonly Gap[], { signers, atLeast }: Need): SignatureVerdict {
  const signatures = statements.filter(isAboutSigning);
  const found = distinctSigners(signatures, signers);
  if (atLeast > 0 && found.length >= atLeast) return { is: "verified", signers: found, statements };
  const wrong = signatures.map(({ verdict }) => verdict).find((verdict) => verdict.is === "invalid");
  if (wrong) return { is: "invalid", why: wrong.message, statements };
  const open = signatures.map(({ verdict }) => verdict).find((verdict) => verdict.is === "unknown" && !isOthers(verdict.code));
  const why = gaps[0]?.message ?? (open as Extract<StatementVerdict, { is: "unknown" }> | undefined)?.message;
  if (why !== undefined) return { is: "unknown", why, statements };
  if (signatures.length === 0) return { is: "absent", statements };
  return { is: "untrusted", why: byWhom(signatures, found, { signers, atLeast }), statements };
}

/** Attestations sign nothing, whoever made them. What could not even be read may have been meant as a signature. */
function isAboutSigning({ kind, verdict }: Statement): boolean {
  return kind === "signature" || (kind === "other" && !(verdict.is === "unknown" && verdict.code === "unsigned"));
}

/** The names that can be counted, each for another identity: one signature under two names is one signer. */
function distinctSigners(statements: readonly Statement[], wanted: readonly string[]): string[] {
  const names = new Map<string, Set<string>>();
  for (const { verdict } of statements) {
    if (verdict.is !== "verified") continue;
    const key = keyOf(verdict.identity);
    const known = names.get(key) ?? new Set();
    for (const name of verdict.signers) if (wanted.includes(name)) known.add(name);
    names.set(key, known);
  }
  return match([...names.values()]);
}

/** The largest set of names such that each stands for an identity of its own (augmenting paths in a bipartite graph). */
function match(identities: readonly ReadonlySet<string>[]): string[] {
  const holder = new Map<string, number>();
  const place = (identity: number, tried: Set<string>): boolean => {
    for (const name of identities[identity]!) {
      if (tried.has(name)) continue;
      tried.add(name);
      const other = holder.get(name);
      if (other === undefined || place(other, tried)) {
        holder.set(name, identity);
        return true;
      }
    }
    return false;
  };
  identities.forEach((_, identity) => place(identity, new Set()));
  return [...holder.keys()].sort();
}

function keyOf(identity: SignerIdentity): string {
  switch (identity.is) {
    case "key":
      return `key ${identity.key}`;
    case "keyless":
      return `keyless ${identity.issuer} ${identity.identity}`;
    case "certificate":
      return `certificate ${identity.thumbprint}`;
  }
}

function byWhom(signatures: readonly Statement[], found: readonly string[], { signers, atLeast }: Need): string {
  if (found.length > 0) return `signed by ${found.join(", ")} alone, and ${atLeast} of ${signers.join(", ")} are wanted`;
  const said = signatures.map(({ verdict }) => (verdict.is === "verified" ? `signed by ${verdict.signers.join(", ")}, and ${signers.join(", ")} is wanted` : verdict.message));
  return [...new Set(said)].slice(0, 3).join("; ");
}
