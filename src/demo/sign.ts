/** Signs images in the demo registry as cosign 3 does with a key: a Sigstore bundle, pushed as a referrer. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { IMAGE } from "./storage.ts";

export interface SigningKeys {
  /** PEM of the public key. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** Keys that live as long as the demo does. */
export function makeKeys(): SigningKeys {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(), privateKey };
}

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const STATEMENT = "application/vnd.in-toto+json";
const EMPTY = "application/vnd.oci.empty.v1+json";

/** Signs a digest and attaches the signature to it. */
export async function signImage(registry: string, repository: string, digest: string, { privateKey }: SigningKeys): Promise<void> {
  const payload = JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject: [{ digest: { sha256: digest.slice("sha256:".length) } }], predicateType: "https://sigstore.dev/cosign/sign/v1", predicate: {} });
  const signature = sign("sha256", Buffer.from(`DSSEv1 ${STATEMENT.length} ${STATEMENT} ${payload.length} ${payload}`), privateKey).toString("base64");
  const bundle = JSON.stringify({
    mediaType: BUNDLE,
    verificationMaterial: { publicKey: { hint: "" } },
    dsseEnvelope: { payload: Buffer.from(payload).toString("base64"), payloadType: STATEMENT, signatures: [{ sig: signature, keyid: "" }] },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2, mediaType: IMAGE, artifactType: BUNDLE,
    config: { mediaType: EMPTY, ...(await putBlob(registry, repository, "{}")) },
    layers: [{ mediaType: BUNDLE, ...(await putBlob(registry, repository, bundle)) }],
    subject: { mediaType: IMAGE, digest, size: 0 },
  });
  await put(`${registry}/v2/${repository}/manifests/${digestOf(manifest)}`, "PUT", manifest, IMAGE);
}

const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

async function putBlob(registry: string, repository: string, text: string): Promise<{ digest: string; size: number }> {
  const digest = digestOf(text);
  await put(`${registry}/v2/${repository}/blobs/uploads/?digest=${digest}`, "POST", text, "application/octet-stream");
  return { digest, size: Buffer.byteLength(text) };
}

async function put(url: string, method: string, body: string, type: string): Promise<void> {
  const { status } = await fetch(url, { method, body, headers: { "content-type": type } });
  if (status !== 201) throw new Error(`the demo registry answered ${status}`);
}
