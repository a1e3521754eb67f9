/** Sites and what registries said of them → what their signatures amount to. */
import type { Prove, SignatureVerdict, Subject } from "../model/evidence.ts";
import type { Answer, Manifest } from "../model/facts.ts";
import { signatureNeedFor } from "../model/match.ts";
import type { Policy, SignatureNeed } from "../model/policy.ts";
import { type Digest, locate } from "../model/reference.ts";
import type { ImageSite } from "../model/site.ts";
import { stateOf } from "../model/state.ts";

/** What is to be proved about the image of one site. */
export interface Wish {
  readonly subject: Subject;
  readonly need: SignatureNeed;
  /** The index that the tag beside a pin names and that lists the pinned image: its signature covers the image. */
  readonly parent?: Digest;
}

/** Verdicts by {@link wishKey}. */
export type Proofs = ReadonlyMap<string, SignatureVerdict>;

export const wishKey = ({ subject: { registry, repository, digest }, parent, need }: Wish): string => JSON.stringify([registry, repository, digest, parent ?? "", need]);

/** The manifests that are known of a site. */
export interface Known {
  readonly tagged: Answer<Manifest>;
  readonly pinned: Answer<Manifest>;
  readonly index: Answer<Manifest>;
}

/** Whose signatures the image at a site needs, if it runs at all. */
export function needOf(site: ImageSite, policy: Pick<Policy, "images">): SignatureNeed | undefined {
  if (site.reading.is !== "reference" || stateOf(site) === "not-run") return undefined;
  return signatureNeedFor(policy, locate(site.reading.reference.name));
}

/** What to prove about a site: of a pin its digest, else what the tag names; undefined when no digest is known. */
export function wishOf(site: ImageSite, { tagged, pinned, index }: Known, policy: Pick<Policy, "images">): Wish | undefined {
  const need = needOf(site, policy);
  if (!need || site.reading.is !== "reference") return undefined;
  const { name, digest = tagged.is === "known" ? tagged.value.digest : undefined } = site.reading.reference;
  if (digest === undefined) return undefined;
  const manifest = site.reading.reference.digest === undefined ? tagged : pinned;
  // What is not there runs nowhere, and its signatures would say nothing.
  if (manifest.is === "absent") return undefined;
  const mediaType = manifest.is === "known" ? manifest.value.mediaType : undefined;
  const listed = index.is === "known" && index.value.kind === "index" && index.value.digest !== digest && index.value.children?.includes(digest) === true;
  return { subject: { ...locate(name), digest, ...(mediaType === undefined ? {} : { mediaType }) }, need, ...(listed ? { parent: index.value.digest } : {}) };
}

/** Digests whose evidence is in memory at a time: it is read in parts of up to 32 MiB, by whoever may push. */
const AT_ONCE = 32;

/** Proves each wish once. */
export async function proveAll(wishes: readonly Wish[], prove: Prove): Promise<Proofs> {
  const unique = new Map(wishes.map((wish) => [wishKey(wish), wish]));
  const asked = new Map<string, Promise<SignatureVerdict>>();
  const once: Prove = (subject, need) => {
    const key = wishKey({ subject, need });
    const running = asked.get(key) ?? prove(subject, need);
    asked.set(key, running);
    return running;
  };
  const proofs = new Map<string, SignatureVerdict>();
  const left = unique.entries();
  const work = async (): Promise<void> => {
    for (const [key, wish] of left) proofs.set(key, await proveOne(wish, once));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return proofs;
}

const proveOne = ({ subject, need, parent }: Wish, prove: Prove): Promise<SignatureVerdict> => proveThrough(subject, need, parent === undefined ? [] : [parent], prove);

/**
 * A signature over an index covers the images that it lists, and the parents' bytes have been hashed and list this
 * one. The reverse never holds: who signed one platform's image has not signed the others.
 */
export async function proveThrough(subject: Subject, need: SignatureNeed, parents: readonly Digest[], prove: Prove): Promise<SignatureVerdict> {
  const own = await prove(subject, need);
  if (own.is === "verified") return own;
  const { registry, repository } = subject;
  let open: Extract<SignatureVerdict, { is: "unknown" }> | undefined;
  for (const parent of parents) {
    const whole = await prove({ registry, repository, digest: parent }, need);
    if (whole.is === "verified") return { ...whole, through: parent };
    if (whole.is === "unknown") open ??= { ...whole, why: `of the index ${parent}: ${whole.why}` };
  }
  // What could not be asked about an index may be what is missing here.
  return own.is === "absent" && open ? open : own;
}
