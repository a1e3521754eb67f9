import type { ServerResponse } from "node:http";

/** An answer before it is sent; routes make one, faults spoil one. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a fault function sees of a request. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** How many requests came before. */
  readonly count: number;
}

/** A way to go wrong, as registries and what stands before them do. */
export type Fault =
  /** Answer with a status; a body in OCI's form (default), a page of HTML, or none. */
  | { readonly is: "status"; readonly status: number; readonly body?: "oci" | "html" | "empty"; readonly code?: string; readonly retryAfter?: string }
  | { readonly is: "hang" }
  | { readonly is: "slow-body"; readonly pauseMs: number }
  /** Announce the whole length, send half, hang up. */
  | { readonly is: "truncate" }
  | { readonly is: "wrong-digest"; readonly digest?: string }
  | { readonly is: "wrong-body" }
  | { readonly is: "redirect-loop" }
  | { readonly is: "redirect-to"; readonly url: string; readonly status?: number }
  | { readonly is: "huge-body"; readonly bytes: number }
  | { readonly is: "no-digest-header" }
  | { readonly is: "no-content-type" }
  /** Name a next page (RFC 8288), wherever it leads. */
  | { readonly is: "next-page"; readonly url: string }
  | { readonly is: "drop-connection" };

/** Asked before each request is handled; undefined means: answer properly. */
export type Faults = (request: SeenRequest) => Fault | undefined;

/** A page as a proxy, an ingress or a portal sends it. */
const PAGE = Buffer.from("<!doctype html><html><title>Not here</title><p>Not here</html>\n");

/** A reply with an error body of the distribution-spec ("Error Codes"). */
export function ociError(status: number, code: string, message: string, headers: Record<string, string> = {}): Reply {
  const body = Buffer.from(JSON.stringify({ errors: [{ code, message, detail: null }] }));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/** What a fault makes of a proper reply; faults of the connection itself are left to {@link transmit}. */
export function spoil(fault: Fault | undefined, reply: Reply, path: string): Reply {
  switch (fault?.is) {
    case "status":
      return statusReply(fault);
    case "wrong-digest":
      return withHeader(reply, "docker-content-digest", fault.digest ?? `sha256:${"0".repeat(64)}`);
    case "wrong-body":
      return { ...reply, body: Buffer.concat([reply.body, Buffer.from("\n")]) };
    case "huge-body":
      return { ...reply, body: Buffer.alloc(fault.bytes, " ") };
    case "no-digest-header":
      return withHeader(reply, "docker-content-digest", undefined);
    case "no-content-type":
      return withHeader(reply, "content-type", undefined);
    case "next-page":
      return withHeader(reply, "link", `<${fault.url}>; rel="next"`);
    case "redirect-loop":
      return { status: 307, headers: { location: flip(path) }, body: Buffer.alloc(0) };
    case "redirect-to":
      return { status: fault.status ?? 307, headers: { location: fault.url }, body: Buffer.alloc(0) };
    default:
      return reply;
  }
}

/** Sends a reply, or fails to in the way that the fault says. */
export async function transmit(response: ServerResponse, reply: Reply, head: boolean, fault: Fault | undefined): Promise<void> {
  if (fault?.is === "hang") return;
  if (fault?.is === "drop-connection") return void response.socket?.destroy();
  response.writeHead(reply.status, { ...reply.headers, "content-length": reply.body.length });
  if (head) return void response.end();
  if (fault?.is === "truncate") {
    response.write(reply.body.subarray(0, reply.body.length >> 1), () => response.destroy());
    return;
  }
  if (fault?.is === "slow-body") return drip(response, reply.body, fault.pauseMs);
  response.end(reply.body);
}

async function drip(response: ServerResponse, body: Buffer, pauseMs: number): Promise<void> {
  for (const byte of body) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  response.end();
}

function statusReply(fault: Fault & { is: "status" }): Reply {
  const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
  if (fault.body === "html") return { status: fault.status, headers: { ...headers, "content-type": "text/html" }, body: PAGE };
  if (fault.body === "empty") return { status: fault.status, headers, body: Buffer.alloc(0) };
  return ociError(fault.status, fault.code ?? CODES[fault.status] ?? "UNKNOWN", `made to answer ${fault.status}`, headers);
}

const CODES: Readonly<Record<number, string>> = {
  401: "UNAUTHORIZED",
  403: "DENIED",
  404: "MANIFEST_UNKNOWN",
  429: "TOOMANYREQUESTS",
};

/** Two URLs that lead to each other. */
function flip(path: string): string {
  return path.endsWith("?again") ? path.slice(0, -"?again".length) : `${path}?again`;
}

function withHeader(reply: Reply, name: string, value: string | undefined): Reply {
  const { [name]: _, ...headers } = reply.headers;
  return { ...reply, headers: value === undefined ? headers : { ...headers, [name]: value } };
}
