/** Attaches evidence to images over the real protocol, as cosign and oras do. */
import { createHash } from "node:crypto";
import type { TestContext } from "node:test";

import type { Collect, Collected, Subject } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { type CollectOptions, createCollect } from "../../src/registry/collect.ts";
import type { Limits } from "../../src/registry/limits.ts";
import { folder } from "./helpers.ts";

export const IMAGE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";
export const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json";
export const DSSE = "application/vnd.dsse.envelope.v1+json";
const EMPTY = "application/vnd.oci.empty.v1+json";

export interface Layer {
  readonly mediaType: string;
  readonly text: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What the manifest says where that is not so. */
  readonly says?: Readonly<Record<string, unknown>>;
}

export interface Attachment {
  readonly subject?: Digest;
  /** Where it goes: by digest alone, or under a tag. */
  readonly tag?: string;
  readonly artifactType?: string;
  readonly configType?: string;
  readonly config?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layers: readonly Layer[];
}

interface Host {
  readonly url: string;
}

export const digestOf = (bytes: string | Buffer): Digest => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export const tagOf = (digest: string, suffix = ""): string => `${digest.replace(":", "-")}${suffix}`;

async function put(url: string, body: string, type: string): Promise<void> {
  const answer = await fetch(url, { method: url.includes("/blobs/") ? "POST" : "PUT", body, headers: { "content-type": type } });
  if (answer.status !== 201) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}

export async function putBlob({ url }: Host, repository: string, text: string): Promise<{ digest: Digest; size: number }> {
  const digest = digestOf(text);
  await put(`${url}/v2/${repository}/blobs/uploads/?digest=${digest}`, text, "application/octet-stream");
  return { digest, size: Buffer.byteLength(text) };
}

/** Puts a manifest, by digest where no tag is given. */
export async function putManifest({ url }: Host, repository: string, manifest: object, tag?: string): Promise<{ digest: Digest; size: number; mediaType: string }> {
  const body = JSON.stringify(manifest);
  const digest = digestOf(body);
  const mediaType = (manifest as { mediaType?: string }).mediaType ?? IMAGE;
  await put(`${url}/v2/${repository}/manifests/${tag ?? digest}`, body, mediaType);
  return { digest, size: Buffer.byteLength(body), mediaType };
}

/** Takes a blob or a manifest away, as garbage collection does. */
export async function remove({ url }: Host, repository: string, kind: "blobs" | "manifests", digest: string): Promise<void> {
  const answer = await fetch(`${url}/v2/${repository}/${kind}/${digest}`, { method: "DELETE" });
  if (answer.status !== 202) throw new Error(`${digest}: ${answer.status}`);
}

/** Puts a manifest with its layers; its descriptor comes back. */
export async function attach(host: Host, repository: string, attachment: Attachment): Promise<{ digest: Digest; size: number; mediaType: string }> {
  const { subject, tag, artifactType, configType = EMPTY, config: text = "{}", annotations, layers } = attachment;
  const config = { mediaType: configType, ...(await putBlob(host, repository, text)) };
  const described = [];
  for (const { mediaType, text, annotations: own, says } of layers)
    described.push({ mediaType, ...(await putBlob(host, repository, text)), ...(own ? { annotations: own } : {}), ...says });
  const about = subject === undefined ? {} : { subject: { mediaType: IMAGE, digest: subject, size: 1 } };
  return putManifest(host, repository, { schemaVersion: 2, mediaType: IMAGE, ...(artifactType ? { artifactType } : {}), config, layers: described, ...about, ...(annotations ? { annotations } : {}) }, tag);
}

/** A bundle as a referrer. */
export const bundle = (subject: Digest, text = "{}"): Attachment => ({ subject, artifactType: BUNDLE, layers: [{ mediaType: BUNDLE, text }] });

/** An index of referrers under its tag, for registries without the API. */
export function putFallback(host: Host, repository: string, subject: Digest, entries: readonly object[]): Promise<unknown> {
  return putManifest(host, repository, { schemaVersion: 2, mediaType: INDEX, manifests: entries }, tagOf(subject));
}

export const subjectOf = (host: string, repository: string, digest: string): Subject => ({ registry: host, repository, digest: digest as Digest });

export const collected = (collect: Collect, host: string, repository: string, digest: string): Promise<Collected> => collect(subjectOf(host, repository, digest));

/** Long enough for a machine with much else to do: what is waited for here comes. */
export const PATIENT: Partial<Limits> = { connectMs: 20_000, responseMs: 20_000, questionMs: 60_000, retries: 0, backoffMs: 1 };

type Overrides = Omit<Partial<CollectOptions>, "policy"> & { policy?: Partial<Policy> };

/** A collector that knows no login of the machine that the tests run on. */
export function collector(t: TestContext, { policy, ...overrides }: Overrides = {}): Collect {
  return createCollect({ version: "0.0.0-test", environment: { HOME: folder(t) }, limits: PATIENT, ...overrides, policy: { ...DEFAULT_POLICY, ...policy } });
}

/** `found+found type [layer text…]` of each artifact: enough to compare. */
export const gist = ({ artifacts }: Collected): string[] =>
  artifacts.map(({ found, artifactType, layers }) => `${found.join("+")} ${artifactType} [${layers.map(({ bytes }) => Buffer.from(bytes).toString("utf8")).join(", ")}]`).sort();

export const codes = ({ gaps }: Collected): string[] => gaps.map(({ code }) => code).sort();
