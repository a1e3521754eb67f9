import { createHash } from "node:crypto";

import { type Digest, isDigest } from "../model/reference.ts";
import type { Manifest } from "../model/facts.ts";
import { RegistryFault } from "./fault.ts";

const KINDS: Readonly<Record<string, Manifest["kind"]>> = {
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
  "application/vnd.oci.image.manifest.v1+json": "image",
  "application/vnd.docker.distribution.manifest.v2+json": "image",
};

/** What we can read. Without it some registries convert to Docker's schema 1, under another digest. */
export const ACCEPT = Object.keys(KINDS).join(", ");

/** Types that say nothing about what a JSON body is. */
const VAGUE = new Set(["", "application/json", "text/plain", "application/octet-stream"]);

/** The parts of a manifest that its bytes alone tell. */
export type ManifestBody = Pick<Manifest, "mediaType" | "kind" | "children">;

/** A media type without its parameters. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? "").replace(/;.*/s, "").trim().toLowerCase();
}

/** What a media type stands for, if it is one of the four that we accept. */
export function kindOf(mediaType: string): Manifest["kind"] | undefined {
  return Object.hasOwn(KINDS, mediaType) ? KINDS[mediaType] : undefined;
}

/** The digest of bytes; the algorithm is one that `isDigest` knows. */
export function digestOf(algorithm: string, bytes: Buffer): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

export function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(":"));
}

/**
 * Reads a manifest's bytes. A page of HTML hashes as well as anything else, so what is not a manifest
 * must fail here. A body that is index and image at once is refused: two readers would see two images
 * under one digest (GHSA-qq97-vm5h-rrhg, image-spec 1.0.2).
 */
export function readManifest(bytes: Buffer, contentType: string | undefined): ManifestBody {
  const said = mediaTypeOf(contentType);
  const body = parseObject(bytes);
  if (body.schemaVersion === 1)
    throw new RegistryFault("malformed", "has only a manifest of Docker's schema 1, which container runtimes no longer pull");
  if (body.schemaVersion !== 2) throw new RegistryFault("malformed", `answered with ${said || "something"} that is not a manifest`);
  if ("manifests" in body && ("layers" in body || "config" in body))
    throw new RegistryFault("malformed", "has a manifest that is an index and an image at once");
  const own = typeof body.mediaType === "string" ? body.mediaType : undefined;
  if (own !== undefined && !VAGUE.has(said) && own !== said)
    throw new RegistryFault("malformed", `says ${said}, but the manifest says ${own}`);
  const mediaType = VAGUE.has(said) ? (own ?? guess(body)) : said;
  const kind = kindOf(mediaType) ?? "other";
  if ((kind === "index" && !Array.isArray(body.manifests)) || (kind === "image" && !("config" in body)))
    throw new RegistryFault("malformed", `calls something ${mediaType} that is none`);
  return { mediaType, kind, ...(kind === "index" ? { children: childrenOf(body.manifests as unknown[]) } : {}) };
}

/** A JSON object in UTF-8. */
export function parseObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    // Invalid UTF-8 would be replaced silently, and read differently elsewhere.
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new RegistryFault("malformed", "answered with something that is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RegistryFault("malformed", "answered with JSON that is not a manifest");
  return value as Record<string, unknown>;
}

/** OCI leaves `mediaType` optional; the shape then decides (image-spec, manifest.md and image-index.md). */
function guess(body: Record<string, unknown>): string {
  return Array.isArray(body.manifests) ? "application/vnd.oci.image.index.v1+json" : "application/vnd.oci.image.manifest.v1+json";
}

function childrenOf(manifests: readonly unknown[]): Digest[] {
  return manifests.map((entry) => {
    const digest = (entry as { digest?: unknown } | null)?.digest;
    if (typeof digest !== "string" || !isDigest(digest)) throw new RegistryFault("malformed", "has an index with an entry without a digest");
    return digest;
  });
}
