import type { Failure } from "../model/facts.ts";

/**
 * Something that went wrong between us and a registry. It travels as an exception inside this folder
 * and becomes a {@link Failure} at its edge; a caller of gather never sees it thrown.
 */
export class RegistryFault extends Error {
  override readonly name = "RegistryFault";
  readonly code: Failure["code"];
  /** Whether the same request may well succeed a moment later. */
  readonly retryable: boolean;

  /** `message` is a clause without the registry's name in front, and without credentials in it. */
  constructor(code: Failure["code"], message: string, retryable = false) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}
