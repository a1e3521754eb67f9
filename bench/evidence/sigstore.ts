/** A private Sigstore over HTTP: the CA, the certificate log and the transparency log of `@sigstore/mock`, and an `openssl ts` authority. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } from "@sigstore/mock";
import { listen, type Reply, startTimestampAuthority, type TimestampAuthority } from "./authorities.ts";

export interface PrivateSigstore {
  readonly url: string;
  readonly tsa: TimestampAuthority;
  /** Files that `cosign trusted-root create` takes. */
  readonly files: { readonly authority: string; readonly log: string; readonly certificateLog: string; readonly tsa: string };
  stop(): void;
}

const keys = (): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync("ec", { namedCurve: "P-256" });
const toPem = (label: string, der: Uint8Array): string => `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;

export async function startSigstore(folder: string): Promise<PrivateSigstore> {
  const tsa = await startTimestampAuthority(folder);
  const certificateLog = await initializeCTLog(keys());
  const authority = await initializeCA(keys(), certificateLog);
  const certify = fulcioHandler(authority);
  // The log signs its checkpoints with its host's name, which is known once the server listens.
  let log: Awaited<ReturnType<typeof initializeTLog>> | undefined;
  const server = await listen(async (body, path, authorization) => {
    if (path.startsWith("/api/v2/signingCert")) return { ...reply(await certify.fn(withCredentials(body, authorization))), status: 200 };
    if (path.startsWith("/api/v1/log/entries")) {
      const logged = reply(await rekorHandler(log!).fn(JSON.stringify(asLogged(JSON.parse(body.toString("utf8")) as Entry))));
      // Clients look for their entry under the tag of the answer.
      return { ...logged, etag: Object.keys(JSON.parse(String(logged.body)) as object)[0] ?? "" };
    }
    return { status: 404, type: "text/plain", body: path };
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  log = await initializeTLog(url, keys());
  const file = (base: string, text: string): string => {
    writeFileSync(join(folder, base), text);
    return join(folder, base);
  };
  return {
    url,
    tsa,
    files: {
      authority: file("fulcio.pem", toPem("CERTIFICATE", bytesOf(authority.rootCertificate))),
      log: file("rekor.pub", toPem("PUBLIC KEY", log.publicKey)),
      certificateLog: file("ctfe.pub", createPublicKey({ key: Buffer.from(certificateLog.publicKey), format: "der", type: "spki" }).export({ type: "spki", format: "pem" }).toString()),
      tsa: file("tsa.pem", tsa.chain),
    },
    stop: () => (server.close(), tsa.stop()),
  };
}

const bytesOf = (view: ArrayBufferView | ArrayBuffer): Uint8Array => (ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(view));

function reply({ statusCode, response, contentType }: { statusCode: number; response: string | ArrayBufferView; contentType?: string }): Reply {
  return { status: statusCode, type: contentType ?? "text/plain", body: typeof response === "string" ? response : bytesOf(response) };
}

/** Fulcio takes the identity token from the header too, the mock from the body alone. */
function withCredentials(body: Buffer, authorization: string): string {
  const request = JSON.parse(body.toString("utf8")) as Readonly<Record<string, unknown>>;
  return JSON.stringify({ credentials: { oidcIdentityToken: authorization.replace(/^Bearer /, "") }, ...request });
}

interface Entry {
  readonly kind: string;
  readonly spec: { readonly proposedContent?: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/** Rekor keeps hashes of an envelope in place of the envelope; the mock would keep what it was sent. */
function asLogged(entry: Entry): object {
  const proposed = entry.spec.proposedContent;
  if (entry.kind !== "dsse" || proposed === undefined) return entry;
  const { payload, signatures } = JSON.parse(proposed.envelope) as { payload: string; signatures: readonly { sig: string }[] };
  const hash = (bytes: string | Buffer): object => ({ algorithm: "sha256", value: createHash("sha256").update(bytes).digest("hex") });
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: hash(proposed.envelope),
      payloadHash: hash(Buffer.from(payload, "base64")),
      signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: proposed.verifiers[index] })),
    },
  };
}
