import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { TLSSocket } from "node:tls";

import type { Route } from "./agents.ts";
import { RegistryFault } from "./fault.ts";
import type { Limits } from "./limits.ts";
import { faultOfSocket } from "./socket-errors.ts";
import type { Secret } from "./secret.ts";

/** One request over the wire. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of the Authorization header. */
  readonly authorization?: Secret | undefined;
  /** An `application/x-www-form-urlencoded` body; secret, because refresh tokens travel in it. */
  readonly form?: Secret;
  /** What is stored. */
  readonly body?: RequestBody;
  readonly maxBytes: number;
  /** What is left for the whole exchange. */
  readonly budgetMs: number;
}

export interface RequestBody {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** What came back, whatever its status; the body is complete. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** Whether a redirect led to another host than the one that was asked. */
  readonly elsewhere: boolean;
}

/** Sends a request and reads the whole reply; throws a {@link RegistryFault} when there is none. */
export type Transport = (request: HttpRequest) => Promise<HttpReply>;

export interface TransportOptions {
  readonly route: (url: URL) => Promise<Route>;
  readonly limits: Limits;
  readonly userAgent: string;
}

/** The body of an error page is read no further than this: it only serves to tell who wrote it. */
const ERROR_BYTES = 64 * 1024;

/** A socket of the pool may have been closed by the server just as we wrote to it (RFC 9112, 9.3.1). */
const STALE_SOCKETS = 2;

/** The transport over node:http; one exchange, no redirects, no retries but for stale sockets. */
export function createTransport(options: TransportOptions): Transport {
  return async (request) => {
    const route = await options.route(request.url);
    for (let stale = 0; ; stale++) {
      const outcome = await exchange(request, route, options);
      if (outcome !== "stale") return outcome;
      if (stale === STALE_SOCKETS) throw new RegistryFault("unreachable", "closed the connection", true);
    }
  };
}

function exchange(request: HttpRequest, route: Route, options: TransportOptions): Promise<HttpReply | "stale"> {
  return new Promise((resolve, reject) => {
    const send = request.url.protocol === "https:" ? httpsRequest : httpRequest;
    const outgoing = send(request.url, {
      method: request.method,
      agent: route.agent,
      ...route.tls,
      headers: headersOf(request, options),
    });
    const { connectMs, responseMs } = options.limits;
    let phase: NodeJS.Timeout | undefined;
    let settled = false;
    const arm = (ms: number, missing: string): void => {
      if (settled) return;
      clearTimeout(phase);
      phase = setTimeout(() => fail(new RegistryFault("timeout", `${missing} within ${ms / 1000} s`, true)), ms);
    };
    const total = setTimeout(
      () => fail(new RegistryFault("timeout", "did not answer in the time that a question has")),
      request.budgetMs,
    );
    const settle = <Value>(finish: (value: Value) => void, value: Value): void => {
      settled = true;
      clearTimeout(phase);
      clearTimeout(total);
      finish(value);
    };
    const fail = (fault: RegistryFault): void => {
      settle(reject, fault);
      outgoing.destroy();
    };

    // A proxied socket is handed over only once it is connected; a direct one before.
    if (route.proxied) arm(connectMs, "no connection through the proxy");
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) return arm(responseMs, "no answer");
      arm(connectMs, "no connection");
      const ready = request.url.protocol === "https:" ? "secureConnect" : "connect";
      socket.once(ready, () => arm(responseMs, "no answer"));
    });
    outgoing.on("proxyConnect", ({ statusCode }: { statusCode?: number }) => {
      if (statusCode !== undefined && statusCode !== 200) fail(refusedTunnel(statusCode));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      if (outgoing.reusedSocket && error.code === "ECONNRESET") return settle(resolve, "stale" as const);
      settle(reject, faultOfSocket(error, route.proxied));
    });
    outgoing.on("response", (incoming) => {
      arm(responseMs, "the answer stopped midway: nothing more");
      read(incoming, request, () => arm(responseMs, "the answer stopped midway: nothing more")).then(
        (body) =>
          settle(resolve, {
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body,
            url: request.url,
            elsewhere: false,
          }),
        fail,
      );
    });
    outgoing.end(request.form?.reveal() ?? request.body?.bytes);
  });
}

function headersOf(request: HttpRequest, options: TransportOptions): Record<string, string> {
  return {
    ...request.headers,
    "user-agent": options.userAgent,
    // A digest is over the bytes as stored; a compressed transfer would only have to be undone.
    "accept-encoding": "identity",
    ...(request.authorization === undefined ? {} : { authorization: request.authorization.reveal() }),
    ...(request.body === undefined ? {} : { "content-type": request.body.type, "content-length": String(request.body.bytes.length) }),
    ...(request.form === undefined
      ? {}
      : {
          "content-type": "application/x-www-form-urlencoded",
          "content-length": String(Buffer.byteLength(request.form.reveal())),
        }),
  };
}

/** Reads a body up to its cap. A body that ends before its announced length is a fault, never a short body. */
async function read(incoming: IncomingMessage, request: HttpRequest, onProgress: () => void): Promise<Buffer> {
  // When a proxy refuses CONNECT, https-proxy-agent replays the proxy's own reply as if the registry
  // had sent it. Taken for the registry's word, a proxy could forge "there is no such image".
  if (request.url.protocol === "https:" && !(incoming.socket as TLSSocket).encrypted) throw refusedTunnel(incoming.statusCode);
  const failed = (incoming.statusCode ?? 0) >= 300;
  const cap = failed ? Math.min(ERROR_BYTES, request.maxBytes) : request.maxBytes;
  const encoding = incoming.headers["content-encoding"];
  if (!failed && request.method !== "HEAD" && encoding !== undefined && encoding !== "identity")
    throw new RegistryFault("malformed", `sent a body in ${encoding} encoding, which was not asked for`);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      onProgress();
      chunks.push(chunk);
      if ((size += chunk.length) > cap) break;
    }
  } catch {
    throw new RegistryFault("wrong-bytes", "the answer was cut short", true);
  }
  if (size > cap && !failed) throw new RegistryFault("too-large", `the answer is larger than ${cap} bytes`);
  if (size <= cap && !incoming.complete) throw new RegistryFault("wrong-bytes", "the answer was cut short", true);
  return Buffer.concat(chunks);
}

function refusedTunnel(status: number | undefined): RegistryFault {
  const login = status === 407 ? "; it wants a login in the proxy variable" : "";
  return new RegistryFault("unreachable", `the proxy refused to connect (${status})${login}`, status === 502 || status === 503 || status === 504);
}
