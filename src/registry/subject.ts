import type { Answer } from "../model/facts.ts";
import type { ReadSubject, Subject, SubjectManifest } from "../model/evidence.ts";
import { askEach } from "./client.ts";
import { connect, type Connection, type ConnectionOptions } from "./connection.ts";
import { readAnnotations, readDescriptor } from "./descriptor.ts";
import { hashed } from "./look-up.ts";
import { ACCEPT, parseObject, readManifest } from "./manifest.ts";
import type { Session } from "./session.ts";
import { checked, notFound } from "./status.ts";

export interface ReadSubjectOptions extends ConnectionOptions {
  /** Shared with others that ask in this run; default: one of its own. */
  readonly connection?: Connection;
}

/** Reads manifests by digest, each once: what Notation signs of one, and what an index says of its children. */
export function createReadSubject(options: ReadSubjectOptions): ReadSubject {
  const connection = options.connection ?? connect(options);
  const asked = new Map<string, Promise<Answer<SubjectManifest>>>();
  return (subject) => {
    const key = `${subject.registry}/${subject.repository}@${subject.digest}`;
    let promise = asked.get(key);
    if (promise === undefined) asked.set(key, (promise = askEach(connection, subject, (session) => read(session, subject))));
    return promise;
  };
}

async function read(session: Session, subject: Subject): Promise<Answer<SubjectManifest>> {
  const reply = await checked(session, await session.send("GET", `${session.endpoint.repository}/manifests/${subject.digest}`, ACCEPT));
  if (reply.status === 404) return notFound(session, reply);
  hashed(reply, subject.digest);
  return { is: "known", value: readSubjectManifest(subject, reply.body, reply.headers["content-type"]) };
}

/** What the bytes of a manifest tell; they were hashed before. */
export function readSubjectManifest(subject: Subject, bytes: Buffer, contentType: string | undefined): SubjectManifest {
  const { mediaType, kind } = readManifest(bytes, contentType);
  const { annotations, manifests, config } = parseObject(bytes);
  const children = kind === "index" ? (manifests as unknown[]).map((entry) => readDescriptor(entry, "an entry of the index")) : [];
  const { registry, repository, digest } = subject;
  return {
    subject: { registry, repository, digest, mediaType, size: bytes.length, manifest: bytes },
    kind,
    annotations: readAnnotations(annotations, "the manifest"),
    children: children.map(({ data: _, ...child }) => child),
    ...(kind === "image" ? { config: readDescriptor(config, "the config").digest } : {}),
    bytes,
  };
}
