import type { Answer, Manifest, Question } from "../model/facts.ts";
import { type Digest, isDigest } from "../model/reference.ts";
import { RegistryFault } from "./fault.ts";
import type { Clock } from "./limits.ts";
import { ACCEPT, algorithmOf, digestOf, kindOf, mediaTypeOf, readManifest } from "./manifest.ts";
import type { Session } from "./session.ts";
import { checked, notFound } from "./status.ts";
import type { HttpReply } from "./transport.ts";

/**
 * Looks one manifest up (distribution-spec, "Pulling manifests"). HEAD first: it costs nothing against
 * Docker Hub's pull limit and moves no bytes. Whatever HEAD leaves open is settled by a GET, whose body
 * is hashed here. Throws a {@link RegistryFault} for all that is neither "known" nor "absent".
 */
export async function lookUp(session: Session, question: Question, options: { readonly clock: Clock }): Promise<Answer<Manifest>> {
  const path = `${session.endpoint.repository}/manifests/${question.selector}`;
  const know = (manifest: Pick<Manifest, "digest" | "mediaType" | "kind" | "children">): Answer<Manifest> => ({
    is: "known",
    value: { ...manifest, learned: new Date(options.clock.now()).toISOString(), from: "registry" },
  });
  if (!question.body) {
    const found = fromHead(await checked(session, await session.send("HEAD", path, ACCEPT), true), question);
    if (found !== undefined) return know(found);
  }
  const reply = await checked(session, await session.send("GET", path, ACCEPT));
  if (reply.status === 404) return notFound(session, reply);
  const { children, ...rest } = fromBody(reply, question);
  return know(question.body && children !== undefined ? { ...rest, children } : rest);
}

/** What HEAD's headers tell, or undefined if the body has to be asked. */
function fromHead(reply: HttpReply, { selector }: Question): Pick<Manifest, "digest" | "mediaType" | "kind"> | undefined {
  if (reply.status !== 200) return undefined;
  const digest = headerDigest(reply);
  const mediaType = mediaTypeOf(reply.headers["content-type"]);
  const kind = kindOf(mediaType);
  if (digest === undefined || kind === undefined) return undefined;
  if (!isDigest(selector) || digest === selector) return { digest, mediaType, kind };
  // Another algorithm may name the same bytes; only the bytes can tell.
  if (algorithmOf(digest) !== algorithmOf(selector)) return undefined;
  throw new RegistryFault("wrong-bytes", `answered ${digest} when asked for ${selector}`);
}

function fromBody(reply: HttpReply, { selector }: Question): Pick<Manifest, "digest" | "mediaType" | "kind" | "children"> {
  return { digest: hashed(reply, selector), ...readManifest(reply.body, reply.headers["content-type"]) };
}

/** The digest of a body. The registry's header and the digest that was asked for must both be what the bytes hash to. */
export function hashed(reply: HttpReply, selector: string): Digest {
  const asked = isDigest(selector) ? selector : undefined;
  const header = headerDigest(reply);
  for (const promised of [asked, header]) {
    if (promised === undefined) continue;
    const found = digestOf(algorithmOf(promised), reply.body);
    if (found !== promised) throw new RegistryFault("wrong-bytes", `sent bytes that hash to ${found}, not to ${promised}`);
  }
  return asked ?? header ?? digestOf("sha256", reply.body);
}

function headerDigest(reply: HttpReply): Digest | undefined {
  const text = reply.headers["docker-content-digest"];
  return typeof text === "string" && isDigest(text) ? text : undefined;
}
