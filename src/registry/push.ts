/** Puts evidence into a registry, so that those who ask it find what was found elsewhere. */
import type { Artifact } from "../model/evidence.ts";
import type { Answer, Failure } from "../model/facts.ts";
import type { Digest, RepositoryLocation } from "../model/reference.ts";
import type { Connection } from "./connection.ts";
import { type Endpoint, endpointsOf } from "./endpoint.ts";
import { tagsAbout } from "./evidence-parts.ts";
import { RegistryFault } from "./fault.ts";
import { digestOf, parseObject } from "./manifest.ts";
import { entriesOf } from "./referrers.ts";
import type { Session } from "./session.ts";
import { checked, notFound } from "./status.ts";
import type { HttpReply } from "./transport.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

/** What became of the evidence about one digest. */
export interface Pushed {
  /** Artifacts that are there now, and those that had been before. */
  readonly stored: readonly Digest[];
  readonly present: readonly Digest[];
  /** Artifacts, or tags of them, that are not there. */
  readonly failed: readonly { readonly what: string; readonly why: Failure }[];
}

/** Pushes the artifacts of a subject into a repository. Never throws for a registry's fault. */
export type Push = (place: RepositoryLocation, subject: Digest, artifacts: readonly Artifact[]) => Promise<Pushed>;

/**
 * Blobs, then manifests, then what makes them found: a registry that knows the referrers API says so by `OCI-Subject`
 * (distribution-spec, "Pushing Manifests with Subject"), for others the index under the fallback tag is extended.
 * cosign's tags are set, unless they name something else already: that would hide other signatures.
 */
export function createPush(connection: Connection): Push {
  return async (place, subject, artifacts) => {
    const endpoint = endpointsOf(place, []).at(-1) as Endpoint;
    const stored: Digest[] = [];
    const present: Digest[] = [];
    const failed: { what: string; why: Failure }[] = [];
    const ask = async <Value>(what: string, work: (session: Session) => Promise<Value>): Promise<Value | undefined> => {
      const answer = await connection.ask(endpoint, async (session): Promise<Answer<Value>> => ({ is: "known", value: await work(session) }), { actions: "pull,push" });
      if (answer.is === "unknown") failed.push({ what, why: answer.why });
      return answer.is === "known" ? answer.value : undefined;
    };
    const unindexed: Artifact[] = [];
    for (const artifact of artifacts) {
      const put = await ask(artifact.digest, (session) => putArtifact(session, artifact));
      if (put === undefined) continue;
      (put.before ? present : stored).push(artifact.digest);
      if (isReferrer(artifact) && !put.indexed) unindexed.push(artifact);
      for (const { tag, way } of tagsAbout(subject).tags)
        if (way !== "fallback-tag" && artifact.found.includes(way)) await ask(tag, (session) => putTag(session, tag, artifact));
    }
    if (unindexed.length > 0) {
      const tag = tagsAbout(subject).base;
      await ask(tag, (session) => extendIndex(session, tag, unindexed));
    }
    return { stored, present, failed };
  };
}

const isReferrer = ({ found }: Artifact): boolean => found.includes("referrers") || found.includes("fallback-tag");

/** Stores an artifact by its digest. `indexed`: the registry lists it as a referrer by itself. */
async function putArtifact(session: Session, artifact: Artifact): Promise<{ before: boolean; indexed: boolean }> {
  const { digest, mediaType, manifest, layers, config } = artifact;
  if (manifest === undefined) throw new RegistryFault("malformed", `${digest} was read without its manifest`);
  const { repository } = session.endpoint;
  const path = `${repository}/manifests/${digest}`;
  const before = (await session.send("HEAD", path, mediaType)).status === 200;
  if (!before) for (const { digest: blob, bytes } of [...layers, ...(config ? [config] : [])]) await putBlob(session, blob, bytes);
  // Put again even where it is: only the answer to that tells whether it is listed as a referrer.
  const reply = await done(session, await session.store("PUT", path, { bytes: manifest, type: mediaType }));
  return { before, indexed: reply.headers["oci-subject"] !== undefined };
}

/** Stores a blob in one piece (distribution-spec, "POST then PUT"), unless it is there. */
async function putBlob(session: Session, digest: Digest, bytes: Uint8Array): Promise<void> {
  const { repository } = session.endpoint;
  if ((await session.send("HEAD", `${repository}/blobs/${digest}`, "*/*")).status === 200) return;
  const begun = await done(session, await session.store("POST", `${repository}/blobs/uploads/`));
  const { location } = begun.headers;
  if (location === undefined || !URL.canParse(location, begun.url.href)) throw new RegistryFault("malformed", "does not say where to upload to");
  const url = new URL(location, begun.url);
  if (url.host !== begun.url.host || !url.pathname.startsWith("/v2/")) throw new RegistryFault("redirect", `wants an upload sent to ${url.host}${url.host === begun.url.host ? " outside of /v2/" : ""}; not followed`);
  url.searchParams.set("digest", digest);
  await done(session, await session.store("PUT", `${url.pathname.slice("/v2/".length)}${url.search}`, { bytes, type: "application/octet-stream" }));
}

async function putTag(session: Session, tag: string, { digest, manifest, mediaType }: Artifact): Promise<void> {
  const path = `${session.endpoint.repository}/manifests/${tag}`;
  const there = await current(session, path, mediaType);
  const found = there && digestOf("sha256", there.body);
  if (found === digest) return;
  if (found !== undefined) throw new RegistryFault("malformed", `has ${tag} already, and it names ${found}, not ${digest}; left alone, as it would hide what is there`);
  await done(session, await session.store("PUT", path, { bytes: manifest as Uint8Array, type: mediaType }));
}

/** Adds to the index of referrers under the fallback tag, keeping what it lists. */
async function extendIndex(session: Session, tag: string, artifacts: readonly Artifact[]): Promise<void> {
  const path = `${session.endpoint.repository}/manifests/${tag}`;
  const there = await current(session, path, INDEX);
  const body = there ? parseObject(there.body) : { schemaVersion: 2, mediaType: INDEX, manifests: [] };
  const listed = new Set(there ? entriesOf(there.body).flatMap((entry) => ("descriptor" in entry ? [entry.descriptor.digest] : [])) : []);
  const added = artifacts.filter(({ digest }) => !listed.has(digest)).map(({ digest, mediaType, artifactType, annotations, manifest }) => ({ mediaType, digest, size: manifest?.length, artifactType, annotations }));
  if (added.length === 0) return;
  const bytes = Buffer.from(JSON.stringify({ ...body, manifests: [...((body.manifests ?? []) as unknown[]), ...added] }));
  await done(session, await session.store("PUT", path, { bytes, type: INDEX }));
}

/** What a tag names now; undefined where a registry says that there is no such tag. */
async function current(session: Session, path: string, accept: string): Promise<HttpReply | undefined> {
  const reply = await checked(session, await session.send("GET", path, accept));
  if (reply.status !== 404) return reply;
  await notFound(session, reply);
  return undefined;
}

/** A reply that says that it was stored, or is under way; every other is a fault. */
async function done(session: Session, reply: HttpReply): Promise<HttpReply> {
  if (reply.status === 201 || reply.status === 202) return reply;
  const { repository } = session.endpoint;
  if (reply.status === 404) throw new RegistryFault("malformed", `404: there is no ${repository} to push to; make it first`);
  if (reply.status === 403) throw new RegistryFault("forbidden", `403: this login may not push to ${repository}`);
  await checked(session, reply);
  throw new RegistryFault("malformed", `${reply.status}, which a registry does not answer to a push`);
}
