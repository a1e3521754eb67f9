import type { Actions, Authorizer, Subject } from "./auth.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Lane } from "./lane.ts";
import { type Clock, Deadline, type Limits } from "./limits.ts";
import { retry } from "./retry.ts";
import type { Secret } from "./secret.ts";
import type { Fetch } from "./token.ts";
import type { HttpReply, RequestBody, Transport } from "./transport.ts";

/** One question at one endpoint: requests that log in, try again and keep to the time. */
export interface Session {
  readonly endpoint: Endpoint;
  /** Sends a request for a path below `/v2/`, and reads no more than a manifest may have, or `maxBytes`. */
  send(method: "GET" | "HEAD", path: string, accept: string, maxBytes?: number): Promise<HttpReply>;
  /** Stores something at a path below `/v2/`; the session must be one that may push. */
  store(method: "POST" | "PUT", path: string, body?: RequestBody): Promise<HttpReply>;
  /** What was shown to a registry that refused it, in words. */
  refusal(): Promise<string>;
}

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly scheme: "http" | "https";
  readonly lane: Lane;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
  readonly limits: Limits;
  readonly clock: Clock;
  /** Default: pull. */
  readonly actions?: Actions;
}

export function openSession(options: SessionOptions): Session {
  const { endpoint, lane, transport, authorizer, limits, clock } = options;
  const origin = new URL(`${options.scheme}://${endpoint.host}`);
  const deadline = new Deadline(clock, limits.questionMs);
  const fetch: Fetch = (request) =>
    retry(() => lane.watch(() => transport({ ...request, budgetMs: deadline.remaining() })), { limits, clock, deadline });
  const subject: Subject = { endpoint, origin, actions: options.actions ?? "pull", fetch };

  /** Asks with what login is known, and once more with what a refusal teaches. */
  const loggedIn = async (ask: (authorization: Secret | undefined) => Promise<HttpReply>): Promise<HttpReply> => {
    const leave = await authorizer.enter(origin);
    let shown: Secret | undefined;
    let reply: HttpReply;
    try {
      shown = await authorizer.known(subject);
      reply = await ask(shown);
      // A challenge from where a redirect led is that host's; our login is for this one.
      if (reply.status !== 401 || reply.elsewhere) return reply;
      authorizer.learn(subject, reply.headers["www-authenticate"]);
    } finally {
      leave();
    }
    const renewed = await authorizer.renew(subject, shown);
    return renewed === undefined ? reply : ask(renewed);
  };
  const at = (path: string): URL => new URL(`/v2/${path}`, origin);

  return {
    endpoint,
    send: (method, path, accept, maxBytes = limits.manifestBytes) =>
      loggedIn((authorization) => fetch({ method, url: at(path), authorization, headers: { accept }, maxBytes })),
    store: (method, path, body) =>
      loggedIn((authorization) => fetch({ method, url: at(path), authorization, ...(body ? { body } : {}), maxBytes: limits.manifestBytes })),
    async refusal() {
      const { credential, note } = await authorizer.login(subject);
      if (credential !== undefined) return `the login from ${credential.source} was refused`;
      const command = endpoint.name === "docker.io" ? "docker login" : `docker login ${endpoint.name}`;
      const advice = `log in with \`${command}\`, or set LADING_REGISTRY_0_HOST, _USERNAME and _PASSWORD`;
      return note === undefined ? advice : `${note}; ${advice}`;
    },
  };
}
