import type { Artifact, ArtifactLayer, Gap } from "../model/evidence.ts";
import type { Answer } from "../model/facts.ts";
import type { Digest } from "../model/reference.ts";
import type { Connection } from "./connection.ts";
import { type Descriptor, readAnnotations, readDescriptor } from "./descriptor.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Attached, type Caps, gapOf, type ManifestBytes, mayHoldEvidence, said } from "./evidence-parts.ts";
import { RegistryFault } from "./fault.ts";
import { hashed } from "./look-up.ts";
import { ACCEPT, algorithmOf, digestOf, parseObject, readManifest } from "./manifest.ts";
import { checked } from "./status.ts";

/** Manifests read at a time: no more than these can be in memory beyond the cap. */
const BATCH = 16;

/** A manifest that was read, and which of its layers are to be. */
interface Opened extends Pick<Artifact, "mediaType" | "artifactType" | "annotations"> {
  readonly attached: Attached;
  readonly subject?: Digest;
  readonly wanted: readonly Descriptor[];
}

export interface ReadEvidence {
  readonly artifacts: readonly Artifact[];
  readonly gaps: readonly Gap[];
}

/**
 * Reads what is attached to a subject: manifests in the order of their digests, then the layers that can hold
 * evidence, hashed against digest and size. Whatever cannot be read fails alone and is a gap.
 */
export async function readEvidence(connection: Connection, caps: Caps, subject: Digest, all: readonly Attached[]): Promise<ReadEvidence> {
  const gaps: Gap[] = [];
  const opened: Opened[] = [];
  const left = { bytes: caps.bytes, layers: caps.layers };
  const ordered = [...all].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  for (let at = 0; at < ordered.length; at += BATCH) {
    const batch = ordered.slice(at, at + BATCH);
    if (left.bytes <= 0) {
      gaps.push(...ordered.slice(at).map(({ digest, endpoints }) => truncated(endpoints, caps, digest)));
      break;
    }
    const answers = await Promise.all(batch.map((attached) => readManifestOf(connection, attached)));
    answers.forEach((answer, index) => {
      const attached = batch[index] as Attached;
      if (answer.is !== "known") return void gaps.push(gapOf(answer.why, attached.digest));
      left.bytes -= answer.value.bytes.length;
      const one = open(attached, subject, answer.value, gaps);
      if (one !== undefined) opened.push(one);
    });
  }
  const read = await Promise.all(opened.map((one) => readLayers(connection, caps, left, one)));
  return { artifacts: read.flatMap(({ artifacts }) => artifacts), gaps: [...gaps, ...read.flatMap((one) => one.gaps)] };
}

async function readLayers(connection: Connection, caps: Caps, left: { bytes: number; layers: number }, one: Opened): Promise<ReadEvidence> {
  const { attached, wanted } = one;
  const pending = wanted.map((layer) => (reserve(left, layer) ? readLayer(connection, attached, layer) : truncated(attached.endpoints, caps, attached.digest)));
  const all = await Promise.all(pending);
  const layers = all.filter((layer): layer is ArtifactLayer => "bytes" in layer);
  const gaps = all.filter((layer): layer is Gap => !("bytes" in layer));
  // Without any of its layers it would look like a signature that is broken, and it is one that was not seen.
  return { artifacts: wanted.length > 0 && layers.length === 0 ? [] : [artifactOf(one, layers)], gaps };
}

/** Takes a layer's size out of what is left, unless there is not enough. */
function reserve(left: { bytes: number; layers: number }, { size }: Descriptor): boolean {
  if (left.layers < 1 || left.bytes < size) return false;
  left.layers -= 1;
  left.bytes -= size;
  return true;
}

function truncated(endpoints: readonly Endpoint[], caps: Caps, artifact: Digest): Gap {
  const limit = `${caps.layers} layers and ${caps.bytes} bytes are read of what is attached to one digest`;
  return { code: "truncated", message: `${endpoints[0]?.name}: ${limit}; the rest of ${artifact} was not`, artifact };
}

/** The manifest, from the first endpoint that gives it; else what the first one said. */
async function readManifestOf(connection: Connection, attached: Attached): Promise<Exclude<Answer<ManifestBytes>, { is: "absent" }>> {
  if (attached.manifest !== undefined) return { is: "known", value: attached.manifest };
  return firstOf(attached.endpoints, (endpoint) =>
    connection.ask(endpoint, async (session) => {
      const reply = await checked(session, await session.send("GET", `${endpoint.repository}/manifests/${attached.digest}`, ACCEPT));
      if (reply.status === 404) throw new RegistryFault("malformed", `lists ${attached.digest} as attached, and does not have it`);
      hashed(reply, attached.digest);
      if (attached.sizes.size > 0 && !attached.sizes.has(reply.body.length))
        throw new RegistryFault("wrong-bytes", `lists ${attached.digest} with a size that is not its ${reply.body.length} bytes`);
      return { is: "known", value: { bytes: reply.body, type: reply.headers["content-type"] } };
    }),
  );
}

