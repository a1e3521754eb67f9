import type { Collect, Collected, Gap, Subject } from "../model/evidence.ts";
import type { Digest, RepositoryLocation } from "../model/reference.ts";
import { PASSED_OVER } from "./client.ts";
import { connect, type Connection, type ConnectionOptions } from "./connection.ts";
import { type Endpoint, endpointsOf } from "./endpoint.ts";
import { type Attached, type Caps, DEFAULT_CAPS } from "./evidence-parts.ts";
import { createFind, type Find, type Sighting } from "./find-evidence.ts";
import { readEvidence } from "./read-evidence.ts";
import { registrySource } from "./registry-source.ts";

export interface CollectOptions extends ConnectionOptions {
  /** Shared with others that ask in this run; default: one of its own. */
  readonly connection?: Connection;
  /** Where evidence about a subject is kept besides its own repository, if anywhere. */
  readonly elsewhere?: (subject: Subject) => RepositoryLocation | undefined;
  readonly caps?: Partial<Caps>;
  /** Read the configs of artifacts as well, for who passes them on. */
  readonly configs?: boolean;
}

/**
 * Collects what registries hold about digests, each once in the life of the collector. All places are asked (the
 * repository, the one that the policy names besides it, and their mirrors) in all ways, and merged by digest: a
 * stale mirror must not hide a newer signature, nor one format another. Throws a LadingError only for what the
 * user has to mend, as gather does.
 */
export function createCollect(options: CollectOptions): Collect {
  const connection = options.connection ?? connect(options);
  const caps = { ...DEFAULT_CAPS, ...options.caps };
  const find = createFind(connection, caps);
  const asked = new Map<string, Promise<Collected>>();
  return (subject) => {
    const places = [subject, options.elsewhere?.(subject)].filter((place) => place !== undefined);
    const key = [...places.map(({ registry, repository }) => `${registry}/${repository}`), subject.digest].join(" ");
    let promise = asked.get(key);
    if (promise === undefined) {
      const endpoints = distinct(places.flatMap((place) => endpointsOf(place, connection.policy.mirrors)));
      asked.set(key, (promise = collect(connection, caps, find, subject.digest, endpoints, options.configs)));
    }
    return promise;
  };
}

async function collect(connection: Connection, caps: Caps, find: Find, subject: Digest, endpoints: readonly Endpoint[], configs: boolean | undefined): Promise<Collected> {
  const answers = await Promise.all(endpoints.map((endpoint) => find(endpoint, subject)));
  const gaps: Gap[] = [];
  const all = new Map<Digest, Attached>();
  let leftOut = 0;
  answers.forEach((answer, index) => {
    const endpoint = endpoints[index] as Endpoint;
    // A mirror that cannot be asked is passed over: the registry itself is asked as well, and has the last word.
    gaps.push(...answer.gaps.filter(({ code }) => !endpoint.mirror || !PASSED_OVER.has(code)));
    for (const sighting of answer.sightings) if (!add(all, caps, endpoint, sighting)) leftOut++;
  });
  if (leftOut > 0)
    gaps.push({ code: "truncated", message: `${endpoints.at(-1)?.name}: more than ${caps.referrers} artifacts are attached to ${subject}; ${leftOut} were not read` });
  const listing = new Map(endpoints.map((endpoint) => [placeOf(endpoint), endpoint]));
  const source = registrySource(connection, endpoints.at(-1)?.name ?? "", ({ places }) => places.flatMap((place) => listing.get(place) ?? []));
  const read = await readEvidence(source, caps, subject, [...all.values()], configs);
  // Each way that is refused is refused in the same words.
  const told = new Map([...gaps, ...read.gaps].map((gap) => [JSON.stringify(gap), gap]));
  return { artifacts: read.artifacts, gaps: [...told.values()] };
}

/** Notes a sighting; false if there are too many already. What a tag names is always noted: many referrers must not hide it. */
function add(all: Map<Digest, Attached>, caps: Caps, endpoint: Endpoint, { digest, way, size, manifest }: Sighting): boolean {
  let attached = all.get(digest);
  if (attached === undefined) {
    if (all.size >= caps.referrers && manifest === undefined) return false;
    all.set(digest, (attached = { digest, found: new Set(), places: [], sizes: new Set() }));
  }
  attached.found.add(way);
  if (!attached.places.includes(placeOf(endpoint))) attached.places.push(placeOf(endpoint));
  if (size !== undefined) attached.sizes.add(size);
  if (manifest !== undefined) attached.manifest = manifest;
  return true;
}

const placeOf = ({ name, repository }: Endpoint): string => `${name}/${repository}`;

/** A policy that names the image's own repository again does not double the questions. */
function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  const byPlace = new Map(endpoints.map((endpoint) => [`${endpoint.host}/${endpoint.repository} ${endpoint.mirror}`, endpoint]));
  return [...byPlace.values()];
}
