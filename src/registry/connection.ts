import type { Answer, Failure } from "../model/facts.ts";
import type { Policy } from "../model/policy.ts";
import { createAgents } from "./agents.ts";
import { type Actions, createAuthorizer } from "./auth.ts";
import { type Environment, trustedAuthorities } from "./authorities.ts";
import { createCredentials } from "./credentials.ts";
import { createSchemes, type Endpoint, mayGoPlain } from "./endpoint.ts";
import { RegistryFault } from "./fault.ts";
import { Lane } from "./lane.ts";
import { type Clock, DEFAULT_LIMITS, type Limits, SYSTEM_CLOCK } from "./limits.ts";
import { followRedirects } from "./redirect.ts";
import { openSession, type Session } from "./session.ts";
import { createTransport } from "./transport.ts";

export interface ConnectionOptions {
  readonly policy: Pick<Policy, "file" | "registries" | "mirrors">;
  /** Of lading, for the User-Agent header. */
  readonly version: string;
  readonly limits?: Partial<Limits>;
  /** Default `process.env`. The proxy variables are always read from `process.env` in the end. */
  readonly environment?: Environment;
  readonly clock?: Clock;
}

/**
 * The way to all registries of a run: sockets, logins and tokens, and a lane for each host. Whoever asks in one run
 * shares one, so that a token is fetched once and a host is never asked more at a time than it bears.
 */
export interface Connection {
  readonly policy: ConnectionOptions["policy"];
  readonly limits: Limits;
  readonly clock: Clock;
  /** Puts one question to one endpoint when its host has room. A registry's fault becomes an answer. */
  ask<Value>(endpoint: Endpoint, question: (session: Session) => Promise<Answer<Value>>, manner?: Manner): Promise<Answer<Value>>;
}

/** How a question is put where that is not the usual way. */
export interface Manner {
  /** Default: pull. */
  readonly actions?: Actions;
  /** The answer would only spare other questions: it is asked for once, and not waited for long. */
  readonly optional?: boolean;
}

const OPTIONAL_MS = 10_000;

/** Throws a LadingError for what the user has to mend: a broken login file, a certificate that cannot be read. */
export function connect(options: ConnectionOptions): Connection {
  const { policy } = options;
  const clock = options.clock ?? SYSTEM_CLOCK;
  const environment = options.environment ?? process.env;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const route = createAgents({ authorities: trustedAuthorities(policy, environment), maxSockets: limits.concurrency, environment });
  const transport = followRedirects(createTransport({ route, limits, userAgent: `lading/${options.version}` }), {
    max: limits.redirects,
    mayGoPlain: (target, from) => mayGoPlain(target, from, policy),
  });
  const authorizer = createAuthorizer(createCredentials(environment), clock);
  const brief = { ...limits, retries: 0, questionMs: Math.min(limits.questionMs, OPTIONAL_MS) };
  const schemes = createSchemes(policy);
  const lanes = new Map<string, Lane>();
  const laneOf = (host: string): Lane => {
    let lane = lanes.get(host);
    if (lane === undefined) lanes.set(host, (lane = new Lane(limits)));
    return lane;
  };
  return {
    policy,
    limits,
    clock,
    ask(endpoint, question, { actions = "pull", optional = false } = {}) {
      const lane = laneOf(endpoint.host);
      return lane.run(async () => {
        try {
          const scheme = await schemes(endpoint.host);
          return await question(openSession({ transport, authorizer, limits: optional ? brief : limits, clock, endpoint, scheme, lane, actions }));
        } catch (error) {
          return { is: "unknown", why: failureOf(error, endpoint) };
        }
      });
    },
  };
}

function failureOf(error: unknown, endpoint: Endpoint): Failure {
  if (!(error instanceof RegistryFault)) throw error;
  return { code: error.code, message: `${endpoint.name}: ${error.message}`, registry: endpoint.name };
}
