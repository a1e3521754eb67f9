import pLimit, { type LimitFunction } from "p-limit";

import type { Answer, Failure } from "../model/facts.ts";
import { RegistryFault } from "./fault.ts";
import type { Limits } from "./limits.ts";
import type { HttpReply } from "./transport.ts";

/** Failures that say something about the host and not about the image that was asked for. */
const OF_THE_HOST = new Set<Failure["code"]>(["unreachable", "timeout", "rate-limited"]);

/**
 * The way to one host: how many questions are under way at a time, and whether to go on at all.
 *
 * Width follows TCP's additive increase, multiplicative decrease: halved when the host pushes back
 * (429, 503, timeout), one more after as many good answers as the lane is wide. A host that fails a
 * few questions in a row with every retry spent is given up for the run; a thousand images on a dead
 * host would otherwise take hours to say the same thing.
 */
export class Lane {
  readonly #limit: LimitFunction;
  readonly #limits: Pick<Limits, "concurrency" | "giveUpAfter">;
  #epoch = 0;
  #good = 0;
  #failures = 0;
  #lastFailure: Failure | undefined;

  constructor(limits: Pick<Limits, "concurrency" | "giveUpAfter">) {
    this.#limits = limits;
    this.#limit = pLimit(limits.concurrency);
  }

  /** How many questions may be under way now. */
  get width(): number {
    return this.#limit.concurrency;
  }

  /** Asks when there is room, or repeats the failure of a host that was given up. */
  run<Value>(ask: () => Promise<Answer<Value>>): Promise<Answer<Value>> {
    return this.#limit(async () => {
      if (this.#failures >= this.#limits.giveUpAfter && this.#lastFailure) return givenUp(this.#lastFailure, this.#failures);
      const answer = await ask();
      if (answer.is === "unknown" && OF_THE_HOST.has(answer.why.code)) {
        this.#failures++;
        this.#lastFailure = answer.why;
      } else {
        this.#failures = 0;
      }
      return answer;
    });
  }

  /** Watches one request, to learn how much the host bears. */
  async watch(attempt: () => Promise<HttpReply>): Promise<HttpReply> {
    const epoch = this.#epoch;
    try {
      const reply = await attempt();
      if (reply.status === 429 || reply.status === 503) this.#narrow(epoch);
      else this.#widen();
      return reply;
    } catch (error) {
      if (error instanceof RegistryFault && error.code === "timeout") this.#narrow(epoch);
      throw error;
    }
  }

  /** Requests that left before the last halving say nothing new: one overload halves once. */
  #narrow(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#epoch++;
    this.#good = 0;
    this.#limit.concurrency = Math.max(1, Math.floor(this.width / 2));
  }

  #widen(): void {
    if (++this.#good < this.width) return;
    this.#good = 0;
    if (this.width < this.#limits.concurrency) this.#limit.concurrency = this.width + 1;
  }
}

function givenUp(why: Failure, failures: number): Answer<never> {
  return { is: "unknown", why: { ...why, message: `${why.message} (not asked again after ${failures} failures in a row)` } };
}