/** Reads a manifest's fields. Undefined, with a gap, where it is none or is about something else. */
function open(attached: Attached, subject: Digest, { bytes, type }: ManifestBytes, gaps: Gap[]): Opened | undefined {
  const { digest, endpoints, found } = attached;
  const endpoint = endpoints[0] as Endpoint;
  try {
    const { mediaType, kind } = readManifest(bytes, type);
    const body = parseObject(bytes);
    const about = body.subject === undefined || body.subject === null ? undefined : readDescriptor(body.subject, `the subject of ${digest}`).digest;
    const byTag = found.has("sig-tag") || found.has("att-tag") || found.has("sbom-tag");
    if (!byTag && about !== subject) throw new RegistryFault("malformed", `lists ${digest} as attached, and that is about ${about ?? "nothing"}`);
    if (kind === "other") {
      gaps.push({ code: "unsupported", message: `${endpoint.name}: has ${digest} attached, of a type that cannot be read here`, artifact: digest });
      return undefined;
    }
    const configType = (body.config as { mediaType?: unknown } | undefined)?.mediaType;
    const artifactType = [body.artifactType, configType].find((text) => typeof text === "string" && text !== "");
    return {
      attached,
      mediaType,
      artifactType: (artifactType as string | undefined) ?? "",
      annotations: readAnnotations(body.annotations, `the manifest ${digest}`),
      ...(about === undefined ? {} : { subject: about }),
      wanted: kind === "image" ? layersOf(body.layers, found.has("sig-tag") || found.has("att-tag"), attached, gaps) : [],
    };
  } catch (error) {
    if (!(error instanceof RegistryFault)) throw error;
    gaps.push(gapOf(said(endpoint, error), digest));
    return undefined;
  }
}

/** The layers to read: each signature of a `.sig` is one, and one that is broken must not hide the others. */
function layersOf(value: unknown, whole: boolean, { digest, endpoints }: Attached, gaps: Gap[]): Descriptor[] {
  if (!Array.isArray(value)) throw new RegistryFault("malformed", `has ${digest} attached, a manifest without layers`);
  return value.flatMap((entry: unknown) => {
    try {
      const layer = readDescriptor(entry, `a layer of ${digest}`);
      return whole || mayHoldEvidence(layer.mediaType) ? [layer] : [];
    } catch (error) {
      if (!(error instanceof RegistryFault)) throw error;
      gaps.push(gapOf(said(endpoints[0] as Endpoint, error), digest));
      return [];
    }
  });
}

async function readLayer(connection: Connection, attached: Attached, layer: Descriptor): Promise<ArtifactLayer | Gap> {
  const { mediaType, digest, size, annotations } = layer;
  const inline = layer.data !== undefined && isWhole(layer.data, layer) ? layer.data : undefined;
  const answer = inline !== undefined ? ({ is: "known", value: inline } as const) : await firstOf(attached.endpoints, (endpoint) => connection.ask(endpoint, async (session) => {
    // One byte more than there should be tells "too long" from "just right".
    const reply = await checked(session, await session.send("GET", `${endpoint.repository}/blobs/${digest}`, "*/*", size + 1));
    if (reply.status === 404) throw new RegistryFault("malformed", `does not have the layer ${digest} of ${attached.digest}`);
    if (!isWhole(reply.body, layer)) throw new RegistryFault("wrong-bytes", `sent ${reply.body.length} bytes as the layer ${digest}, which they are not`);
    return { is: "known", value: reply.body };
  }));
  return answer.is === "known" ? { mediaType, digest, size, annotations, bytes: answer.value } : gapOf(answer.why, attached.digest);
}

function isWhole(bytes: Buffer, { digest, size }: Descriptor): boolean {
  return bytes.length === size && digestOf(algorithmOf(digest), bytes) === digest;
}

/** The first endpoint's bytes, or the first's failure. */
async function firstOf<Value>(endpoints: readonly Endpoint[], ask: (endpoint: Endpoint) => Promise<Answer<Value>>): Promise<Exclude<Answer<Value>, { is: "absent" }>> {
  let failed: Exclude<Answer<Value>, { is: "absent" }> | undefined;
  for (const endpoint of endpoints) {
    const answer = await ask(endpoint);
    if (answer.is === "known") return answer;
    if (answer.is === "unknown") failed ??= answer;
  }
  return failed as Exclude<Answer<Value>, { is: "absent" }>;
}

function artifactOf({ attached, mediaType, artifactType, annotations, subject }: Opened, layers: readonly ArtifactLayer[]): Artifact {
  const place = attached.endpoints[0] as Endpoint;
  return {
    digest: attached.digest,
    mediaType,
    artifactType,
    annotations,
    ...(subject === undefined ? {} : { subject }),
    layers,
    found: [...attached.found].sort(),
    repository: `${place.name}/${place.repository}`,
  };
}
