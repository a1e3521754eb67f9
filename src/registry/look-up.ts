import type { Answer, Manifest, Question } from "../model/facts.ts";
import { type Digest, isDigest } from "../model/reference.ts";
import { answersAsRegistry, errorCodes, judgeNotFound } from "./absence.ts";
import { RegistryFault } from "./fault.ts";
import type { Clock } from "./limits.ts";
import { ACCEPT, algorithmOf, digestOf, kindOf, mediaTypeOf, readManifest } from "./manifest.ts";
import type { Session } from "./session.ts";
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
  const reply = await checked(session, await session.send("GET", path, ACCEPT), false);
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

/** The registry's header and the digest that was asked for must both be what the bytes hash to. */
function fromBody(reply: HttpReply, { selector }: Question): Pick<Manifest, "digest" | "mediaType" | "kind" | "children"> {
  const asked = isDigest(selector) ? selector : undefined;
  const header = headerDigest(reply);
  for (const promised of [asked, header]) {
    if (promised === undefined) continue;
    const found = digestOf(algorithmOf(promised), reply.body);
    if (found !== promised) throw new RegistryFault("wrong-bytes", `sent bytes that hash to ${found}, not to ${promised}`);
  }
  const digest = asked ?? header ?? digestOf("sha256", reply.body);
  return { digest, ...readManifest(reply.body, reply.headers["content-type"]) };
}

function headerDigest(reply: HttpReply): Digest | undefined {
  const text = reply.headers["docker-content-digest"];
  return typeof text === "string" && isDigest(text) ? text : undefined;
}

async function notFound(session: Session, reply: HttpReply): Promise<Answer<Manifest>> {
  const verdict = judgeNotFound(reply);
  if (verdict === "absent") return { is: "absent" };
  if (verdict === "ask" && answersAsRegistry(await session.send("GET", "", "application/json"))) return { is: "absent" };
  throw new RegistryFault("malformed", `404, but not in the way of a registry${codesOf(reply)}; a proxy or an ingress may have answered in its place`);
}

/** Lets pass what the caller can work with; every other status is its own fault. */
async function checked(session: Session, reply: HttpReply, head: boolean): Promise<HttpReply> {
  const { status } = reply;
  if (status === 200 || status === 404) return reply;
  // Some registries do not implement HEAD; GET tells the same.
  if (head && (status === 405 || status === 501)) return reply;
  const { repository } = session.endpoint;
  if (status === 401 && reply.elsewhere) throw new RegistryFault("unauthorized", `401: redirects to ${reply.url.host}, which wants a login of its own`);
  if (status === 401) throw new RegistryFault("unauthorized", `401: ${repository} does not exist or is not public; ${await session.refusal()}`);
  if (status === 403) throw new RegistryFault("forbidden", `403: this login may not read ${repository}${codesOf(reply)}; ask for pull rights`);
  if (status === 407) throw new RegistryFault("unreachable", "the proxy wants a login (407); put it into the proxy variable");
  if (status === 408) throw new RegistryFault("timeout", "408: the registry waited too long for us");
  if (status === 429) throw new RegistryFault("rate-limited", "429, too many requests; run again later, or log in for a higher limit");
  if (status >= 500) throw new RegistryFault("server-error", `${status}, an error of the registry; run again later`);
  throw new RegistryFault("malformed", `${status}, which a registry does not answer to this question${codesOf(reply)}`);
}

/** Codes only, never the messages beside them: those are free text from outside. */
function codesOf(reply: HttpReply): string {
  const codes = (errorCodes(reply.body) ?? []).filter((code) => /^[A-Z_]{1,40}$/.test(code));
  return codes.length === 0 ? "" : ` (${codes.join(", ")})`;
}
