import type { HttpReply } from "./transport.ts";
import { mediaTypeOf } from "./manifest.ts";
import { parseChallenges } from "./challenge.ts";

/** Codes by which a registry says "there is none" (distribution-spec, "Error Codes"; NOT_FOUND is Harbor's). */
const UNKNOWN_CODES = new Set(["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"]);

/** What a 404 is worth: a registry's word, nothing, or "ask whether a registry answers here at all". */
export type Verdict = "absent" | "not-a-registry" | "ask";

/**
 * Judges a GET's 404. Anything on the way can say 404 - a proxy, an ingress without a route, a portal -
 * and "there is no such image" would then be a lie; so the reply must show that a registry wrote it.
 */
export function judgeNotFound(reply: HttpReply): Verdict {
  const type = mediaTypeOf(reply.headers["content-type"]);
  if (type.includes("html") || /^\s*</.test(reply.body.toString("latin1", 0, 64))) return "not-a-registry";
  const codes = errorCodes(reply.body);
  if (codes?.some((code) => UNKNOWN_CODES.has(code))) return "absent";
  if (codes !== undefined && codes.length > 0) return "not-a-registry";
  // "404 page not found" in plain text is a router without such a route, even inside a registry.
  if (reply.body.length > 0 && !isJson(reply.body)) return "not-a-registry";
  return signsAsRegistry(reply) ? "absent" : "ask";
}

/** Whether the reply to `/v2/` is a registry's (distribution-spec, "Determining Support"). */
export function answersAsRegistry(reply: HttpReply): boolean {
  if (reply.status !== 200 && reply.status !== 401) return false;
  if (signsAsRegistry(reply)) return true;
  if (reply.status === 200) return mediaTypeOf(reply.headers["content-type"]) === "application/json" && isJson(reply.body);
  return parseChallenges(reply.headers["www-authenticate"] ?? "").some(({ scheme, parameters }) => scheme === "bearer" && parameters.service !== undefined);
}

/** The codes of an OCI error body, or undefined if it is none. */
export function errorCodes(body: Buffer): readonly string[] | undefined {
  try {
    const { errors } = (JSON.parse(body.toString("utf8")) ?? {}) as { errors?: unknown };
    if (!Array.isArray(errors)) return undefined;
    return errors.map((error: { code?: unknown } | null) => error?.code).filter((code): code is string => typeof code === "string");
  } catch {
    return undefined;
  }
}

function signsAsRegistry(reply: HttpReply): boolean {
  return String(reply.headers["docker-distribution-api-version"] ?? "").split(/[\s,]+/).includes("registry/2.0");
}

function isJson(body: Buffer): boolean {
  try {
    return JSON.parse(body.toString("utf8")) !== undefined;
  } catch {
    return false;
  }
}
