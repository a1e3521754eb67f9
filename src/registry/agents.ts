import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";

import type { Environment } from "./authorities.ts";
import { RegistryFault } from "./fault.ts";
import { isLoopback } from "./loopback.ts";

/** The connection pool for a URL, and whether a proxy stands in between. */
export interface Route {
  readonly agent: HttpAgent;
  readonly proxied: boolean;
  /** Goes with each request: https-proxy-agent keeps its own options for the way to the proxy. */
  readonly tls: { readonly secureContext?: SecureContext };
}

export interface AgentOptions {
  readonly authorities: readonly string[] | undefined;
  readonly maxSockets: number;
  readonly environment: Environment;
}

/**
 * Keep-alive pools, one per proxy and scheme. node:http's agents, because global `fetch` (undici)
 * closes its connection after every HEAD (undici #258): a third of the throughput over TLS.
 */
export function createAgents(options: AgentOptions): (url: URL) => Promise<Route> {
  const routes = new Map<string, Promise<Route>>();
  let context: SecureContext | undefined;

  /**
   * Made once: parsing the root certificates for every connection costs more than the handshake. As
   * `ca`, they would also become a part of every pool's name, 200 kB long.
   */
  const tls = (): Route["tls"] => {
    if (options.authorities === undefined) return {};
    context ??= createSecureContext({ ca: [...options.authorities] });
    return { secureContext: context };
  };

  const open = async (secure: boolean, proxy: string): Promise<Route> => {
    const pool = { keepAlive: true, maxSockets: options.maxSockets };
    if (proxy === "") {
      if (!secure) return { proxied: false, tls: {}, agent: new HttpAgent(pool) };
      return { proxied: false, tls: tls(), agent: new HttpsAgent(pool) };
    }
    const url = readProxy(proxy);
    if (!secure) {
      const { HttpProxyAgent } = await import("http-proxy-agent");
      return { proxied: true, tls: {}, agent: new HttpProxyAgent(url, { ...pool, ...tls() }) };
    }
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    return { proxied: true, tls: tls(), agent: new HttpsProxyAgent(url, { ...pool, ...tls() }) };
  };

  return async (url) => {
    const proxy = await proxyFor(url, options.environment);
    const secure = url.protocol === "https:";
    const key = `${secure} ${proxy}`;
    let route = routes.get(key);
    if (route === undefined) routes.set(key, (route = open(secure, proxy)));
    return route;
  };
}

const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"];

/** The proxy for a URL, or "". Loopback is never proxied, as in Go, so that what works for `docker` works here. */
async function proxyFor(url: URL, environment: Environment): Promise<string> {
  if (isLoopback(url.hostname)) return "";
  if (!PROXY_VARIABLES.some((name) => environment[name] || environment[name.toUpperCase()])) return "";
  const { getProxyForUrl } = await import("proxy-from-env");
  return getProxyForUrl(url.href);
}

/** The value is not repeated in the message: it may hold a password. */
function readProxy(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new RegistryFault("unreachable", "the proxy variable is not an http:// or https:// URL; check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY");
}
