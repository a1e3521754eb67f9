import type { Answer } from "../model/facts.ts";
import type { ReadSubject, Subject } from "../model/evidence.ts";
import type { Digest } from "../model/reference.ts";
import type { Age, AgeOf } from "../pipeline/before.ts";
import { askEach } from "./client.ts";
import type { Connection } from "./connection.ts";
import { RegistryFault } from "./fault.ts";
import { algorithmOf, digestOf, parseObject } from "./manifest.ts";
import { checked, notFound } from "./status.ts";

/** Configs of real images are some 10 KiB. */
const CONFIG_MAX = 4 * 1024 * 1024;

/**
 * Reads what images say of their age. Of an index, its first image for a platform speaks: all of them are built
 * together, and BuildKit's attestations among them are for the platform unknown/unknown.
 */
export function createAgeOf(connection: Connection, readSubject: ReadSubject): AgeOf {
  const imageOf = async (subject: Subject): Promise<Answer<Digest | undefined>> => {
    const answer = await readSubject(subject);
    if (answer.is !== "known" || answer.value.kind !== "index") return answer.is === "known" ? { is: "known", value: answer.value.config } : answer;
    const child = answer.value.children.find(({ platform }) => platform !== "unknown/unknown");
    if (!child) return { is: "known", value: undefined };
    const { registry, repository } = subject;
    const inside = await readSubject({ registry, repository, digest: child.digest });
    return inside.is === "known" ? { is: "known", value: inside.value.config } : inside;
  };
  return async (subject) => {
    const config = await imageOf(subject);
    if (config.is !== "known") return config;
    const { value: digest } = config;
    if (digest === undefined) return { is: "known", value: {} };
    return askEach(connection, subject, async (session): Promise<Answer<Age>> => {
      const reply = await checked(session, await session.send("GET", `${session.endpoint.repository}/blobs/${digest}`, "*/*", CONFIG_MAX));
      if (reply.status === 404) return notFound(session, reply);
      if (digestOf(algorithmOf(digest), reply.body) !== digest) throw new RegistryFault("wrong-bytes", `sent bytes as the config ${digest}, which they are not`);
      return { is: "known", value: readAge(reply.body) };
    });
  };
}

function readAge(bytes: Buffer): Age {
  const { created, config } = parseObject(bytes);
  const version = (config as { Labels?: Record<string, unknown> } | undefined)?.Labels?.["org.opencontainers.image.version"];
  return { ...(typeof version === "string" ? { version } : {}), ...(typeof created === "string" ? { created } : {}) };
}
