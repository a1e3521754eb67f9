import { randomUUID } from "node:crypto";

import { ociError, type Reply } from "./faults.ts";
import { findManifest, hashesTo, INDEX, type Repository, repositoryOf, sha256, type Storage } from "./storage.ts";

/** A request, read whole. */
export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RouteContext {
  readonly storage: Storage;
  /** Uploads under way, by id. */
  readonly uploads: Map<string, Buffer>;
  /** Whether `/referrers/` exists, and lists what there is; else clients fall back to tags. */
  readonly referrers: boolean | "empty";
  /** How many it lists on one page; undefined: all. */
  readonly referrersPage: number | undefined;
}

type Handler = (request: RouteRequest, name: string, rest: string, context: RouteContext) => Reply;

/** End points of the distribution-spec 1.1, in its order; the first match answers. */
const ROUTES: readonly { readonly path: RegExp; readonly methods: Readonly<Record<string, Handler>> }[] = [
  { path: /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/, methods: { POST: startUpload, PATCH: patchUpload, PUT: endUpload, DELETE: dropUpload } },
  { path: /^\/v2\/(.+)\/blobs\/([^/]+)$/, methods: { GET: getBlob, HEAD: getBlob, DELETE: deleteBlob } },
  { path: /^\/v2\/(.+)\/manifests\/([^/]+)$/, methods: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest } },
  { path: /^\/v2\/(.+)\/tags\/()list$/, methods: { GET: listTags } },
  { path: /^\/v2\/(.+)\/referrers\/([^/]+)$/, methods: { GET: listReferrers } },
];

/** The repository that a path is about, for authorization. */
export function repositoryIn(path: string): string | undefined {
  return ROUTES.map((route) => route.path.exec(path)?.[1]).find((name) => name !== undefined);
}

/** Answers a request as a registry does. */
export function answer(request: RouteRequest, context: RouteContext): Reply {
  if (request.path === "/v2/" || request.path === "/v2") return json(200, {});
  for (const { path, methods } of ROUTES) {
    const match = path.exec(request.path);
    if (match === null) continue;
    const handler = methods[request.method];
    return handler ? handler(request, match[1] ?? "", match[2] ?? "", context) : ociError(405, "UNSUPPORTED", "no such method here");
  }
  return ociError(404, "NOT_FOUND", "no such end point");
}

function getManifest(_: RouteRequest, name: string, selector: string, { storage }: RouteContext): Reply {
  const repository = storage.get(name);
  if (repository === undefined) return ociError(404, "NAME_UNKNOWN", "repository name not known to registry");
  const found = findManifest(repository, selector);
  if (found === undefined) return ociError(404, "MANIFEST_UNKNOWN", "manifest unknown");
  return { status: 200, headers: { "content-type": found.mediaType, "docker-content-digest": found.digest }, body: found.bytes };
}

function putManifest({ body, headers }: RouteRequest, name: string, selector: string, { storage, referrers }: RouteContext): Reply {
  const manifest = readJson(body);
  if (manifest?.schemaVersion !== 2) return ociError(400, "MANIFEST_INVALID", "not a manifest of schema version 2");
  const byDigest = selector.includes(":");
  if (byDigest && !hashesTo(body, selector)) return ociError(400, "DIGEST_INVALID", "the manifest does not hash to its digest");
  const digest = byDigest ? selector : sha256(body);
  const repository = repositoryOf(storage, name);
  const mediaType = String(headers["content-type"] ?? manifest.mediaType ?? "application/octet-stream");
  repository.manifests.set(digest, { mediaType, bytes: body });
  if (!byDigest) repository.tags.set(selector, digest);
  const subject = (manifest.subject as { digest?: string } | undefined)?.digest;
  return created(`/v2/${name}/manifests/${digest}`, {
    "docker-content-digest": digest,
    ...(subject === undefined || referrers !== true ? {} : { "oci-subject": subject }),
  });
}

function deleteManifest(_: RouteRequest, name: string, selector: string, { storage }: RouteContext): Reply {
  const repository = storage.get(name);
  const found = findManifest(repository, selector);
  if (repository === undefined || found === undefined) return ociError(404, "MANIFEST_UNKNOWN", "manifest unknown");
  if (!selector.includes(":")) repository.tags.delete(selector);
  else {
    repository.manifests.delete(selector);
    for (const [tag, digest] of repository.tags) if (digest === selector) repository.tags.delete(tag);
  }
  return empty(202);
}

function getBlob(_: RouteRequest, name: string, digest: string, { storage }: RouteContext): Reply {
  const bytes = storage.get(name)?.blobs.get(digest);
  if (bytes === undefined) return ociError(404, "BLOB_UNKNOWN", "blob unknown to registry");
  return { status: 200, headers: { "content-type": "application/octet-stream", "docker-content-digest": digest }, body: bytes };
}

function deleteBlob(_: RouteRequest, name: string, digest: string, { storage }: RouteContext): Reply {
  return storage.get(name)?.blobs.delete(digest) ? empty(202) : ociError(404, "BLOB_UNKNOWN", "blob unknown to registry");
}

