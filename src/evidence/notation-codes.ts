/** Why a Notation signature is refused, beyond what can be wrong with any evidence (`codes.ts`): a code for tests and machines, a sentence for people. */
import { messageOf } from "../model/errors.ts";
import { Refusal } from "./codes.ts";

export type NotationCode =
  /** The artifact is not what Notation attaches. */
  | "notation-layers"
  /** A signed attribute is missing, unknown and critical, or at odds with another. */
  | "notation-content-type"
  | "notation-critical"
  | "notation-scheme"
  | "notation-time"
  | "notation-plugin"
  /** Key, algorithm, signature. */
  | "notation-algorithm"
  | "notation-key"
  | "notation-signature"
  /** Certificates. */
  | "notation-certificate-malformed"
  | "notation-chain-order"
  | "notation-chain-root"
  | "notation-certificate-authority"
  | "notation-leaf"
  | "notation-weak-certificate"
  | "notation-certificate-expired"
  /** What is signed. */
  | "notation-payload"
  | "notation-subject-unread"
  | "notation-expired"
  /** The countersignature of a timestamp authority. */
  | "notation-timestamp-malformed"
  | "notation-timestamp-mismatch"
  | "notation-timestamp-signature"
  | "notation-timestamp-untrusted"
  /** The policy's own part cannot be read. */
  | "notation-policy";

export class NotationFault extends Error {
  override readonly name = "NotationFault";
  readonly code: NotationCode;
  /** `unknown` where the signature could be right and what is needed to tell is not here. */
  readonly is: "invalid" | "unknown";

  constructor(code: NotationCode, message: string, is: "invalid" | "unknown" = "invalid") {
    super(message);
    this.code = code;
    this.is = is;
  }
}

/** Runs a reader that throws whatever it likes about bytes it does not like, and gives that one code. */
export function reading<T>(code: NotationCode, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotationFault || error instanceof Refusal) throw error;
    throw new NotationFault(code, `${what} cannot be read: ${messageOf(error)}`);
  }
}
