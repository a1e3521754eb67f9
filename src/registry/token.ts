import type { Login } from "./credentials.ts";
import { RegistryFault } from "./fault.ts";
import type { Clock } from "./limits.ts";
import { Secret } from "./secret.ts";
import type { HttpReply, HttpRequest } from "./transport.ts";

/** A token, ready to be sent. */
export interface Token {
  readonly header: Secret;
  /** Milliseconds since the epoch, with a margin for the way. */
  readonly goodUntil: number;
}

/** Sends a request whose time is already accounted for. */
export type Fetch = (request: Omit<HttpRequest, "budgetMs">) => Promise<HttpReply>;

export interface TokenServer {
  readonly realm: URL;
  readonly service: string | undefined;
}

const TOKEN_BYTES = 256 * 1024;

/** A token without `expires_in` holds this long (distribution, "Token Authentication Specification"). */
const DEFAULT_SECONDS = 60;

/**
 * Fetches a token: GET with Basic credentials, if any (distribution `spec/auth/token`), or POST with
 * the refresh token where the login is one (`spec/auth/oauth`).
 */
export async function fetchToken(server: TokenServer, scope: string, login: Login, fetch: Fetch, clock: Clock): Promise<Token> {
  const issued = clock.now();
  const reply = await fetch(tokenRequest(server, scope, login));
  const host = server.realm.host;
  if (reply.status === 401 || reply.status === 403 || (reply.status === 400 && login.credential !== undefined))
    throw new RegistryFault(
      reply.status === 403 ? "forbidden" : "unauthorized",
      login.credential === undefined
        ? `its token server ${host} gives no token without a login (${reply.status})`
        : `its token server ${host} refused the login from ${login.credential.source} (${reply.status})`,
    );
  if (reply.status === 429) throw new RegistryFault("rate-limited", `its token server ${host} says 429, too many requests`);
  if (reply.status >= 500) throw new RegistryFault("server-error", `its token server ${host} says ${reply.status}`);
  if (reply.status !== 200) throw new RegistryFault("malformed", `its token server ${host} says ${reply.status}`);
  return readToken(reply.body, host, issued);
}

function tokenRequest(server: TokenServer, scope: string, { credential }: Login): Omit<HttpRequest, "budgetMs"> {
  const { service } = server;
  const url = new URL(server.realm);
  if (credential?.kind === "identity") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "lading",
      scope,
      refresh_token: credential.token.reveal(),
      ...(service === undefined ? {} : { service }),
    });
    return { method: "POST", url, form: new Secret(form.toString()), maxBytes: TOKEN_BYTES };
  }
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", scope);
  const pair = credential && Buffer.from(`${credential.username}:${credential.password.reveal()}`).toString("base64");
  return {
    method: "GET",
    url,
    maxBytes: TOKEN_BYTES,
    ...(pair === undefined ? {} : { authorization: new Secret(`Basic ${pair}`) }),
  };
}

function readToken(body: Buffer, host: string, issued: number): Token {
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown };
  try {
    answer = (JSON.parse(body.toString("utf8")) ?? {}) as typeof answer;
  } catch {
    throw new RegistryFault("malformed", `its token server ${host} did not answer in JSON`);
  }
  const text = answer.token ?? answer.access_token;
  // What cannot stand in a header would make node:http throw an error that quotes it.
  if (typeof text !== "string" || !/^[\x21-\x7e]+$/.test(text)) throw new RegistryFault("malformed", `its token server ${host} gave no token`);
  const seconds = typeof answer.expires_in === "number" && answer.expires_in > 0 ? answer.expires_in : DEFAULT_SECONDS;
  const margin = Math.min(10, seconds / 5);
  return { header: new Secret(`Bearer ${text}`), goodUntil: issued + (seconds - margin) * 1000 };
}
