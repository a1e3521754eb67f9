/** Evidence from an archive in place of registries: the same bytes, hashed the same way, lead to the same verdict. */
import { type ArchivedSubject, type EvidenceArchive, subjectName } from "../model/archive.ts";
import type { Collect, Gap, ReadSubject, Subject } from "../model/evidence.ts";
import type { Answer, Failure } from "../model/facts.ts";
import type { Digest } from "../model/reference.ts";
import { type Attached, type Caps, DEFAULT_CAPS } from "./evidence-parts.ts";
import { RegistryFault } from "./fault.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { kindOf } from "./manifest.ts";
import { readEvidence, type Source } from "./read-evidence.ts";
import { readSubjectManifest } from "./subject.ts";

/**
 * Collects from an archive. What it holds about a digest counts whatever repository it was asked in, since evidence
 * is about bytes; but that there is nothing more is said only of the repository that was asked.
 * @param configs whether to read the configs of artifacts as well
 */
export function createArchiveCollect(archive: EvidenceArchive, configs = false, caps: Caps = DEFAULT_CAPS): Collect {
  const source = archiveSource(archive);
  const byDigest = new Map<Digest, ArchivedSubject[]>();
  for (const record of archive.record.subjects) byDigest.set(record.digest, [...(byDigest.get(record.digest) ?? []), record]);
  return async (subject) => {
    const records = byDigest.get(subject.digest) ?? [];
    const read = await readEvidence(source, caps, subject.digest, attachedOf(records), configs);
    const artifacts = read.artifacts.map((artifact) => ({ ...artifact, found: [...artifact.found, "archive" as const] }));
    return { artifacts, gaps: [...gapsOf(archive, subject, records), ...read.gaps] };
  };
}

/** Reads the manifests of subjects from an archive. */
export function createArchiveReadSubject(archive: EvidenceArchive): ReadSubject {
  return async (subject) => {
    const record = archive.record.subjects.find(({ digest, mediaType }) => digest === subject.digest && mediaType !== undefined);
    if (record === undefined) return unknown(archive, "not-asked", `the manifest of ${subjectName(subject)} is not in it; ${AGAIN}`);
    const bytes = bytesOf(archive, subject.digest, DEFAULT_LIMITS.manifestBytes);
    if (bytes.is !== "known") return bytes;
    try {
      return { is: "known", value: readSubjectManifest(subject, bytes.value, record.mediaType) };
    } catch (error) {
      if (error instanceof RegistryFault) return unknown(archive, error.code, error.message);
      throw error;
    }
  };
}

/**
 * The indexes in an archive that list a manifest, in the same repository. Their bytes are hashed, so a signature over
 * one of them covers what it lists.
 */
export function createArchiveParents(archive: EvidenceArchive): (subject: Subject) => Promise<readonly Digest[]> {
  const readSubject = createArchiveReadSubject(archive);
  let listing: Promise<ReadonlyMap<string, readonly Digest[]>> | undefined;
  const list = async (): Promise<ReadonlyMap<string, readonly Digest[]>> => {
    const parents = new Map<string, Digest[]>();
    for (const record of archive.record.subjects) {
      if (kindOf(record.mediaType ?? "") !== "index") continue;
      const index = await readSubject(record);
      if (index.is !== "known") continue;
      for (const { digest } of index.value.children) {
        const child = subjectName({ ...record, digest });
        parents.set(child, [...(parents.get(child) ?? []), record.digest]);
      }
    }
    return parents;
  };
  return async (subject) => (await (listing ??= list())).get(subjectName(subject)) ?? [];
}

const AGAIN = "write the archive again with this image";

function archiveSource(archive: EvidenceArchive): Source {
  return {
    name: archive.name,
    manifest: async ({ digest }) => {
      const bytes = bytesOf(archive, digest, DEFAULT_LIMITS.manifestBytes);
      return bytes.is === "known" ? { is: "known", value: { bytes: bytes.value, type: undefined } } : bytes;
    },
    layer: async (_, { digest, size }) => {
      const bytes = bytesOf(archive, digest, size);
      return bytes.is === "known" && bytes.value.length !== size ? unknown(archive, "wrong-bytes", `${digest} is not as long as its manifest says`) : bytes;
    },
  };
}

function bytesOf(archive: EvidenceArchive, digest: Digest, maxBytes: number): Answer<Buffer> {
  const bytes = archive.blob(digest, maxBytes);
  if (bytes === undefined) return unknown(archive, "malformed", `${digest} is missing from it`);
  return bytes === "wrong" ? unknown(archive, "wrong-bytes", `what it holds as ${digest} is something else`) : { is: "known", value: bytes };
}

const unknown = ({ name }: EvidenceArchive, code: Failure["code"], clause: string): Answer<never> => ({ is: "unknown", why: { code, message: `${name}: ${clause}`, registry: name } });

/** The artifacts of some records, each once with all the ways in which it was found. */
function attachedOf(records: readonly ArchivedSubject[]): Attached[] {
  const all = new Map<Digest, Attached>();
  for (const { digest, found, repository } of records.flatMap(({ artifacts }) => artifacts)) {
    const attached = all.get(digest) ?? { digest, found: new Set(), places: [], sizes: new Set() };
    all.set(digest, attached);
    for (const way of found) attached.found.add(way);
    attached.places.push(repository);
  }
  return [...all.values()];
}

/** What the archive cannot tell about a subject: what was open when it was written, or all. */
function gapsOf({ name }: EvidenceArchive, subject: Subject, records: readonly ArchivedSubject[]): Gap[] {
  const own = records.filter(({ registry, repository }) => registry === subject.registry && repository === subject.repository);
  if (own.length > 0) return own.flatMap(({ gaps, asked }) => gaps.map((gap) => ({ ...gap, message: `${name}: of ${asked}: ${gap.message}` })));
  const others = records.map(subjectName).join(", ");
  const clause = others === "" ? `nothing was asked about ${subjectName(subject)}` : `${subjectName(subject)} was asked about only as ${others}`;
  return [{ code: "not-asked", message: `${name}: ${clause}; ${AGAIN}` }];
}
