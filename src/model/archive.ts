/** An evidence archive: what registries held about digests when they were asked, kept for those who cannot ask. */
import type { Artifact, Collected, Gap, SubjectManifest } from "./evidence.ts";
import type { Digest } from "./reference.ts";

/** What was asked about one digest, and what came of it. Without gaps, what is not here was not there. */
export interface ArchivedSubject {
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  /** ISO time of the question. */
  readonly asked: string;
  /** Type of the manifest, where it is in the archive. */
  readonly mediaType?: string;
  readonly artifacts: readonly Pick<Artifact, "digest" | "found" | "repository">[];
  readonly gaps: readonly Gap[];
}

/** The archive's own word on what it holds (schemas/evidence-archive.schema.json). */
export interface ArchiveRecord {
  readonly version: 1;
  /** The lading that wrote it. */
  readonly tool: string;
  readonly subjects: readonly ArchivedSubject[];
}

/** An archive that was opened. */
export interface EvidenceArchive {
  /** Its path, as it was given. */
  readonly name: string;
  readonly record: ArchiveRecord;
  /** The bytes under a digest, hashed; undefined where they are not there, "wrong" where they are others or too many. */
  blob(digest: Digest, maxBytes: number): Buffer | "wrong" | undefined;
}

export const subjectName = ({ registry, repository, digest }: Pick<ArchivedSubject, "registry" | "repository" | "digest">): string => `${registry}/${repository}@${digest}`;

/** What was learned about one digest. */
export interface Exported {
  readonly registry: string;
  readonly repository: string;
  readonly digest: Digest;
  /** ISO time. */
  readonly asked: string;
  /** Absent where it could not be read; the gaps say why. */
  readonly manifest?: SubjectManifest;
  readonly collected: Collected;
}

/** Only what holds evidence is kept: of other artifacts nothing was read, and they prove nothing. */
export const keptOf = ({ artifacts }: Collected): readonly Artifact[] => artifacts.filter(({ layers }) => layers.length > 0);
