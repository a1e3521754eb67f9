/**
 * The form of an evidence archive: an OCI image layout (image-spec, image-layout.md) that other tools can read. In
 * it are the manifests of the subjects without their layers, their signatures and attestations, for each subject an
 * index of its referrers under the tag that registries without the API use, cosign's tags, and the archive's own
 * record of what was asked.
 */
import { createHash } from "node:crypto";
import { type ArchiveRecord, type Exported, keptOf, subjectName } from "../model/archive.ts";
import type { Artifact, Gap } from "../model/evidence.ts";
import type { Digest } from "../model/reference.ts";

export const LAYOUT_FILE = "oci-layout";
export const INDEX_FILE = "index.json";
export const RECORD_TYPE = "application/vnd.lading.evidence-archive.v1+json";
export const RECORD_LAYER = "application/vnd.lading.evidence-archive.record.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const EMPTY = "application/vnd.oci.empty.v1+json";
const REF_NAME = "org.opencontainers.image.ref.name";
const SUBJECT = "dev.lading.evidence.subject";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const blobPath = (digest: Digest): string => `blobs/${digest.replace(":", "/")}`;

export const isLayout = (value: unknown): boolean => (value as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion === "1.0.0";

/** The files of an archive, by path, in order. The same subjects always give the same bytes. */
export function layoutOf(subjects: readonly Exported[], tool: string): ReadonlyMap<string, Uint8Array> {
  const ordered = [...subjects].sort((a, b) => compare(subjectName(a), subjectName(b)));
  const layout = new Layout();
  for (const subject of ordered) layout.addSubject(subject);
  layout.addRecord({ version: 1, tool, subjects: ordered.map(recordOf) });
  return layout.files();
}

function recordOf({ registry, repository, digest, asked, manifest, collected }: Exported): ArchiveRecord["subjects"][number] {
  return {
    registry,
    repository,
    digest,
    asked,
    ...(manifest === undefined ? {} : { mediaType: manifest.subject.mediaType }),
    artifacts: keptOf(collected).map(({ digest: artifact, found, repository: where }) => ({ digest: artifact, found, repository: where })),
    gaps: collected.gaps.map(({ code, message, artifact }): Gap => ({ code, message, ...(artifact === undefined ? {} : { artifact }) })),
  };
}

class Layout {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #roots: Descriptor[] = [];
  readonly #names = new Set<string>();

  addSubject(subject: Exported): void {
    const { digest, manifest, collected } = subject;
    if (manifest !== undefined) this.#root({ mediaType: manifest.subject.mediaType, ...this.#put(manifest.bytes, digest), annotations: { [SUBJECT]: subjectName(subject) } });
    const base = digest.replace(":", "-").slice(0, digest.indexOf(":") + 1 + 64);
    const referrers: Descriptor[] = [];
    for (const artifact of keptOf(collected)) {
      const described = this.#artifact(artifact);
      if (artifact.found.some((way) => way === "referrers" || way === "fallback-tag")) referrers.push(described);
      if (artifact.found.includes("sig-tag")) this.#root(named(described, `${base}.sig`));
      if (artifact.found.includes("att-tag")) this.#root(named(described, `${base}.att`));
    }
    if (referrers.length > 0) this.#root(named(this.#json(INDEX, { schemaVersion: 2, mediaType: INDEX, manifests: referrers }), base));
  }

  addRecord(record: ArchiveRecord): void {
    const config = this.#json(EMPTY, {});
    const layers = [this.#json(RECORD_LAYER, record)];
    this.#root({ ...this.#json(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, artifactType: RECORD_TYPE, config, layers }), artifactType: RECORD_TYPE });
  }

  files(): ReadonlyMap<string, Uint8Array> {
    return new Map<string, Uint8Array>([
      [LAYOUT_FILE, bytesOf({ imageLayoutVersion: "1.0.0" })],
      [INDEX_FILE, bytesOf({ schemaVersion: 2, mediaType: INDEX, manifests: this.#roots })],
      ...[...this.#blobs].sort(([a], [b]) => compare(a, b)),
    ]);
  }

  #artifact({ digest, mediaType, artifactType, manifest, layers, config }: Artifact): Descriptor {
    if (manifest === undefined) throw new Error(`the manifest of ${digest} was not kept`);
    for (const layer of [...layers, ...(config ? [config] : [])]) this.#put(layer.bytes, layer.digest);
    return { mediaType, ...this.#put(manifest, digest), ...(artifactType === "" ? {} : { artifactType }) };
  }

  /** Two repositories may have the same tag; a name stands for one thing only. */
  #root(descriptor: Descriptor): void {
    const name = descriptor.annotations?.[REF_NAME];
    if (name !== undefined && this.#names.has(name)) return void this.#roots.push({ ...descriptor, annotations: {} });
    if (name !== undefined) this.#names.add(name);
    this.#roots.push(descriptor);
  }

  #json(mediaType: string, value: unknown): Descriptor {
    const bytes = bytesOf(value);
    return { mediaType, ...this.#put(bytes, `sha256:${createHash("sha256").update(bytes).digest("hex")}`) };
  }

  #put(bytes: Uint8Array, digest: Digest): Pick<Descriptor, "digest" | "size"> {
    this.#blobs.set(blobPath(digest), bytes);
    return { digest, size: bytes.length };
  }
}

const named = (descriptor: Descriptor, name: string): Descriptor => ({ ...descriptor, annotations: { [REF_NAME]: name } });

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
