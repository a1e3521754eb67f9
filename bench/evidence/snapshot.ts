/** A repository's image with everything attached to it: read from one registry, kept in a folder, put into another. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const ACCEPT = `${IMAGE}, ${INDEX}`;

export interface Snapshot {
  /** Digest of the image that the rest is about. */
  readonly subject: string;
  /** By digest, the image's own first. */
  readonly manifests: ReadonlyMap<string, Buffer>;
  /** Layers and configs of what is attached; those of the image say nothing here. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** Digests by tag. */
  readonly tags: ReadonlyMap<string, string>;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface Manifest {
  readonly mediaType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
}

export const sha256 = (bytes: string | Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
export const parse = (bytes: Buffer): Manifest => JSON.parse(bytes.toString("utf8")) as Manifest;

async function get(url: string): Promise<Buffer | undefined> {
  const answer = await fetch(url, { headers: { accept: ACCEPT } });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

async function put(method: "POST" | "PUT", url: string, body: Uint8Array, type: string): Promise<void> {
  const answer = await fetch(url, { method, body, headers: { "content-type": type } });
  if (answer.status !== 201 && answer.status !== 202) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}

async function putBlob(base: string, bytes: Buffer): Promise<void> {
  // In two steps: not every registry takes a blob with the first request.
  const started = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
  const location = new URL(started.headers.get("location") ?? "", `${base}/blobs/uploads/`);
  location.searchParams.set("digest", sha256(bytes));
  await put("PUT", location.href, bytes, "application/octet-stream");
}

const putManifest = (base: string, selector: string, bytes: Buffer): Promise<void> => put("PUT", `${base}/manifests/${selector}`, bytes, parse(bytes).mediaType ?? IMAGE);

/** An image of one empty layer, different for each name; its digest comes back. */
export async function pushImage(host: string, repository: string, tag: string, seed = repository): Promise<string> {
  const base = `http://${host}/v2/${repository}`;
  const layer = Buffer.alloc(1024);
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", config: { Labels: { seed } }, rootfs: { type: "layers", diff_ids: [sha256(layer)] } }));
  for (const blob of [layer, config]) await putBlob(base, blob);
  const described = (mediaType: string, bytes: Buffer): Descriptor => ({ mediaType, digest: sha256(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: IMAGE,
      config: described("application/vnd.oci.image.config.v1+json", config),
      layers: [described("application/vnd.oci.image.layer.v1.tar", layer)],
    }),
  );
  await putManifest(base, tag, manifest);
  return sha256(manifest);
}

/** Reads what is attached to an image: by the referrers API, and under every tag but the image's own. */
export async function pull(host: string, repository: string, subject: string): Promise<Snapshot> {
  const base = `http://${host}/v2/${repository}`;
  const manifests = new Map([[subject, (await get(`${base}/manifests/${subject}`))!]]);
  const blobs = new Map<string, Buffer>();
  const tags = new Map<string, string>();
  const add = async (digest: string, bytes: Buffer): Promise<void> => {
    if (manifests.has(digest)) return;
    manifests.set(digest, bytes);
    const { config, layers = [], manifests: entries = [] } = parse(bytes);
    for (const blob of [config, ...layers]) if (blob !== undefined) blobs.set(blob.digest, (await get(`${base}/blobs/${blob.digest}`))!);
    for (const entry of entries) await add(entry.digest, (await get(`${base}/manifests/${entry.digest}`))!);
  };
  const referrers = await get(`${base}/referrers/${subject}`);
  for (const { digest } of referrers === undefined ? [] : (parse(referrers).manifests ?? [])) await add(digest, (await get(`${base}/manifests/${digest}`))!);
  const listed = JSON.parse((await get(`${base}/tags/list`))!.toString("utf8")) as { readonly tags: readonly string[] | null };
  for (const tag of listed.tags ?? []) {
    const bytes = (await get(`${base}/manifests/${tag}`))!;
    tags.set(tag, sha256(bytes));
    await add(sha256(bytes), bytes);
  }
  return { subject, manifests, blobs, tags };
}

const dataOf = (hex: string): string => `sha256:${hex.replace(/\.json$/, "")}`;

/** Puts a snapshot into a repository. The image's own blobs are made up where the registry asks for them. */
export async function push(host: string, repository: string, { manifests, blobs, tags }: Snapshot): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  for (const blob of blobs.values()) await putBlob(base, blob);
  // What others point to goes first.
  const order = [...manifests].sort(([, a], [, b]) => Number("manifests" in parse(a)) - Number("manifests" in parse(b)));
  for (const [digest, bytes] of order) await putManifest(base, digest, bytes);
  for (const [tag, digest] of tags) await putManifest(base, tag, manifests.get(digest)!);
}

export function write(folder: string, { manifests, blobs }: Snapshot): void {
  for (const [name, files, ending] of [["manifests", manifests, ".json"], ["blobs", blobs, ""]] as const) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const [digest, bytes] of files) writeFileSync(join(folder, name, digest.slice("sha256:".length) + ending), bytes);
  }
}

