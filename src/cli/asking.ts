/** What a run that asks is given: registries, evidence, an earlier commit. Loaded only by runs that ask. */
import { earlierCommit } from "../files/git.ts";
import { decode } from "../files/load.ts";
import { readTrust } from "../files/trust.ts";
import { LadingError } from "../model/errors.ts";
import type { Collect, Prove, ReadSubject, Subject, Trust } from "../model/evidence.ts";
import type { Gather } from "../model/facts.ts";
import { mostSpecific } from "../model/match.ts";
import type { Policy } from "../model/policy.ts";
import { type Digest, locate, type RepositoryLocation } from "../model/reference.ts";
import type { AgeOf, Earlier } from "../pipeline/before.ts";
import type { CheckOptions } from "../pipeline/check.ts";
import { proveThrough } from "../pipeline/prove.ts";
import { createAgeOf } from "../registry/age.ts";
import { createCollect } from "../registry/collect.ts";
import { connect } from "../registry/connection.ts";
import { createGather } from "../registry/gather.ts";
import { createReadSubject } from "../registry/subject.ts";
import { progress } from "./progress.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "./version.ts";

/** The ways to all registries of a run, over the same connections. */
export interface Registries {
  readonly gather: Gather;
  readonly collect: Collect;
  readonly readSubject: ReadSubject;
  readonly ageOf: AgeOf;
  /** Indexes that list an image, where they are known without its tag. */
  readonly parentsOf?: (subject: Subject) => Promise<readonly Digest[]>;
}

export function openRegistries({ policy, caches }: Pick<Settings, "policy" | "caches">): Registries {
  const connection = connect({ policy, version: VERSION });
  const options = { policy, version: VERSION, connection };
  const readSubject = createReadSubject(options);
  return {
    gather: createGather({ ...options, ...(caches ? { cache: caches.answers } : {}), onProgress: progress("asking registries") }),
    collect: createCollect({ ...options, elsewhere: elsewhereOf(policy) }),
    readSubject,
    ageOf: createAgeOf(connection, readSubject),
  };
}

/** Where the policy says that the evidence about an image is kept. */
export const elsewhereOf = ({ evidence }: Pick<Policy, "evidence">) => ({ registry, repository }: Subject): RepositoryLocation | undefined => {
  const place = mostSpecific(evidence, `${registry}/${repository}`);
  return place && locate(place.repository);
};

/** An archive in place of registries: nobody is asked. */
export async function openArchive({ policy }: Pick<Settings, "policy">, path: string, file: string): Promise<Omit<Registries, "ageOf">> {
  const [{ openEvidenceArchive }, { createArchiveCollect, createArchiveParents, createArchiveReadSubject }] = await Promise.all([import("../files/evidence-archive.ts"), import("../registry/archive.ts")]);
  const archive = openEvidenceArchive(path, file);
  return { gather: createGather({ policy, version: VERSION, offline: true }), collect: createArchiveCollect(archive), readSubject: createArchiveReadSubject(archive), parentsOf: createArchiveParents(archive) };
}

/** Whether the policy asks for a signature of any image. */
export const wantsSignatures = ({ images }: Pick<Policy, "images">): boolean => images.some(({ signed }) => typeof signed === "object");

/** The keys and roots of the policy. */
export const trustOf = ({ policy, policyFile }: Pick<Settings, "policy" | "policyFile">): Trust => (policyFile === undefined ? { signers: [], roots: [] } : readTrust(policy, policyFile));

export interface AskOptions {
  /** Whether registries are asked. */
  readonly online: boolean;
  /** Where the checked files lie. */
  readonly folder: string;
  /** The commit to compare pins with; undefined: `HEAD`, if there is one. */
  readonly since?: string | undefined;
  /** An archive that evidence is taken from, and its name as messages show it. */
  readonly archive?: { readonly path: string; readonly file: string } | undefined;
}

/** What a check asks with. */
export async function openAsking(set: Settings, { online, folder, since, archive }: AskOptions): Promise<Pick<CheckOptions, "gather" | "prove" | "before">> {
  const registries = online ? openRegistries(set) : undefined;
  const gather = registries ? { gather: registries.gather } : {};
  const evidence = archive ? await openArchive(set, archive.path, archive.file) : registries;
  if (!evidence || !wantsSignatures(set.policy)) return gather;
  // What an archive says is not what the registry says: it is not remembered.
  const prove = await openProve(archive ? { ...set, caches: undefined } : set, evidence);
  const earlier = registries && (await openEarlier(folder, since));
  return { ...gather, prove, ...(earlier ? { before: { earlier, ageOf: registries!.ageOf } } : {}) };
}

/** The verifiers, loaded only where the policy asks for signatures. */
export async function openProve(set: Settings, { collect, readSubject, parentsOf }: Pick<Registries, "collect" | "readSubject" | "parentsOf">): Promise<Prove> {
  const trust = trustOf(set);
  const verdicts = await set.caches?.verdicts(trust);
  const { createProve } = await import("./prove.ts");
  const prove = createProve({ trust, collect, readSubject, verdicts, now: Date.now });
  return parentsOf ? async (subject, need) => proveThrough(subject, need, await parentsOf(subject), prove) : prove;
}

async function openEarlier(folder: string, since: string | undefined): Promise<Earlier | undefined> {
  const commit = await earlierCommit(folder, since ?? "HEAD");
  if (!commit && since !== undefined) throw new LadingError("usage", `Git knows no commit ${since} here`, "fetch it first: a shallow clone has only the last commits");
  return commit && {
    changed: commit.changed,
    async read(file) {
      const bytes = await commit.read(file);
      const source = bytes && decode(file, bytes);
      return source && "text" in source ? source : undefined;
    },
  };
}
