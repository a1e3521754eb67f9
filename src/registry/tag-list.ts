import type { Answer } from "../model/facts.ts";
import type { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import { RegistryFault } from "./fault.ts";
import { parseObject } from "./manifest.ts";
import { nextPath } from "./referrers.ts";
import type { Session } from "./session.ts";
import { checked, notFound } from "./status.ts";

/** Tags asked for at once, and around one digest. */
const PAGE = 1000;
const AROUND = 20;

interface TagPage {
  readonly tags: readonly string[];
  /** The last tag that the registry's own link to a next page names; undefined: there is no next page. */
  readonly next?: { readonly last: string | null };
}

/**
 * Which of a digest's tags (all begin with `base`) a repository has, or undefined where its list of tags proves
 * nothing and each has to be asked for. One list answers for four tags, and for every digest of the repository.
 *
 * A list is believed where it is whole: no link to a next page, fewer tags than were asked for, and not empty, as
 * caches that hold images by digest show none. Where it goes on, it is believed around one digest if the registry
 * has shown by its own link that its pages follow the tags' order. A mirror's is never believed (client.ts).
 */
export type TagsOf = (endpoint: Endpoint, base: string) => Promise<ReadonlySet<string> | undefined>;

export function createTagsOf(connection: Connection): TagsOf {
  const first = new Map<string, Promise<Answer<TagPage | undefined>>>();

  /** A list that cannot be had says nothing about the host: it may be too long, or only the right to it is missing. */
  const page = (endpoint: Endpoint, query: string): Promise<Answer<TagPage | undefined>> =>
    connection.ask(endpoint, (session) => readPage(session, `${session.endpoint.repository}/tags/list?${query}`).catch(nothing), { optional: true });

  return async (endpoint, base) => {
    if (endpoint.mirror) return undefined;
    const key = `${endpoint.host}/${endpoint.repository}`;
    let asked = first.get(key);
    if (asked === undefined) first.set(key, (asked = page(endpoint, `n=${PAGE}`)));
    const answer = await asked;
    // There is no such repository: no tag of it either.
    if (answer.is === "absent") return new Set();
    if (answer.is === "unknown" || answer.value === undefined) return undefined;
    const { tags, next } = answer.value;
    if (next === undefined) return tags.length > 0 && tags.length < PAGE ? new Set(tags) : undefined;
    if (!isOrdered(tags) || tags.length === 0 || next.last !== tags.at(-1)) return undefined;
    if (isBeyond(tags.at(-1), base)) return new Set(tags);
    return around(await page(endpoint, `n=${AROUND}&last=${before(base)}`), base);
  };
}

/** What a page that begins just before `base` tells of the tags that begin with it. */
function around(answer: Answer<TagPage | undefined>, base: string): ReadonlySet<string> | undefined {
  if (answer.is !== "known" || answer.value === undefined) return undefined;
  const { tags, next } = answer.value;
  // Nothing at all may also be what a registry makes of a `last` that is no tag of it.
  if (tags.length === 0 || !isOrdered([before(base), ...tags])) return undefined;
  return next === undefined || isBeyond(tags.at(-1), base) ? new Set(tags) : undefined;
}

/** A text that comes before `base` and all that begin with it, and after nearly everything else that does. */
const before = (base: string): string => base.slice(0, -1);

/** Whether a tag comes after all that begin with `base`. */
const isBeyond = (tag: string | undefined, base: string): boolean => tag !== undefined && tag > base && !tag.startsWith(base);

const isOrdered = (tags: readonly string[]): boolean => tags.every((tag, index) => index === 0 || tag > (tags[index - 1] ?? ""));

function nothing(error: unknown): Answer<undefined> {
  if (error instanceof RegistryFault) return { is: "known", value: undefined };
  throw error;
}

/** Reads one page (distribution-spec, "Listing Tags"). */
async function readPage(session: Session, path: string): Promise<Answer<TagPage>> {
  const reply = await checked(session, await session.send("GET", path, "application/json"));
  if (reply.status === 404) return notFound(session, reply);
  const { tags } = parseObject(reply.body);
  if (!(tags === null || tags === undefined || Array.isArray(tags)) || (tags ?? []).some((tag: unknown) => typeof tag !== "string"))
    throw new RegistryFault("malformed", "has a list of tags that is none");
  const next = nextPath(reply, session.endpoint.repository, "tags/list");
  if (next instanceof RegistryFault) throw next;
  return { is: "known", value: { tags: tags ?? [], ...(next === undefined ? {} : { next: { last: new URLSearchParams(next.slice(next.indexOf("?") + 1)).get("last") } }) } };
}
