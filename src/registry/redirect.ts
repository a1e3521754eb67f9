import { RegistryFault } from "./fault.ts";
import type { HttpReply, HttpRequest, Transport } from "./transport.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface RedirectOptions {
  readonly max: number;
  /** Whether a plain HTTP target may be followed, coming from a URL. */
  readonly mayGoPlain: (target: URL, from: URL) => boolean;
}

/**
 * A transport that follows redirects, as registries send them to regional hosts and blob stores.
 *
 * Authorization is for the host and port that asked for it (RFC 9110, 15.4; in curl, keeping it was
 * CVE-2018-1000007); once dropped it stays dropped, even when the way leads back.
 * Messages name hosts only: the query of a signed URL is a credential.
 */
export function followRedirects(transport: Transport, options: RedirectOptions): Transport {
  return async (first) => {
    const started = Date.now();
    const seen = new Set<string>();
    let request = first;
    let elsewhere = false;
    for (;;) {
      const reply = await transport(request);
      if (!REDIRECTS.has(reply.status)) return { ...reply, elsewhere };
      if (request.form !== undefined)
        throw new RegistryFault("redirect", `${request.url.host} redirects a token request, which would carry the token along`);
      if (request.method === "POST" || request.method === "PUT") throw new RegistryFault("redirect", "redirects what is to be stored; not followed");
      seen.add(request.url.href);
      if (seen.size > options.max) throw new RegistryFault("redirect", `redirected more than ${options.max} times`);
      const url = targetOf(reply, options);
      if (seen.has(url.href)) throw new RegistryFault("redirect", `redirects in a circle, by way of ${url.host}`);
      elsewhere ||= url.host !== first.url.host || url.protocol !== first.url.protocol;
      const budgetMs = first.budgetMs - (Date.now() - started);
      if (budgetMs <= 0) throw new RegistryFault("timeout", "spent the time that a question has on redirects");
      request = { ...withoutSecrets(request, elsewhere), url, budgetMs };
    }
  };
}

function targetOf(reply: HttpReply, options: RedirectOptions): URL {
  const location = reply.headers.location;
  if (location === undefined || !URL.canParse(location, reply.url.href))
    throw new RegistryFault("redirect", `redirects without saying where to (${reply.status})`);
  const url = new URL(location, reply.url);
  // node:http would make an Authorization header of a name and password in the URL.
  url.username = "";
  url.password = "";
  url.hash = "";
  if (url.protocol === "https:") return url;
  if (url.protocol !== "http:") throw new RegistryFault("redirect", `redirects to ${url.protocol}, which is not followed`);
  if (reply.url.protocol === "https:") throw new RegistryFault("redirect", `redirects from https to plain http at ${url.host}`);
  if (!options.mayGoPlain(url, reply.url))
    throw new RegistryFault("insecure", `redirects to plain http at ${url.host}, which registries.plainHttp does not list`);
  return url;
}

function withoutSecrets(request: HttpRequest, elsewhere: boolean): HttpRequest {
  if (!elsewhere) return request;
  const { authorization: _, ...rest } = request;
  return rest;
}
