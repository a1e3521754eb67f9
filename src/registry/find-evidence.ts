import type { Gap } from "../model/evidence.ts";
import type { Answer } from "../model/facts.ts";
import type { Digest } from "../model/reference.ts";
import type { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Caps, gapOf, type ManifestBytes, said, tagsAbout, type Way } from "./evidence-parts.ts";
import { RegistryFault } from "./fault.ts";
import { hashed } from "./look-up.ts";
import { ACCEPT } from "./manifest.ts";
import { entriesOf, type Entry, readReferrersPage, referrersPath } from "./referrers.ts";
import { checked, notFound } from "./status.ts";
import { createTagsOf } from "./tag-list.ts";

/** One thing that an endpoint says is attached. */
export interface Sighting {
  readonly digest: Digest;
  readonly way: Way;
  /** As the list says that names it. */
  readonly size?: number;
  /** The manifest, where a tag names it. */
  readonly manifest?: ManifestBytes;
}

export interface Sightings {
  readonly sightings: readonly Sighting[];
  readonly gaps: readonly Gap[];
}

/** What an endpoint says is attached to a digest. Every way is asked, so that no format hides another. */
export type Find = (endpoint: Endpoint, digest: Digest) => Promise<Sightings>;

interface TagManifest extends ManifestBytes {
  readonly digest: Digest;
}

/**
 * The referrers API and the list of tags are asked together: two requests where there is nothing. The tags that
 * the list names are then read; where it proves nothing, each tag is asked for instead
 * (docs/decisions/0021-collecting-evidence.md).
 */
export function createFind(connection: Connection, caps: Caps): Find {
  const tagsOf = createTagsOf(connection);
  /** Repositories that were found to have no referrers API. */
  const without = new Set<string>();

  const listed = async (endpoint: Endpoint, digest: Digest): Promise<Sightings> => {
    const key = `${endpoint.host}/${endpoint.repository}`;
    if (without.has(key)) return { sightings: [], gaps: [] };
    const start = referrersPath(endpoint.repository, digest);
    const gaps: Gap[] = [];
    const entries: Entry[] = [];
    const seen = new Set<string>();
    for (let path: string | undefined = start; path !== undefined; ) {
      const here: string = path;
      seen.add(here);
      const answer = await connection.ask(endpoint, (session) => readReferrersPage(session, here));
      if (answer.is === "absent" && here === start) without.add(key);
      if (answer.is === "absent" && here !== start) gaps.push(gapOf(said(endpoint, new RegistryFault("malformed", "does not have the next page of referrers that it named"))));
      if (answer.is === "unknown") gaps.push(gapOf(answer.why));
      if (answer.is !== "known") break;
      entries.push(...answer.value.entries);
      const { next } = answer.value;
      const stop = next instanceof RegistryFault ? next : next !== undefined && whyNot(next, seen, entries.length);
      if (stop) gaps.push(gapOf(said(endpoint, stop)));
      path = stop ? undefined : (next as string | undefined);
    }
    return withEntries(endpoint, entries, "referrers", gaps);
  };

  /** Why a next page is not read, if there is a reason. */
  const whyNot = (next: string, seen: ReadonlySet<string>, entries: number): RegistryFault | undefined => {
    if (seen.has(next)) return new RegistryFault("redirect", "names pages of referrers in a circle");
    if (seen.size >= caps.pages || entries > caps.referrers) return new RegistryFault("too-large", `has more than ${seen.size} pages or ${caps.referrers} referrers; the rest was not read`);
    return undefined;
  };

  const tagged = async (endpoint: Endpoint, way: Sighting["way"], tag: string): Promise<Sightings> => {
    const answer = await connection.ask(endpoint, async (session): Promise<Answer<TagManifest>> => {
      const reply = await checked(session, await session.send("GET", `${endpoint.repository}/manifests/${tag}`, ACCEPT));
      if (reply.status === 404) return notFound(session, reply);
      return { is: "known", value: { digest: hashed(reply, tag), bytes: reply.body, type: reply.headers["content-type"] } };
    });
    if (answer.is === "absent") return { sightings: [], gaps: [] };
    if (answer.is === "unknown") return { sightings: [], gaps: [gapOf(answer.why)] };
    const { digest, bytes, type } = answer.value;
    if (way !== "fallback-tag") return { sightings: [{ digest, way, manifest: { bytes, type } }], gaps: [] };
    try {
      return withEntries(endpoint, entriesOf(bytes), way, []);
    } catch (error) {
      if (!(error instanceof RegistryFault)) throw error;
      return { sightings: [], gaps: [gapOf(said(endpoint, error), digest)] };
    }
  };

  return async (endpoint, digest) => {
    const { base, tags } = tagsAbout(digest);
    const [referrers, present] = await Promise.all([listed(endpoint, digest), tagsOf(endpoint, base)]);
    // An SBOM under its tag proves nothing: it is shown where it costs no question of its own.
    const asked = tags.filter(({ way, tag }) => (present === undefined ? way !== "sbom-tag" : present.has(tag)));
    const all = [referrers, ...(await Promise.all(asked.map(({ way, tag }) => tagged(endpoint, way, tag))))];
    return { sightings: all.flatMap(({ sightings }) => sightings), gaps: all.flatMap(({ gaps }) => gaps) };
  };
}

function withEntries(endpoint: Endpoint, entries: readonly Entry[], way: Way, gaps: readonly Gap[]): Sightings {
  return {
    sightings: entries.flatMap((entry) => ("descriptor" in entry ? [{ digest: entry.descriptor.digest, way, size: entry.descriptor.size }] : [])),
    gaps: [...gaps, ...entries.flatMap((entry) => ("problem" in entry ? [gapOf(said(endpoint, entry.problem))] : []))],
  };
}
