import { createHash } from "node:crypto";

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** One repository: everything in memory, by digest. */
export interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
}

export type Storage = Map<string, Repository>;

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const IMAGE = "application/vnd.oci.image.manifest.v1+json";

/** The repository of a name; made when first pushed to. */
export function repositoryOf(storage: Storage, name: string): Repository {
  let repository = storage.get(name);
  if (repository === undefined)
    storage.set(name, (repository = { blobs: new Map(), manifests: new Map(), tags: new Map() }));
  return repository;
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Whether bytes hash to a digest; false for an algorithm that the image-spec does not register. */
export function hashesTo(bytes: Buffer, digest: string): boolean {
  const [algorithm = "", hex] = digest.split(":");
  if (!["sha256", "sha384", "sha512"].includes(algorithm)) return false;
  return createHash(algorithm).update(bytes).digest("hex") === hex;
}

/** What a tag or digest names in a repository. */
export function findManifest(repository: Repository | undefined, selector: string): (StoredManifest & { digest: string }) | undefined {
  const digest = selector.includes(":") ? selector : repository?.tags.get(selector);
  const manifest = digest === undefined ? undefined : repository?.manifests.get(digest);
  return manifest && digest !== undefined ? { ...manifest, digest } : undefined;
}

/**
 * Stores the smallest image that a runtime would accept, or an index of them, and returns its digest.
 * The same repository, platforms and seed always give the same bytes.
 */
export function storeImage(repository: Repository, name: string, options: { platforms?: readonly string[]; seed?: string }): string {
  const { platforms, seed = "" } = options;
  if (platforms === undefined) return storePlatform(repository, name, "linux/amd64", seed);
  const manifests = platforms.map((platform) => {
    const digest = storePlatform(repository, name, platform, seed);
    return { mediaType: IMAGE, digest, size: repository.manifests.get(digest)?.bytes.length, platform: platformOf(platform) };
  });
  return storeManifest(repository, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
}

function storePlatform(repository: Repository, name: string, platform: string, seed: string): string {
  const layer = Buffer.alloc(1024); // An empty tar archive: two blocks of zeros.
  const config = Buffer.from(
    JSON.stringify({
      ...platformOf(platform),
      config: { Labels: { "org.opencontainers.image.title": name, "dev.lading.seed": seed } },
      rootfs: { type: "layers", diff_ids: [sha256(layer)] },
    }),
  );
  return storeManifest(repository, IMAGE, {
    schemaVersion: 2,
    mediaType: IMAGE,
    config: storeBlob(repository, "application/vnd.oci.image.config.v1+json", config),
    layers: [storeBlob(repository, "application/vnd.oci.image.layer.v1.tar", layer)],
  });
}

function storeBlob(repository: Repository, mediaType: string, bytes: Buffer): object {
  const digest = sha256(bytes);
  repository.blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

function storeManifest(repository: Repository, mediaType: string, manifest: object): string {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest = sha256(bytes);
  repository.manifests.set(digest, { mediaType, bytes });
  return digest;
}

function platformOf(text: string): object {
  const [os = "linux", architecture = "amd64", variant] = text.split("/");
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}
