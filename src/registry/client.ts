import { LadingError } from "../model/errors.ts";
import type { Answer, Manifest, Question } from "../model/facts.ts";
import type { Policy } from "../model/policy.ts";
import type { Authorizer } from "./auth.ts";
import { createSchemes, type Endpoint, endpointsOf } from "./endpoint.ts";
import { RegistryFault } from "./fault.ts";
import { Lane } from "./lane.ts";
import type { Clock, Limits } from "./limits.ts";
import { lookUp } from "./look-up.ts";
import { openSession } from "./session.ts";
import type { Transport } from "./transport.ts";

export interface ClientOptions {
  readonly policy: Pick<Policy, "registries" | "mirrors">;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly limits: Limits;
  readonly clock: Clock;
}

/** Puts one question to the endpoints that may know, in order. Throws only for what the user has to mend. */
export type Client = (question: Question) => Promise<Answer<Manifest>>;

/** A mirror that cannot be asked is passed over; one that refuses or lies is not, or nobody would notice. */
const PASSED_OVER = new Set(["unreachable", "server-error", "timeout"]);

export function createClient(options: ClientOptions): Client {
  const schemes = createSchemes(options.policy);
  const lanes = new Map<string, Lane>();
  const laneOf = (host: string): Lane => {
    let lane = lanes.get(host);
    if (lane === undefined) lanes.set(host, (lane = new Lane(options.limits)));
    return lane;
  };

  const askEndpoint = (endpoint: Endpoint, question: Question): Promise<Answer<Manifest>> => {
    const lane = laneOf(endpoint.host);
    return lane.run(async () => {
      try {
        const scheme = await schemes(endpoint.host);
        return await lookUp(openSession({ ...options, endpoint, scheme, lane }), question, options);
      } catch (error) {
        return { is: "unknown", why: failureOf(error, endpoint) };
      }
    });
  };

  return async (question) => {
    const passed: string[] = [];
    for (const endpoint of endpointsOf(question, options.policy.mirrors)) {
      const answer = await askEndpoint(endpoint, question);
      if (endpoint.mirror && answer.is === "absent") passed.push(`the mirror ${endpoint.name} does not have it`);
      else if (endpoint.mirror && answer.is === "unknown" && PASSED_OVER.has(answer.why.code)) passed.push(`of the mirror ${answer.why.message}`);
      else return withPassed(answer, passed);
    }
    throw new LadingError("internal", `no endpoint for ${question.registry}`);
  };
}

/**
 * What became of the mirrors is told where the registry itself could not be asked. A mirror's "there is
 * none" is not taken for an answer: a mirror lags, or holds a part only.
 */
function withPassed(answer: Answer<Manifest>, passed: readonly string[]): Answer<Manifest> {
  if (answer.is !== "unknown" || passed.length === 0) return answer;
  return { is: "unknown", why: { ...answer.why, message: `${answer.why.message} (${passed.join("; ")})` } };
}

function failureOf(error: unknown, endpoint: Endpoint): (Answer<never> & { is: "unknown" })["why"] {
  if (!(error instanceof RegistryFault)) throw error;
  return { code: error.code, message: `${endpoint.name}: ${error.message}`, registry: endpoint.name };
}
