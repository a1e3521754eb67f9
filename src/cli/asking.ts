/** What a run that asks is given: registries, evidence, an earlier commit. Loaded only by runs that ask. */
import { earlierCommit } from "../files/git.ts";
import { decode } from "../files/load.ts";
import { readTrust } from "../files/trust.ts";
import { LadingError } from "../model/errors.ts";
import type { Collect, Prove, ReadSubject, Subject, Trust } from "../model/evidence.ts";
import type { Gather } from "../model/facts.ts";
import { mostSpecific } from "../model/match.ts";
import type { Policy } from "../model/policy.ts";
import { locate, type RepositoryLocation } from "../model/reference.ts";
import type { AgeOf, Earlier } from "../pipeline/before.ts";
import type { CheckOptions } from "../pipeline/check.ts";
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
}

export function openRegistries({ policy, caches }: Pick<Settings, "policy" | "caches">): Registries {
  const connection = connect({ policy, version: VERSION });
  const options = { policy, version: VERSION, connection };
  const readSubject = createReadSubject(options);
  return {
    gather: createGather({ ...options, ...(caches ? { cache: caches.answers } : {}), onProgress: progress("asking registries") }),
    collect: createCollect({ ...options, elsewhere: (subject) => elsewhere(policy, subject) }),
    readSubject,
    ageOf: createAgeOf(connection, readSubject),
  };
}

/** Where the policy says that the evidence about an image is kept. */
function elsewhere({ evidence }: Policy, { registry, repository }: Subject): RepositoryLocation | undefined {
  const place = mostSpecific(evidence, `${registry}/${repository}`);
  return place && locate(place.repository);
}

/** Whether the policy asks for a signature of any image. */
export const wantsSignatures = ({ images }: Pick<Policy, "images">): boolean => images.some(({ signed }) => typeof signed === "object");

/** The keys and roots of the policy. */
export const trustOf = ({ policy, policyFile }: Pick<Settings, "policy" | "policyFile">): Trust => (policyFile === undefined ? { signers: [], roots: [] } : readTrust(policy, policyFile));

/**
 * What a check asks with.
 * @param folder where the checked files lie
 * @param since the commit to compare pins with; undefined: `HEAD`, if there is one
 */
export async function openAsking(set: Settings, folder: string, since: string | undefined): Promise<Pick<CheckOptions, "gather" | "prove" | "before">> {
  const registries = openRegistries(set);
  const { gather } = registries;
  if (!wantsSignatures(set.policy)) return { gather };
  const earlier = await openEarlier(folder, since);
  return { gather, prove: await openProve(set, registries), ...(earlier ? { before: { earlier, ageOf: registries.ageOf } } : {}) };
}

/** The verifiers, loaded only where the policy asks for signatures. */
export async function openProve(set: Settings, { collect, readSubject }: Pick<Registries, "collect" | "readSubject">): Promise<Prove> {
  const trust = trustOf(set);
  const verdicts = await set.caches?.verdicts(trust);
  const { createProve } = await import("./prove.ts");
  return createProve({ trust, collect, readSubject, verdicts, now: Date.now });
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
