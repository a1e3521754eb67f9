import type { Answer } from "../model/facts.ts";
import type { Digest } from "../model/reference.ts";
import { type Descriptor, readDescriptor } from "./descriptor.ts";
import { RegistryFault } from "./fault.ts";
import { mediaTypeOf, parseObject } from "./manifest.ts";
import type { Session } from "./session.ts";
import { checked } from "./status.ts";
import type { HttpReply } from "./transport.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

/** An entry of an index of referrers, or why it could not be read. */
export type Entry = { readonly descriptor: Descriptor } | { readonly problem: RegistryFault };

/** One page of the referrers API, and the path below `/v2/` of the next one. */
export interface ReferrersPage {
  readonly entries: readonly Entry[];
  readonly next?: string | RegistryFault;
}

/** The path below `/v2/` at which the API begins. */
export const referrersPath = (repository: string, digest: Digest): string => `${repository}/referrers/${digest}`;

/**
 * Asks for one page (distribution-spec, "Listing Referrers"). No `artifactType` goes along: a registry may filter
 * or not, and what it filters by is what a pusher chose to write there. "Absent" means that there is no such API.
 */
export async function readReferrersPage(session: Session, path: string): Promise<Answer<ReferrersPage>> {
  const reply = await session.send("GET", path, INDEX);
  // 405 and 501 are other ways of saying that there is no such end point.
  if (reply.status === 404 || reply.status === 405 || reply.status === 501) return { is: "absent" };
  await checked(session, reply);
  const type = mediaTypeOf(reply.headers["content-type"]);
  if (type !== INDEX && type !== "application/json") throw new RegistryFault("malformed", `answers the referrers API with ${type || "something"} that is no index`);
  const next = nextPath(reply, session.endpoint.repository, "referrers/");
  return { is: "known", value: { entries: entriesOf(reply.body), ...(next === undefined ? {} : { next }) } };
}

/** The entries of an index, each judged alone: one that cannot be read must not hide the others. */
export function entriesOf(bytes: Buffer): readonly Entry[] {
  const body = parseObject(bytes);
  const { schemaVersion, manifests } = body;
  if (schemaVersion !== 2 || "layers" in body || !(Array.isArray(manifests) || manifests === null)) throw new RegistryFault("malformed", "has an index of referrers that is none");
  return (manifests ?? []).map((entry: unknown): Entry => {
    try {
      // Its annotations and type are a copy of what the manifest says, and may be a bad one.
      const { annotations: _, platform: __, ...named } = (entry ?? {}) as Readonly<Record<string, unknown>>;
      return { descriptor: readDescriptor(named, "an entry of its referrers") };
    } catch (error) {
      if (error instanceof RegistryFault) return { problem: error };
      throw error;
    }
  });
}

/**
 * The path below `/v2/` that `Link: <…>; rel="next"` names (RFC 8288), or why it is not followed. It has to lead to
 * the same host and below the same end point: our login goes with it. The scheme does not count, since a registry
 * behind a proxy that ends TLS writes `http:`; we keep to our own.
 */
export function nextPath(reply: HttpReply, repository: string, below: string): string | RegistryFault | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(String(reply.headers.link ?? ""))?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, reply.url.href)) return new RegistryFault("malformed", "names a next page that is no URL");
  const url = new URL(target, reply.url);
  const start = `/v2/${repository}/${below}`;
  if (reply.elsewhere || url.host !== reply.url.host) return new RegistryFault("redirect", `names a next page on another host, ${url.host}; not followed`);
  if (!url.pathname.startsWith(start)) return new RegistryFault("redirect", "names a next page outside of what was asked; not followed");
  return `${url.pathname.slice("/v2/".length)}${url.search}`;
}
