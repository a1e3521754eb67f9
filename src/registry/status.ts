import type { Answer } from "../model/facts.ts";
import { answersAsRegistry, errorCodes, judgeNotFound } from "./absence.ts";
import { RegistryFault } from "./fault.ts";
import type { Session } from "./session.ts";
import type { HttpReply } from "./transport.ts";

/** A 404 to a GET: "absent" where a registry wrote it; whatever else can write one is a fault. */
export async function notFound(session: Session, reply: HttpReply): Promise<Answer<never>> {
  const verdict = judgeNotFound(reply);
  if (verdict === "absent") return { is: "absent" };
  if (verdict === "ask" && answersAsRegistry(await session.send("GET", "", "application/json"))) return { is: "absent" };
  throw new RegistryFault("malformed", `404, but not in the way of a registry${codesOf(reply)}; a proxy or an ingress may have answered in its place`);
}

/** Lets pass what the caller can work with; every other status is its own fault. */
export async function checked(session: Session, reply: HttpReply, head = false): Promise<HttpReply> {
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