/** Three ways to begin: a mount from another repository, everything in one POST, or an upload to go on with. */
function startUpload({ query, body }: RouteRequest, name: string, _: string, { storage, uploads }: RouteContext): Reply {
  const mount = query.get("mount");
  const mounted = mount === null ? undefined : storage.get(query.get("from") ?? "")?.blobs.get(mount);
  if (mount !== null && mounted !== undefined) return storeBlob(repositoryOf(storage, name), name, mount, mounted);
  const digest = query.get("digest");
  if (digest !== null) return storeBlob(repositoryOf(storage, name), name, digest, body);
  const id = randomUUID();
  uploads.set(id, Buffer.alloc(0));
  return accepted(name, id, 0);
}

/** A chunk; one that does not join on to what is there is refused with 416. */
function patchUpload({ headers, body }: RouteRequest, name: string, id: string, { uploads }: RouteContext): Reply {
  const soFar = uploads.get(id);
  if (soFar === undefined) return ociError(404, "BLOB_UPLOAD_UNKNOWN", "no such upload");
  const start = /^(\d+)-/.exec(String(headers["content-range"] ?? ""))?.[1];
  if (start !== undefined && Number(start) !== soFar.length) return ociError(416, "BLOB_UPLOAD_INVALID", "the chunk is out of order");
  const joined = Buffer.concat([soFar, body]);
  uploads.set(id, joined);
  return accepted(name, id, joined.length);
}

function endUpload({ query, body }: RouteRequest, name: string, id: string, { storage, uploads }: RouteContext): Reply {
  const soFar = uploads.get(id);
  if (soFar === undefined) return ociError(404, "BLOB_UPLOAD_UNKNOWN", "no such upload");
  uploads.delete(id);
  return storeBlob(repositoryOf(storage, name), name, query.get("digest") ?? "", Buffer.concat([soFar, body]));
}

function dropUpload(_: RouteRequest, __: string, id: string, { uploads }: RouteContext): Reply {
  return uploads.delete(id) ? empty(204) : ociError(404, "BLOB_UPLOAD_UNKNOWN", "no such upload");
}

function storeBlob(repository: Repository, name: string, digest: string, bytes: Buffer): Reply {
  if (!hashesTo(bytes, digest)) return ociError(400, "DIGEST_INVALID", "the blob does not hash to its digest");
  repository.blobs.set(digest, bytes);
  return created(`/v2/${name}/blobs/${digest}`, { "docker-content-digest": digest });
}

/** Tags in lexical order, in pages of `n` after `last`. */
function listTags({ query }: RouteRequest, name: string, _: string, { storage }: RouteContext): Reply {
  const repository = storage.get(name);
  if (repository === undefined) return ociError(404, "NAME_UNKNOWN", "repository name not known to registry");
  const last = query.get("last");
  const left = [...repository.tags.keys()].sort().filter((tag) => last === null || tag > last);
  const size = query.has("n") ? Number(query.get("n")) : left.length;
  const tags = left.slice(0, size);
  const more = tags.length > 0 && tags.length < left.length;
  const next = `/v2/${name}/tags/list?n=${size}&last=${encodeURIComponent(tags.at(-1) ?? "")}`;
  return json(200, { name, tags }, more ? { link: `<${next}>; rel="next"` } : {});
}

/** Manifests whose `subject` is the digest, as an index; never 404 where the API exists. */
function listReferrers({ query }: RouteRequest, name: string, subject: string, { storage, referrers, referrersPage }: RouteContext): Reply {
  if (referrers === false) return ociError(404, "NOT_FOUND", "no such end point");
  const wanted = query.get("artifactType");
  const all = [...((referrers === true ? storage.get(name)?.manifests : undefined) ?? [])].flatMap(([digest, { mediaType, bytes }]) => {
    const manifest = readJson(bytes);
    if ((manifest?.subject as { digest?: string } | undefined)?.digest !== subject) return [];
    const artifactType = manifest?.artifactType ?? (manifest?.config as { mediaType?: string } | undefined)?.mediaType;
    if (wanted !== null && artifactType !== wanted) return [];
    return [{ mediaType, digest, size: bytes.length, artifactType, annotations: manifest?.annotations }];
  });
  const start = Number(query.get("start") ?? 0);
  const end = start + (referrersPage ?? all.length);
  const next = `/v2/${name}/referrers/${subject}?start=${end}`;
  const headers = {
    "content-type": INDEX,
    ...(wanted === null ? {} : { "oci-filters-applied": "artifactType" }),
    ...(end < all.length ? { link: `<${next}>; rel="next"` } : {}),
  };
  return json(200, { schemaVersion: 2, mediaType: INDEX, manifests: all.slice(start, end) }, headers);
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: Buffer.from(JSON.stringify(value)) };
}

function empty(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers, body: Buffer.alloc(0) };
}

function created(location: string, headers: Record<string, string>): Reply {
  return empty(201, { location, ...headers });
}

function accepted(name: string, id: string, length: number): Reply {
  return empty(202, { location: `/v2/${name}/blobs/uploads/${id}`, range: `0-${Math.max(0, length - 1)}`, "docker-upload-uuid": id });
}

function readJson(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
