import type { Artifact, ArtifactLayer, Gap } from "../model/evidence.ts";
import type { Answer } from "../model/facts.ts";
import type { Digest } from "../model/reference.ts";
import { type Descriptor, readAnnotations, readDescriptor } from "./descriptor.ts";
import { type Attached, type Caps, gapOf, type ManifestBytes, mayHoldEvidence, said } from "./evidence-parts.ts";
import { RegistryFault } from "./fault.ts";
import { algorithmOf, digestOf, parseObject, readManifest } from "./manifest.ts";

/** Manifests read at a time: no more than these can be in memory beyond the cap. */
const BATCH = 16;

/** Whoever has the bytes: registries, or an archive. Both hash what they hand out. */
export interface Source {
  /** What people call it. */
  readonly name: string;
  manifest(attached: Attached): Promise<Answer<ManifestBytes>>;
  layer(attached: Attached, layer: Descriptor): Promise<Answer<Buffer>>;
}

/** A manifest that was read, and which of its layers are to be. */
interface Opened extends Omit<Artifact, "layers"> {
  readonly attached: Attached;
  readonly wanted: readonly Descriptor[];
  readonly configured?: Descriptor;
}

/** The config of artifacts that have none (image-spec, "Guidance for an Empty Descriptor"): it need not be asked for. */
const EMPTY = Buffer.from("{}");

export interface ReadEvidence {
  readonly artifacts: readonly Artifact[];
  readonly gaps: readonly Gap[];
}

/**
 * Reads what is attached to a subject: manifests in the order of their digests, then the layers that can hold
 * evidence, hashed against digest and size. Whatever cannot be read fails alone and is a gap.
 * @param configs whether to read the configs of artifacts that hold evidence as well
 */
export async function readEvidence(source: Source, caps: Caps, subject: Digest, all: readonly Attached[], configs = false): Promise<ReadEvidence> {
  const reader = new Reader(source, caps, subject, configs);
  const opened = await reader.open([...all].sort((a, b) => (a.digest < b.digest ? -1 : 1)));
  const artifacts = await Promise.all(opened.map((one) => reader.read(one)));
  return { artifacts: artifacts.filter((artifact) => artifact !== undefined), gaps: reader.gaps };
}

/** The reading of one subject's evidence: what is left of the caps, and what could not be read. */
class Reader {
  readonly #source: Source;
  readonly #caps: Caps;
  readonly #subject: Digest;
  readonly #configs: boolean;
  readonly #gaps: { readonly at: Digest; readonly gap: Gap }[] = [];
  #bytes: number;
  #layers: number;

  constructor(source: Source, caps: Caps, subject: Digest, configs: boolean) {
    this.#source = source;
    this.#caps = caps;
    this.#subject = subject;
    this.#configs = configs;
    this.#bytes = caps.bytes;
    this.#layers = caps.layers;
  }

