/** Fills a registry over its own push API with small multi-platform images, one for each reference. */
import { createHash } from "node:crypto";
import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { hostAsComponent, wantedKey, type Wanted } from "./reference.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const PARALLEL = 16;

export const sha256 = (bytes: string | Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The digest of the index that each reference now names. The bytes are the same on every registry. */
export async function fillRegistry(host: string, images: readonly Wanted[]): Promise<Map<string, string>> {
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const send = (method: string, path: string, body = "", type?: string): Promise<Answer> => ask(agent, host, method, path, body, type);
  const byRepository = new Map<string, Wanted[]>();
  for (const image of images) {
    const repository = `${hostAsComponent(image.host)}/${image.repository}`;
    const list = byRepository.get(repository) ?? [];
    if (!list.some((other) => other.tag === image.tag)) list.push(image);
    byRepository.set(repository, list);
  }
  const digests = new Map<string, string>();
  const configs = ["amd64", "arm64"].map((architecture) =>
    JSON.stringify({ architecture, os: "linux", rootfs: { type: "layers", diff_ids: [] } }),
  );
  let seed: string | undefined;
  const putRepository = async ([repository, tags]: readonly [string, readonly Wanted[]]): Promise<void> => {
    const children: object[] = [];
    for (const [position, config] of configs.entries()) {
      await putBlob(send, repository, config, seed);
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: CONFIG, digest: sha256(config), size: config.length },
        layers: [],
      });
      expectStatus(await send("PUT", `/v2/${repository}/manifests/${sha256(manifest)}`, manifest, MANIFEST), 201, repository);
      const platform = { os: "linux", architecture: position === 0 ? "amd64" : "arm64" };
      children.push({ mediaType: MANIFEST, digest: sha256(manifest), size: manifest.length, platform });
    }
    for (const image of tags) {
      // The annotation makes every digest differ, so that a digest written at the wrong place shows.
      const annotations = { "org.opencontainers.image.ref.name": wantedKey(image) };
      const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: children, annotations });
      expectStatus(await send("PUT", `/v2/${repository}/manifests/${image.tag}`, index, INDEX), 201, wantedKey(image));
      digests.set(wantedKey(image), sha256(index));
    }
  };
  const queue = [...byRepository];
  const first = queue.shift();
  if (first) {
    await putRepository(first);
    seed = first[0];
  }
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await putRepository(next);
    }),
  );
  agent.destroy();
  return digests;
}

type Send = (method: string, path: string, body?: string, type?: string) => Promise<Answer>;

/** Mounts the blob from the first repository where the registry can, which saves sending it. */
async function putBlob(send: Send, repository: string, blob: string, from: string | undefined): Promise<void> {
  const digest = sha256(blob);
  const mount = from === undefined ? "" : `?mount=${digest}&from=${from}`;
  const begun = await send("POST", `/v2/${repository}/blobs/uploads/${mount}`);
  if (begun.status === 201) return;
  expectStatus(begun, 202, `${repository} upload`);
  const place = new URL(begun.headers.location ?? "", "http://registry.invalid/");
  place.searchParams.set("digest", digest);
  expectStatus(await send("PUT", `${place.pathname}${place.search}`, blob, "application/octet-stream"), 201, `${repository} blob`);
}

function expectStatus(answer: Answer, status: number, what: string): void {
  if (answer.status !== status) throw new Error(`pushing ${what}: ${answer.status} instead of ${status}: ${answer.body.slice(0, 300)}`);
}

function ask(agent: Agent, host: string, method: string, path: string, body: string, type?: string): Promise<Answer> {
  return new Promise((done, failed) => {
    // Without Accept, docker-registry 2.8 denies that an index is there.
    const headers = { accept: `${INDEX}, ${MANIFEST}`, "content-length": Buffer.byteLength(body), ...(type === undefined ? {} : { "content-type": type }) };
    const sent = request(`http://${host}${path}`, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", failed);
      response.on("end", () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

/** The digest that the registry itself gives for a path, by one HEAD. */
export async function askDigest(host: string, path: string): Promise<string | undefined> {
  const agent = new Agent();
  try {
    const answer = await ask(agent, host, "HEAD", path, "");
    const digest = answer.headers["docker-content-digest"];
    return answer.status === 200 && typeof digest === "string" ? digest : undefined;
  } finally {
    agent.destroy();
  }
}
