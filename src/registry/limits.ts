import { RegistryFault } from "./fault.ts";

/** How long, how often and how much. Tests shrink them; the defaults are meant for the Internet. */
export interface Limits {
  /** TCP, TLS and proxy handshakes together. */
  readonly connectMs: number;
  /** From the request to its headers, and between two pieces of a body. */
  readonly responseMs: number;
  /** One endpoint for one question, retries included; a wait that the registry asked for is added. */
  readonly questionMs: number;
  /** Further attempts after the first. */
  readonly retries: number;
  /** The first upper bound of the random wait; it doubles with each retry. */
  readonly backoffMs: number;
  /** A registry that asks us to wait longer than this is not waited for. */
  readonly retryAfterMs: number;
  readonly redirects: number;
  /** What distribution and containerd accept for a manifest: 4 MiB. */
  readonly manifestBytes: number;
  /** Requests at a time to one host, at most. Above 32 a Node process gains little (CPU bound). */
  readonly concurrency: number;
  /** Questions that fail in a row, retries spent, before a host is given up for the run. */
  readonly giveUpAfter: number;
}

export const DEFAULT_LIMITS: Limits = {
  connectMs: 10_000,
  responseMs: 30_000,
  questionMs: 60_000,
  retries: 4,
  backoffMs: 500,
  retryAfterMs: 60_000,
  redirects: 5,
  manifestBytes: 4 * 1024 * 1024,
  concurrency: 32,
  giveUpAfter: 3,
};

/** Time and chance, handed in so that tests need not wait or hope. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to, not including, 1. */
  random(): number;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};

/** The time that one endpoint has left for one question. */
export class Deadline {
  readonly #clock: Clock;
  #at: number;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#at = clock.now() + ms;
  }

  /** Milliseconds left; never less than 1, because an expired deadline throws instead. */
  remaining(): number {
    const left = this.#at - this.#clock.now();
    if (left <= 0) throw new RegistryFault("timeout", "did not answer in the time that a question has");
    return left;
  }

  /** Whether a wait of so many milliseconds leaves time to ask again. */
  allows(ms: number): boolean {
    return this.#clock.now() + ms < this.#at;
  }

  /** A registry that says when to come back is obeyed, and that wait is not held against it. */
  extend(ms: number): void {
    this.#at += ms;
  }
}
