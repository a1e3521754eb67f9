import { parseChallenges } from "./challenge.ts";
import type { Credentials, Login } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { RegistryFault } from "./fault.ts";
import { isLoopback } from "./loopback.ts";
import type { Clock } from "./limits.ts";
import { Secret } from "./secret.ts";
import { fetchToken, type Fetch, type Token } from "./token.ts";

/** How a registry wants to be shown who asks. */
type Demand =
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: URL; readonly service: string | undefined };

/** What is done in a repository, in the words of token scopes (distribution, "Token Scope Documentation"). */
export type Actions = "pull" | "pull,push";

/** Whom the authorizer serves: one repository on one endpoint, at its origin. */
export interface Subject {
  readonly endpoint: Endpoint;
  readonly origin: URL;
  /** What a token has to allow. */
  readonly actions: Actions;
  /** Sends a token request: with redirects, retries and the question's deadline. */
  readonly fetch: Fetch;
}

export interface Authorizer {
  /**
   * The first request to a registry goes alone for a moment, so that thirty-two at once are not all
   * told to log in. Call the function that comes back when the first reply has been learned from.
   */
  enter(origin: URL): Promise<() => void>;
  /** The header to send at once, if the registry is known to want one. */
  known(subject: Subject): Promise<Secret | undefined>;
  /** Takes note of a 401's challenges; throws where its realm cannot be trusted. */
  learn(subject: Subject, header: string | undefined): void;
  /** The header to answer a 401 with, or undefined if there is nothing further to offer. */
  renew(subject: Subject, refused: Secret | undefined): Promise<Secret | undefined>;
  /** What there was to show, for the message when all was refused. */
  login(subject: Subject): Promise<Login>;
}

/** How long others wait for the first request to a registry before they go as well. */
const FIRST_MS = 1000;

/** Remembers, per registry, how to log in, and per scope the token: each is fetched once, however many ask. */
export function createAuthorizer(credentials: Credentials, clock: Clock): Authorizer {
  const firsts = new Map<string, Promise<void>>();
  const demands = new Map<string, Demand>();
  const tokens = new Map<string, Promise<Token>>();

  const login = (subject: Subject): Promise<Login> => credentials(subject.endpoint.name, subject.endpoint.repository);

  const bearer = async (subject: Subject, demand: Demand & { kind: "bearer" }, refused?: Secret): Promise<Secret> => {
    const scope = `repository:${subject.endpoint.repository}:${subject.actions}`;
    const key = `${subject.origin.origin} ${scope}`;
    const held = tokens.get(key);
    const usable = held && (await usableToken(held, clock, refused));
    if (usable) return usable;
    // Another question may have renewed it while this one looked.
    let token = tokens.get(key);
    if (token === undefined || token === held) {
      token = login(subject).then((found) => fetchToken(demand, scope, found, subject.fetch, clock));
      tokens.set(key, token);
    }
    return (await token).header;
  };

  const header = async (subject: Subject, refused?: Secret): Promise<Secret | undefined> => {
    const demand = demands.get(subject.origin.origin);
    if (demand === undefined) return undefined;
    if (demand.kind === "bearer") return bearer(subject, demand, refused);
    const { credential } = await login(subject);
    return credential?.kind === "basic" && refused === undefined ? basicHeader(credential) : undefined;
  };

  return {
    login,
    known: (subject) => header(subject),
    renew: (subject, refused) => header(subject, refused),
    async enter({ origin }) {
      const first = firsts.get(origin);
      if (first !== undefined) {
        await first;
        return () => undefined;
      }
      let open: () => void = () => undefined;
      firsts.set(origin, new Promise<void>((resolve) => (open = resolve)));
      const timer = setTimeout(open, FIRST_MS);
      return () => {
        clearTimeout(timer);
        open();
      };
    },
    learn(subject, text) {
      const demand = demandOf(text ?? "", subject.origin);
      if (demand !== undefined) demands.set(subject.origin.origin, demand);
    },
  };
}

/** The token while it holds: not failed, not run out, and not the one that was just refused. */
async function usableToken(held: Promise<Token>, clock: Clock, refused: Secret | undefined): Promise<Secret | undefined> {
  const token = await held.catch(() => undefined);
  if (token === undefined || token.goodUntil <= clock.now() || token.header === refused) return undefined;
  return token.header;
}

/** Bearer before Basic: its token is worth less to whoever steals it. Other schemes are not spoken. */
function demandOf(header: string, origin: URL): Demand | undefined {
  const challenges = parseChallenges(header);
  const bearer = challenges.find((challenge) => challenge.scheme === "bearer");
  if (bearer) return { kind: "bearer", realm: trustedRealm(bearer.parameters.realm, origin), service: bearer.parameters.service };
  return challenges.some((challenge) => challenge.scheme === "basic") ? { kind: "basic" } : undefined;
}

/**
 * The realm is where we would send a password, and the registry names it freely. TLS, or plain HTTP
 * only for a registry that is itself on allowed plain HTTP, and then only to the same host and port or
 * from loopback to loopback: a client that follows any realm can be sent anywhere inside a network.
 */
function trustedRealm(text: string | undefined, origin: URL): URL {
  if (text === undefined || !URL.canParse(text)) throw new RegistryFault("malformed", "401 with a Bearer challenge that names no realm");
  const realm = new URL(text);
  if (realm.username !== "" || realm.password !== "") throw new RegistryFault("malformed", "401 with a token realm that holds credentials");
  if (realm.protocol === "https:") return realm;
  const plain = realm.protocol === "http:" && origin.protocol === "http:";
  if (plain && (realm.host === origin.host || (isLoopback(realm.hostname) && isLoopback(origin.hostname)))) return realm;
  throw new RegistryFault("insecure", `wants credentials sent to ${realm.protocol}//${realm.host}, which is not https; refused`);
}

function basicHeader(credential: { username: string; password: Secret }): Secret {
  return new Secret(`Basic ${Buffer.from(`${credential.username}:${credential.password.reveal()}`).toString("base64")}`);
}
