/** Everything that a registry holds about one image, and what the policy makes of it: what `lading inspect` prints. */
import type { Artifact, Gap, SignatureVerdict, Statement, StatementVerdict, SubjectChild, SubjectManifest, Trust } from "../model/evidence.ts";
import type { Answer, Manifest } from "../model/facts.ts";
import { questionKey } from "../model/facts.ts";
import { signatureNeedFor } from "../model/match.ts";
import type { SignatureNeed } from "../model/policy.ts";
import { type Digest, formatReference, type ImageReference, locate } from "../model/reference.ts";
import { proveThrough } from "../pipeline/prove.ts";
import type { Registries } from "./asking.ts";
import { decideAbout, type Examined, examine } from "./prove.ts";
import type { Settings } from "./settings.ts";

/** The `$id` of the schema. */
export const INSPECT_SCHEMA = "urn:lading:schema:inspect:1";

export interface InspectedStatement extends Omit<Statement, "payload" | "artifact" | "verdict"> {
  readonly verdict: StatementVerdict;
}

export interface InspectedArtifact {
  readonly digest: Digest;
  readonly artifactType: string;
  readonly found: Artifact["found"];
  readonly repository: string;
  readonly statements: readonly InspectedStatement[];
}

export interface Inspection {
  readonly $schema: typeof INSPECT_SCHEMA;
  readonly version: 1;
  readonly tool: { readonly name: "lading"; readonly version: string };
  /** As it was asked for. */
  readonly image: string;
  /** `registry/repository`. */
  readonly repository: string;
  readonly digest: Digest;
  readonly kind: Manifest["kind"];
  readonly mediaType: string;
  readonly size: number;
  /** What the tag names, where the image was asked for by tag and digest. */
  readonly tag?: { readonly name: string; readonly digest?: Digest; readonly why?: string };
  readonly platforms: readonly Pick<SubjectChild, "digest" | "platform" | "mediaType">[];
  readonly artifacts: readonly InspectedArtifact[];
  /** What could not be asked or read: while there is one, nothing is said to be absent. */
  readonly gaps: readonly Gap[];
  /** The policy file; absent: there is none. */
  readonly policy?: string;
  /** Whose signatures the policy wants; absent: nobody's. */
  readonly need?: SignatureNeed;
  /** What the policy makes of the signatures; absent where it wants none. */
  readonly verdict?: { readonly is: SignatureVerdict["is"]; readonly signers?: readonly string[]; readonly through?: Digest; readonly why?: string };
}

/** Asks, reads, verifies. Absent: the registry has no such image. */
export async function inspect(reference: ImageReference, set: Settings, registries: Omit<Registries, "ageOf">, trust: Trust, version: string): Promise<Answer<Inspection>> {
  const place = locate(reference.name);
  const tagged = await tagOf(reference, registries);
  const digest = reference.digest ?? (tagged?.is === "known" ? tagged.value.digest : undefined);
  if (digest === undefined) return tagged as Exclude<typeof tagged, { is: "known" } | undefined>;
  const manifest = await registries.readSubject({ ...place, digest });
  if (manifest.is !== "known") return manifest;
  const sources = { trust, ...registries, now: Date.now };
  const examined = await examine(manifest.value.subject, sources);
  const need = signatureNeedFor(set.policy, place);
  const parents = [await parentOf(digest, tagged, place, registries) ?? (await registries.parentsOf?.({ ...place, digest })) ?? []].flat();
  const verdict = need && (await judge(manifest.value, examined, need, parents, sources));
  return {
    is: "known",
    value: {
      $schema: INSPECT_SCHEMA,
      version: 1,
      tool: { name: "lading", version },
      image: formatReference(reference),
      repository: `${place.registry}/${place.repository}`,
      digest,
      ...describe(manifest.value),
      ...(reference.digest !== undefined && tagged ? { tag: tagLine(reference.tag!, tagged) } : {}),
      artifacts: examined.collected.artifacts.map((artifact) => inspected(artifact, examined.statements)),
      gaps: examined.gaps,
      ...(set.policy.file === undefined ? {} : { policy: set.policy.file }),
      ...(need ? { need } : {}),
      ...(verdict ? { verdict } : {}),
    },
  };
}

/** What the tag names; undefined where only a digest was asked for. */
async function tagOf({ name, tag, digest }: ImageReference, { gather }: Pick<Registries, "gather">): Promise<Answer<Manifest> | undefined> {
  const selector = tag ?? (digest === undefined ? "latest" : undefined);
  if (selector === undefined) return undefined;
  const question = { ...locate(name), selector, body: false };
  return (await gather([question])).get(questionKey(question));
}

const tagLine = (name: string, tagged: Answer<Manifest>): NonNullable<Inspection["tag"]> =>
  ({ name, ...(tagged.is === "known" ? { digest: tagged.value.digest } : { why: tagged.is === "absent" ? "the registry has no such tag" : tagged.why.message }) });

/** The index that the tag names, where it lists the digest. */
async function parentOf(digest: Digest, tagged: Answer<Manifest> | undefined, place: ReturnType<typeof locate>, { readSubject }: Pick<Registries, "readSubject">): Promise<Digest | undefined> {
  if (tagged?.is !== "known" || tagged.value.kind !== "index" || tagged.value.digest === digest) return undefined;
  const index = await readSubject({ ...place, digest: tagged.value.digest });
  return index.is === "known" && index.value.children.some((child) => child.digest === digest) ? tagged.value.digest : undefined;
}

async function judge({ subject }: SubjectManifest, examined: Examined, need: SignatureNeed, parents: readonly Digest[], sources: Parameters<typeof examine>[1]): Promise<Inspection["verdict"]> {
  const verdict = await proveThrough(subject, need, parents, async (about, wanted) => decideAbout(about.digest === subject.digest ? examined : await examine(about, sources), wanted));
  const { is } = verdict;
  if (verdict.is === "verified") return { is, signers: verdict.signers, ...(verdict.through === undefined ? {} : { through: verdict.through }) };
  return { is, ...("why" in verdict ? { why: verdict.why } : {}) };
}

const describe = ({ subject, kind, children }: SubjectManifest): Pick<Inspection, "kind" | "mediaType" | "size" | "platforms"> => ({
  kind,
  mediaType: subject.mediaType,
  size: subject.size,
  platforms: children.map(({ digest, platform, mediaType }) => ({ digest, mediaType, ...(platform === undefined ? {} : { platform }) })),
});

function inspected({ digest, artifactType, found, repository }: Artifact, statements: readonly Statement[]): InspectedArtifact {
  const own = statements.filter((statement) => statement.artifact === digest);
  return { digest, artifactType, found, repository, statements: own.map(({ artifact: _artifact, payload: _payload, ...statement }) => statement) };
}

