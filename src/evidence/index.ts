/** Evidence: what is attached to a digest, verified. Nothing here asks anybody: all that is needed is handed in. */
import type { Artifact, ArtifactLayer, Collected, Statement, Subject, Trust } from "../model/evidence.ts";
import { bundle, BUNDLES } from "./bundle.ts";
import { Refusal, verdictOf } from "./codes.ts";
import { envelope, simpleSigning } from "./cosign.ts";
import { isNotation, verifyNotation } from "./notation.ts";
import type { Against, Reader } from "./reader.ts";

/** Who reads a layer, by its media type. A new format is one line. */
const READERS: Readonly<Record<string, Reader>> = {
  "application/vnd.dev.cosign.simplesigning.v1+json": simpleSigning,
  "application/vnd.dsse.envelope.v1+json": envelope,
  ...Object.fromEntries(Object.keys(BUNDLES).map((mediaType) => [mediaType, bundle])),
};

/** A quarter of the payload that cosign reads, and as many layers. */
const LARGEST_LAYER = 32 * 1024 * 1024;
const MOST_LAYERS = 1000;

/** Everything that is attached, whatever the format: one that is there never hides another. */
export function verifyAll({ artifacts }: Collected, subject: Subject, trust: Trust, now: Date): Statement[] {
  return artifacts.flatMap((artifact) => (isNotation(artifact) ? verifyNotation(artifact, subject, trust, now) : verifyArtifact(artifact, subject, trust, now)));
}

/** A statement for each layer. */
export function verifyArtifact(artifact: Artifact, subject: Subject, trust: Trust, now: Date): Statement[] {
  const against = { subject, trust, now };
  const statements = artifact.layers.slice(0, MOST_LAYERS).map((layer) => readLayer(layer, artifact, against));
  if (artifact.layers.length <= MOST_LAYERS) return statements;
  return [...statements, refused(artifact, new Refusal("truncated", `${MOST_LAYERS} of ${artifact.layers.length} layers`))];
}

function readLayer(layer: ArtifactLayer, artifact: Artifact, against: Against): Statement {
  const reader = readerFor(layer.mediaType);
  if (!reader) return unsigned(layer, artifact);
  if (layer.bytes.length > LARGEST_LAYER) return refused(artifact, new Refusal("too-large", `${layer.bytes.length} bytes`));
  return reader(layer, artifact, against);
}

/** A bundle of a version to come is still a bundle, and says so: it may be a signature. */
function readerFor(mediaType: string): Reader | undefined {
  if (Object.hasOwn(READERS, mediaType)) return READERS[mediaType];
  return mediaType.startsWith("application/vnd.dev.sigstore.bundle") ? bundle : undefined;
}

const refused = (artifact: Artifact, refusal: Refusal): Statement => ({ kind: "other", format: "unsigned", artifact: artifact.digest, verdict: verdictOf(refusal) });

/** Something else that is attached, such as an SBOM or a scan that nobody signed. */
function unsigned(layer: ArtifactLayer, artifact: Artifact): Statement {
  // Docker and Google Cloud Build say so what their unsigned statements are.
  const predicateType = layer.annotations["in-toto.io/predicate-type"];
  return { kind: "other", format: "unsigned", artifact: artifact.digest, verdict: verdictOf(new Refusal("unsigned", layer.mediaType)), ...(predicateType === undefined ? {} : { predicateType }) };
}
