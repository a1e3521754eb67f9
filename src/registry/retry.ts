import { RegistryFault } from "./fault.ts";
import type { Clock, Deadline, Limits } from "./limits.ts";
import type { HttpReply } from "./transport.ts";

/** 501 is missing: "not implemented" will not be implemented in a second. */
const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);

export interface RetryOptions {
  readonly limits: Pick<Limits, "retries" | "backoffMs" | "retryAfterMs">;
  readonly clock: Clock;
  readonly deadline: Deadline;
}

type Outcome = { readonly reply: HttpReply } | { readonly fault: RegistryFault };

/**
 * Tries again what may pass: busy and broken servers, resets and timeouts.
 *
 * The waits are exponential with full jitter (random from 0 to the bound), which spreads a herd best
 * (AWS, "Exponential Backoff And Jitter"). A Retry-After header (RFC 9110, 10.2.3) is obeyed, with the
 * first bound's jitter on top, so that all who were told the same second do not come back in it.
 */
export async function retry(attempt: () => Promise<HttpReply>, options: RetryOptions): Promise<HttpReply> {
  const { limits, clock, deadline } = options;
  for (let tried = 0; ; tried++) {
    const outcome = await settle(attempt);
    if (!mayPass(outcome) || tried === limits.retries) return unwrap(outcome);
    const asked = "reply" in outcome ? retryAfter(outcome.reply, clock.now()) : undefined;
    if (asked !== undefined && asked > limits.retryAfterMs) throw tooLong(outcome as { reply: HttpReply }, asked, limits);
    if (asked !== undefined) deadline.extend(asked);
    const wait = asked === undefined ? clock.random() * limits.backoffMs * 2 ** tried : asked + clock.random() * limits.backoffMs;
    if (!deadline.allows(wait)) return unwrap(outcome);
    await clock.sleep(wait);
  }
}

/** Milliseconds that a 429 or 503 asks us to wait: a number of seconds or an HTTP date. */
export function retryAfter(reply: Pick<HttpReply, "status" | "headers">, now: number): number | undefined {
  const text = reply.headers["retry-after"]?.trim();
  if (text === undefined || (reply.status !== 429 && reply.status !== 503)) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function settle(attempt: () => Promise<HttpReply>): Promise<Outcome> {
  try {
    return { reply: await attempt() };
  } catch (error) {
    if (error instanceof RegistryFault) return { fault: error };
    throw error;
  }
}

function unwrap(outcome: Outcome): HttpReply {
  if ("fault" in outcome) throw outcome.fault;
  return outcome.reply;
}

function mayPass(outcome: Outcome): boolean {
  return "fault" in outcome ? outcome.fault.retryable : PASSING_STATUS.has(outcome.reply.status);
}

function tooLong({ reply }: { reply: HttpReply }, asked: number, limits: RetryOptions["limits"]): RegistryFault {
  const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
  return new RegistryFault(
    reply.status === 429 ? "rate-limited" : "server-error",
    `${reply.status}, asks to wait ${seconds(asked)}, which is longer than the ${seconds(limits.retryAfterMs)} we wait; run again later${reply.status === 429 ? ", or log in for a higher limit" : ""}`,
  );
}
