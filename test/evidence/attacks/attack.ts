/** What an attack is, and the Sigstore that all of them go against. */
import type { EvidenceCode } from "../../../src/evidence/codes.ts";
import { verifyArtifact } from "../../../src/evidence/index.ts";
import type { Artifact, Statement, StatementVerdict, Subject, Trust, TrustRoot } from "../../../src/model/evidence.ts";
import { SUBJECT } from "../make/artifacts.ts";
import { ecKey } from "../make/certificates.ts";
import { keyless, keySigner, NOW, Sigstore } from "../make/sigstore.ts";

/** Evidence that must not be believed, and what it must be refused for. */
export interface Attack {
  readonly name: string;
  /** `untrusted`: genuine, but of somebody whom the policy does not name. */
  readonly refused: EvidenceCode | "untrusted";
  readonly make: () => Trial;
}

export interface Trial {
  readonly artifact: Artifact;
  readonly trust: Trust;
  readonly subject?: Subject;
  readonly now?: Date;
}

export function judge({ artifact, trust, subject = SUBJECT, now = NOW }: Trial): Statement[] {
  return verifyArtifact(artifact, subject, trust, now);
}

export const outcome = (verdict: StatementVerdict): string => ("code" in verdict ? verdict.code : verdict.is);

export const sigstore = new Sigstore();
export const elsewhere = new Sigstore();
export const keys = ecKey();
export const strangers = ecKey();

export const roots = (change: Readonly<Record<string, unknown>> = {}, thresholds: Partial<TrustRoot["thresholds"]> = {}): TrustRoot[] => [sigstore.trust(change, thresholds)];
export const release: Trust = { signers: [keyless()], roots: roots() };
export const ours: Trust = { signers: [keySigner(keys)], roots: roots() };

/** The trust root, read, changed and written again. */
export function changed(change: (root: Record<string, Record<string, unknown>[]>) => void): TrustRoot[] {
  const root = JSON.parse(sigstore.trustedRoot()) as Record<string, Record<string, unknown>[]>;
  change(root);
  return roots(root);
}