  /** In the order of the artifacts, whatever came first. */
  get gaps(): readonly Gap[] {
    return [...this.#gaps].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ gap }) => gap);
  }

  async open(all: readonly Attached[]): Promise<Opened[]> {
    const opened: Opened[] = [];
    for (let at = 0; at < all.length; at += BATCH) {
      const batch = all.slice(at, at + BATCH);
      if (this.#bytes <= 0) {
        for (const { digest } of batch) this.#leaveOut(digest);
        continue;
      }
      const answers = await Promise.all(batch.map((attached) => attached.manifest ? { is: "known" as const, value: attached.manifest } : this.#source.manifest(attached)));
      answers.forEach((answer, index) => opened.push(...this.#openOne(batch[index] as Attached, answer)));
    }
    return opened;
  }

  /** An artifact with the layers that could be read; without any it would look like a signature that is broken. */
  async read({ attached, wanted, configured, ...artifact }: Opened): Promise<Artifact | undefined> {
    const layers = (await Promise.all(wanted.map((layer) => this.#readLayer(attached, layer)))).filter((layer) => layer !== undefined);
    if (wanted.length > 0 && layers.length === 0) return undefined;
    const config = configured && wanted.length > 0 ? await this.#bytesOf(attached, configured) : undefined;
    return { ...artifact, layers, ...(configured && config?.is === "known" ? { config: layerOf(configured, config.value) } : {}) };
  }

  #openOne(attached: Attached, answer: Answer<ManifestBytes>): Opened[] {
    const { digest } = attached;
    if (answer.is === "unknown") this.#note(digest, gapOf(answer.why, digest));
    if (answer.is !== "known") return [];
    this.#bytes -= answer.value.bytes.length;
    return this.#alone(digest, () => [this.#parse(attached, answer.value)]);
  }

  #parse(attached: Attached, { bytes, type }: ManifestBytes): Opened {
    const { digest, found, places } = attached;
    const { mediaType, kind } = readManifest(bytes, type);
    const body = parseObject(bytes);
    const about = body.subject === undefined || body.subject === null ? undefined : readDescriptor(body.subject, `the subject of ${digest}`).digest;
    const byTag = found.has("sig-tag") || found.has("att-tag");
    if (!byTag && !found.has("sbom-tag") && about !== this.#subject) throw new RegistryFault("malformed", `lists ${digest} as attached, and that is about ${about ?? "nothing"}`);
    if (kind === "other" || (byTag && kind === "index")) this.#note(digest, { code: "unsupported", message: `${this.#source.name}: ${digest} is attached, and is ${mediaType}, which cannot be read here`, artifact: digest });
    const config = body.config as { mediaType?: unknown } | null | undefined;
    const artifactType = [body.artifactType, config?.mediaType].find((text): text is string => typeof text === "string" && text !== "");
    return {
      attached,
      digest,
      mediaType,
      artifactType: artifactType ?? "",
      annotations: readAnnotations(body.annotations, `the manifest ${digest}`),
      ...(about === undefined ? {} : { subject: about }),
      found: [...found].sort(),
      repository: places[0] ?? "",
      manifest: bytes,
      wanted: kind === "image" ? this.#layersOf(body.layers, byTag, digest) : [],
      ...(this.#configs ? this.#configOf(config) : {}),
    };
  }

  /** Each signature of a `.sig` is a layer, and one that is broken must not hide the others. */
  #layersOf(value: unknown, all: boolean, digest: Digest): Descriptor[] {
    if (!Array.isArray(value)) throw new RegistryFault("malformed", `has ${digest} attached, a manifest without layers`);
    const layers = value.flatMap((entry: unknown) => this.#alone(digest, () => [readDescriptor(entry, `a layer of ${digest}`)]));
    return layers.filter(({ mediaType }) => all || mayHoldEvidence(mediaType));
  }

  async #readLayer(attached: Attached, layer: Descriptor): Promise<ArtifactLayer | undefined> {
    if (this.#layers < 1 || this.#bytes < layer.size) return void this.#leaveOut(attached.digest);
    this.#layers -= 1;
    this.#bytes -= layer.size;
    const answer = await this.#bytesOf(attached, layer);
    if (answer.is === "unknown") this.#note(attached.digest, gapOf(answer.why, attached.digest));
    return answer.is === "known" ? layerOf(layer, answer.value) : undefined;
  }

  async #bytesOf(attached: Attached, layer: Descriptor): Promise<Answer<Buffer>> {
    const inline = [layer.data, EMPTY].find((bytes) => bytes !== undefined && isWhole(bytes, layer));
    return inline === undefined ? this.#source.layer(attached, layer) : { is: "known", value: inline };
  }

  /** A config proves nothing, so one that is broken is no gap: whoever needs it will miss it. */
  #configOf(value: unknown): Pick<Opened, "configured"> {
    try {
      const configured = readDescriptor(value, "the config");
      return configured.size > this.#caps.bytes ? {} : { configured };
    } catch (error) {
      if (error instanceof RegistryFault) return {};
      throw error;
    }
  }

  /** Lets what is malformed fail alone. */
  #alone<Value>(digest: Digest, work: () => Value[]): Value[] {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RegistryFault)) throw error;
      this.#note(digest, gapOf(said(this.#source, error), digest));
      return [];
    }
  }

  #leaveOut(digest: Digest): void {
    const limit = `no more than ${this.#caps.layers} layers and ${this.#caps.bytes} bytes are read of what is attached to one digest`;
    this.#note(digest, { code: "truncated", message: `${this.#source.name}: ${digest} was not read, or not all of it: ${limit}`, artifact: digest });
  }

  #note(at: Digest, gap: Gap): void {
    this.#gaps.push({ at, gap });
  }
}

const layerOf = ({ mediaType, digest, size, annotations }: Descriptor, bytes: Buffer): ArtifactLayer => ({ mediaType, digest, size, annotations, bytes });

/** Whether bytes are what a descriptor says. */
export function isWhole(bytes: Buffer, { digest, size }: Pick<Descriptor, "digest" | "size">): boolean {
  return bytes.length === size && digestOf(algorithmOf(digest), bytes) === digest;
}
