/**
 * An OCI registry in this process, on loopback: `lading demo`, the tests and the benchmarks run against
 * the real protocol (distribution-spec 1.1) and need nothing installed. Everything is in memory.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

import { type Fault, type Faults, ociError, type Reply, spoil, transmit } from "./faults.ts";
import { createGate, type DemoAuth } from "./registry-auth.ts";
import { answer, repositoryIn, type RouteRequest } from "./registry-routes.ts";
import { repositoryOf, type Storage, storeImage } from "./storage.ts";

export type { Fault, Faults } from "./faults.ts";
export type { DemoAuth } from "./registry-auth.ts";

export interface DemoRegistryOptions {
  /** Default: any free one. */
  readonly port?: number;
  readonly auth?: DemoAuth;
  /** Whether the referrers API exists; default true. "empty": it does, and knows of nothing, as some registries' does. */
  readonly referrers?: boolean | "empty";
  /** Referrers on one page; default: all. */
  readonly referrersPage?: number;
  readonly faults?: Faults;
  /** Waited before each answer, as a network would make one wait. */
  readonly latencyMs?: number;
  /** PEM; then the registry speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface LoggedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0 where a fault kept the registry from answering. */
  readonly status: number;
  /** Whether an Authorization header came along. */
  readonly authorised: boolean;
  readonly userAgent: string;
}

export interface DemoRegistry {
  /** `127.0.0.1:PORT`, as it stands in an image reference. */
  readonly host: string;
  /** With its scheme, without a slash at the end. */
  readonly url: string;
  /** Every request since the start or since it was emptied, in the order of arrival. */
  readonly log: LoggedRequest[];
  /** TCP connections accepted so far. */
  readonly connections: () => number;
  /** Stores a tiny image, or with `platforms` an index of them, under a tag; returns its digest. */
  putImage(repository: string, tag: string, options?: { platforms?: readonly string[]; seed?: string }): string;
  /** Moves or makes a tag. */
  tag(repository: string, tag: string, digest: string): void;
  /** Takes a manifest away, with its tags. */
  remove(repository: string, digest: string): void;
  setFaults(faults: Faults | undefined): void;
  close(): Promise<void>;
}

/** Starts a registry on 127.0.0.1. */
export async function startDemoRegistry(options: DemoRegistryOptions = {}): Promise<DemoRegistry> {
  const storage: Storage = new Map();
  const context = { storage, uploads: new Map<string, Buffer>(), referrers: options.referrers ?? true, referrersPage: options.referrersPage };
  const log: LoggedRequest[] = [];
  let { faults } = options;
  let origin = "";
  let count = 0;
  let connections = 0;
  const gate = createGate(options.auth ?? { kind: "none" }, () => origin);

  const handle = (request: RouteRequest): Reply => {
    const { method, path, query, body } = request;
    const authorization = request.headers.authorization as string | undefined;
    if (path === "/token") return gate.token(method, query, authorization, body);
    if (!path.startsWith("/v2")) return ociError(404, "NOT_FOUND", "no such end point");
    const action = method === "GET" || method === "HEAD" ? "pull" : "push";
    return gate.check(authorization, repositoryIn(path), action) ?? answer(request, context);
  };

  const listener: RequestListener = (incoming, response) => {
    void readRequest(incoming).then(async (request) => {
      const path = incoming.url ?? "/";
      const fault = faults?.({ method: request.method, path, count: count++ });
      const reply = spoil(fault, handle(request), path);
      const headers = { "docker-distribution-api-version": "registry/2.0", ...reply.headers };
      log.push({
        method: request.method,
        path,
        status: isSilent(fault) ? 0 : reply.status,
        authorised: request.headers.authorization !== undefined,
        userAgent: String(request.headers["user-agent"] ?? ""),
      });
      if (options.latencyMs) await new Promise((resolve) => setTimeout(resolve, options.latencyMs));
      // A page of someone else's making does not carry a registry's header.
      await transmit(response, fault?.is === "status" ? reply : { ...reply, headers }, request.method === "HEAD", fault);
    }, () => incoming.destroy());
  };

  const server: Server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.on("connection", () => connections++);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin = `${options.tls ? "https" : "http"}://${host}`;

  return {
    host,
    url: origin,
    log,
    connections: () => connections,
    putImage(name, tag, image = {}) {
      const repository = repositoryOf(storage, name);
      const digest = storeImage(repository, name, image);
      repository.tags.set(tag, digest);
      return digest;
    },
    tag: (name, tag, digest) => void repositoryOf(storage, name).tags.set(tag, digest),
    remove(name, digest) {
      const repository = repositoryOf(storage, name);
      repository.manifests.delete(digest);
      for (const [tag, named] of repository.tags) if (named === digest) repository.tags.delete(tag);
    },
    setFaults: (next) => void (faults = next),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<RouteRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://registry");
  return { method: incoming.method ?? "GET", path: pathname, query: searchParams, headers: incoming.headers, body: Buffer.concat(chunks) };
}

function isSilent(fault: Fault | undefined): boolean {
  return fault?.is === "hang" || fault?.is === "drop-connection";
}
