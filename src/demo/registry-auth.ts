import { randomBytes } from "node:crypto";

import { ociError, type Reply } from "./faults.ts";

/** Who may come in. */
export interface DemoAuth {
  readonly kind: "none" | "basic" | "bearer";
  readonly username?: string;
  readonly password?: string;
  /** A refresh token that is taken in place of name and password (bearer only). */
  readonly identityToken?: string;
  /** Tokens to pull for everyone, as public registries give them (bearer only). */
  readonly anonymousPull?: boolean;
  /** Seconds that a token holds; default 300. */
  readonly tokenSeconds?: number;
  /** Sent as the challenge's realm in place of our own `/token`. */
  readonly realm?: string;
}

/** The gate: lets a request in, or says how to log in. */
export interface Gate {
  /** Undefined: come in. */
  check(authorization: string | undefined, repository: string | undefined, action: "pull" | "push"): Reply | undefined;
  /** The token server (distribution, `spec/auth/token` for GET and `spec/auth/oauth` for POST). */
  token(method: string, query: URLSearchParams, authorization: string | undefined, body: Buffer): Reply;
}

interface Issued {
  readonly scopes: readonly string[];
  readonly until: number;
}

export function createGate(auth: DemoAuth, origin: () => string): Gate {
  const issued = new Map<string, Issued>();
  const basic = `Basic ${Buffer.from(`${auth.username ?? ""}:${auth.password ?? ""}`).toString("base64")}`;

  const issue = (scopes: readonly string[]): Reply => {
    const token = randomBytes(24).toString("base64url");
    const seconds = auth.tokenSeconds ?? 300;
    issued.set(token, { scopes, until: Date.now() + seconds * 1000 });
    const body = JSON.stringify({ token, access_token: token, expires_in: seconds, issued_at: new Date().toISOString() });
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(body) };
  };

  const refuse = (scope: string | undefined): Reply => {
    const challenge =
      auth.kind === "basic"
        ? 'Basic realm="lading demo"'
        : `Bearer realm="${auth.realm ?? `${origin()}/token`}",service="lading-demo"${scope === undefined ? "" : `,scope="${scope}"`}`;
    return ociError(401, "UNAUTHORIZED", "log in first", { "www-authenticate": challenge });
  };

  return {
    check(authorization, repository, action) {
      if (auth.kind === "none" || (auth.kind === "basic" && authorization === basic)) return undefined;
      const scope = repository === undefined ? undefined : `repository:${repository}:${action}`;
      const token = auth.kind === "bearer" ? issued.get(authorization?.replace(/^Bearer /, "") ?? "") : undefined;
      if (token === undefined || token.until <= Date.now()) return refuse(scope);
      return scope === undefined || token.scopes.some((given) => grants(given, scope)) ? undefined : refuse(scope);
    },
    token(method, query, authorization, body) {
      const form = method === "POST" ? new URLSearchParams(body.toString("utf8")) : query;
      const scopes = form.getAll("scope").flatMap((scope) => scope.split(" "));
      const known =
        method === "POST" ? auth.identityToken !== undefined && form.get("refresh_token") === auth.identityToken : authorization === basic;
      if (known) return issue(scopes);
      const anonymous = auth.anonymousPull && method === "GET" && authorization === undefined;
      if (anonymous) return issue(scopes.map((scope) => scope.replace(/:[^:]*$/, ":pull")));
      return ociError(401, "UNAUTHORIZED", "wrong name or password");
    },
  };
}

/** `repository:a/b:pull,push` grants `repository:a/b:pull`. */
function grants(given: string, wanted: string): boolean {
  const cut = (scope: string): [string, string[]] => {
    const at = scope.lastIndexOf(":");
    return [scope.slice(0, at), scope.slice(at + 1).split(",")];
  };
  const [resource, actions] = cut(given);
  const [wantedResource, [action = ""]] = cut(wanted);
  return resource === wantedResource && (actions.includes(action) || actions.includes("*"));
}
