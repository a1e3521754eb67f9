/**
 * Everything that can be wrong with a piece of evidence, or missing to judge it: one list, a sentence each.
 *
 * `invalid` is proved to be wrong. `unknown` may be right: what is needed to tell is not here. `others` marks
 * what is unknown for ever under this policy, because nobody whom it names can have signed.
 */
import type { StatementVerdict } from "../model/evidence.ts";

interface Code {
  readonly is: "invalid" | "unknown";
  readonly says: string;
  readonly others?: true;
}

const invalid = (says: string): Code => ({ is: "invalid", says });
const unknown = (says: string): Code => ({ is: "unknown", says });
const others = (says: string): Code => ({ is: "unknown", says, others: true });

export const CODES = {
  // What is attached.
  unsigned: others("this is attached without a signature of its own"),
  malformed: invalid("this cannot be read"),
  "too-large": invalid("this is larger than anything that is signed"),
  "too-many": invalid("this holds more items than can be looked at"),
  truncated: unknown("only a part of this was read"),
  "media-type-mismatch": invalid("the media type of the layer and the one in the bundle are not the same"),
  "media-type-unknown": unknown("this version of the bundle format is not known"),
  "chain-not-allowed": invalid("a bundle of version 0.3 carries one certificate, and this one a chain"),
  "chain-has-root": invalid("the bundle carries a root certificate, which only a trust root may"),
  "duplicate-key": invalid("a JSON object has the same key twice, so readers may see different contents"),
  "too-deep": invalid("the JSON is nested deeper than any evidence is"),
  base64: invalid("the base64 is not written in its one canonical form"),

  // What is signed.
  "payload-type": invalid("the payload is of another type than an in-toto statement"),
  "signature-count": invalid("the envelope must have exactly one signature"),
  "signature-empty": invalid("the signature is empty"),
  "simplesigning-type": invalid("the payload does not say that it is a signature of a container image"),
  "statement-type": invalid("the payload is not an in-toto statement of version 0.1 or 1"),
  "predicate-type": invalid("the statement does not say what it states"),
  "subject-mismatch": invalid("what is signed is another digest"),
  "needs-manifest": unknown("the signature is over the manifest's bytes, and these were not read"),

  // By whom.
  "no-key-fits": others("no key of the policy fits: another key signed, or what was signed has been changed"),
  "signature-mismatch": invalid("the signature does not fit what it should have signed"),
  "key-unreadable": unknown("a key in the policy cannot be read"),
  "key-unsupported": invalid("the certificate's key is of a kind that is not accepted"),
  "trust-root-unreadable": unknown("a trust root in the policy cannot be read"),

  // Certificates.
  "certificate-malformed": invalid("the certificate cannot be read"),
  "certificate-is-authority": invalid("the certificate is one of an authority, which signs no images"),
  "certificate-usage": invalid("the certificate is not for signatures (keyUsage digitalSignature)"),
  "certificate-purpose": invalid("the certificate is not for code signing (extended key usage)"),
  "certificate-algorithm": invalid("a certificate in the chain is signed with an algorithm that is not accepted"),
  "certificate-critical": invalid("the certificate has a critical extension that is not known"),
  "certificate-time": invalid("the certificate was not valid when the signature was made"),
  "authority-time": invalid("the certificate authority was not trusted when the signature was made"),
  "certificate-chain": invalid("the chain from the certificate to the trust root does not hold"),
  "certificate-root-unknown": others("no trust root of the policy issued the certificate"),
  "sct-missing": invalid("the certificate does not show that it was entered in a certificate log"),
  "sct-invalid": invalid("the proof that the certificate was entered in a certificate log does not hold"),
  "identity-missing": invalid("the certificate names nobody"),
  "identity-ambiguous": invalid("the certificate names several identities"),
  "issuer-missing": invalid("the certificate does not say who vouched for the identity"),
  "issuer-ambiguous": invalid("the certificate names two different issuers of the identity"),

  // When, and in which log.
  "no-trusted-time": invalid("nothing that is trusted says when the signature was made"),
  "time-in-future": invalid("a trusted time lies in the future"),
  "timestamp-malformed": invalid("the timestamp cannot be read"),
  "timestamp-status": invalid("the timestamp authority refused"),
  "timestamp-imprint": invalid("the timestamp is of another signature"),
  "timestamp-signature": invalid("the timestamp is not signed by the authority that it names"),
  "timestamp-authority-unknown": unknown("the timestamp is by an authority that no trust root names"),
  "timestamp-authority-time": invalid("the timestamp authority was not trusted at the time that it states"),
  "timestamp-authority-purpose": invalid("the certificate of the timestamp authority is not for timestamps"),
  "needs-online-log": unknown("the entry in the transparency log is not attached, and nothing is asked online"),
  "log-missing": invalid("the signature is in too few transparency logs"),
  "log-unknown": unknown("the signature is in a transparency log that no trust root names"),
  "log-time": invalid("the key of the transparency log was not trusted at that time"),
  "log-unproved": invalid("the log entry has neither a promise nor a proof"),
  "log-promise": invalid("the promise of the transparency log is not signed by it"),
  "log-checkpoint": invalid("the checkpoint is not signed by the log that the entry names"),
  "log-proof": invalid("the proof does not lead from the entry to the checkpoint"),
  "entry-malformed": invalid("the log entry cannot be read"),
  "entry-kind": invalid("the log entry is of a kind that is not known"),
  "entry-signature": invalid("the log entry is about another signature"),
  "entry-digest": invalid("the log entry is about other contents"),
  "entry-signer": invalid("the log entry names another certificate or key"),
} as const satisfies Record<string, Code>;

export type EvidenceCode = keyof typeof CODES;

/** Why a piece of evidence is not taken. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: EvidenceCode;

  constructor(code: EvidenceCode, detail?: string) {
    super(detail === undefined ? CODES[code].says : `${CODES[code].says}: ${detail}`);
    this.code = code;
  }
}

export function refuse(code: EvidenceCode, detail?: string): never {
  throw new Refusal(code, detail);
}

/** Whatever was thrown while evidence was read, as a verdict. What nobody foresaw is evidence that cannot be read. */
export function verdictOf(thrown: unknown): StatementVerdict {
  const refusal = thrown instanceof Refusal ? thrown : new Refusal("malformed", thrown instanceof Error ? thrown.message.slice(0, 200) : undefined);
  return { is: CODES[refusal.code].is, code: refusal.code, message: refusal.message };
}

/** Whether a statement with this code cannot be by anybody whom the policy names. */
export const isOthers = (code: string): boolean => code in CODES && (CODES as Readonly<Record<string, Code>>)[code]!.others === true;
