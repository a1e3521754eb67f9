/** Errors that a person can act on; anything else that is thrown is a bug. */

/** What the exit code will say: 2 usage or policy, 4 could not do its job. */
export type ErrorKind = "usage" | "policy" | "io" | "internal";

export class LadingError extends Error {
  override readonly name = "LadingError";
  readonly kind: ErrorKind;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, hint?: string) {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

/** What was thrown, as a sentence. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
