import { inspect } from "node:util";

/**
 * A password, token or header value that must not reach a message, a log or a report.
 *
 * Redaction by type: every way in which JavaScript turns a value into text gives "[secret]", so that
 * a leak needs a call to {@link reveal}, which is easy to search for.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; only for the line that puts it into a request. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