export function read(folder: string, subject: string, tags: Readonly<Record<string, string>>): Snapshot {
  const files = (name: string): Map<string, Buffer> => new Map(readdirSync(join(folder, name)).map((file) => [dataOf(file), readFileSync(join(folder, name, file))]));
  return { subject, manifests: files("manifests"), blobs: files("blobs"), tags: new Map(Object.entries(tags)) };
}

/** The same with the layer of every signature changed, hashed anew and attached where the old one was. */
export function changed(snapshot: Snapshot, change: (layer: Buffer, manifest: Manifest) => { readonly layer: Buffer; readonly manifest: Manifest }): Snapshot {
  const blobs = new Map(snapshot.blobs);
  const remade = remake(snapshot, snapshot.subject, snapshot.manifests.get(snapshot.subject)!, (signature) => {
    const old = signature.layers![0]!;
    const { layer, manifest } = change(blobs.get(old.digest)!, signature);
    blobs.delete(old.digest);
    blobs.set(sha256(layer), layer);
    return { ...manifest, layers: manifest.layers!.map((one, index) => (index === 0 ? { ...one, digest: sha256(layer), size: layer.length } : one)) };
  });
  return { ...remade, blobs };
}

/** What is attached to one image, attached to another: subjects and tags name the new one. */
export function moved(snapshot: Snapshot, to: string, image: Buffer): Snapshot {
  return remake(snapshot, to, image, (signature) => (signature.subject === undefined ? signature : { ...signature, subject: { ...signature.subject, digest: to, size: image.length } }));
}

/** Every signature's manifest made anew, and with it the indexes and tags that name it. */
function remake(snapshot: Snapshot, subject: string, image: Buffer, make: (signature: Manifest) => Manifest): Snapshot {
  const manifests = new Map([[subject, image]]);
  const renamed = new Map([[snapshot.subject, { digest: subject, size: image.length }]]);
  const put = (old: string, manifest: Manifest): void => {
    const made = Buffer.from(JSON.stringify(manifest));
    manifests.set(sha256(made), made);
    renamed.set(old, { digest: sha256(made), size: made.length });
  };
  const all = [...snapshot.manifests].filter(([digest]) => digest !== snapshot.subject).map(([digest, bytes]) => ({ digest, manifest: parse(bytes) }));
  for (const { digest, manifest } of all) if (manifest.manifests === undefined) put(digest, make(manifest));
  for (const { digest, manifest } of all) if (manifest.manifests !== undefined) put(digest, { ...manifest, manifests: manifest.manifests.map((entry) => ({ ...entry, ...renamed.get(entry.digest) })) });
  const tags = [...snapshot.tags].map(([tag, digest]) => [tag.replace(snapshot.subject.replace(":", "-"), subject.replace(":", "-")), renamed.get(digest)?.digest ?? digest] as const);
  return { subject, manifests, blobs: snapshot.blobs, tags: new Map(tags) };
}
