/** Chains and timestamp authorities for the real tools: certificates as Notation wants them, times by `openssl ts`. */
import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { basicConstraints, certificate, type CertificateOptions, ec, extendedKeyUsage, type Issued, keyUsage, type KeyPair, name, OIDS, pem } from "../../test/evidence/der.ts";

const DAY = 24 * 60 * 60 * 1000;
const years = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + 3650 * DAY) };

export interface Chain {
  readonly leaf: Issued;
  readonly intermediate: Issued;
  readonly root: Issued;
}

/** Leaf, intermediate and root for signing code; the leaf's subject names `organisation`. */
export function codeSigningChain(organisation: string, keys: KeyPair, leaf: Partial<CertificateOptions> = {}): Chain {
  const named = (common: string): Buffer => name([["C", "US"], ["ST", "WA"], ["O", organisation], ["CN", common]]);
  const root = certificate({ name: named("root"), keys: ec("P-256"), extensions: [basicConstraints(true, 1), keyUsage([5, 6])], ...years });
  const intermediate = certificate({ name: named("intermediate"), keys: ec("P-256"), issuer: root, extensions: [basicConstraints(true, 0), keyUsage([5, 6])], ...years });
  return { root, intermediate, leaf: certificate({ name: named("release"), keys, issuer: intermediate, extensions: [keyUsage([0]), extendedKeyUsage([OIDS.codeSigning])], ...years, ...leaf }) };
}

export const chainPem = ({ leaf, intermediate, root }: Chain): string => [leaf, intermediate, root].map(pem).join("");
export const keyPem = ({ keys }: Issued): string => keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

export interface TimestampAuthority {
  readonly url: string;
  readonly root: string;
  /** Leaf and root, as a trusted root lists them. */
  readonly chain: string;
  stop(): void;
}

/** Answers RFC 3161 queries over HTTP with `openssl ts`. */
export async function startTimestampAuthority(folder: string, port = 0): Promise<TimestampAuthority> {
  const own = mkdtempSync(join(folder, "tsa-"));
  const named = (common: string): Buffer => name([["C", "US"], ["O", "clock"], ["CN", common]]);
  const root = certificate({ name: named("time root"), keys: ec("P-256"), extensions: [basicConstraints(true), keyUsage([5])], ...years });
  const leaf = certificate({ name: named("time"), keys: ec("P-256"), issuer: root, extensions: [keyUsage([0]), extendedKeyUsage([OIDS.timeStamping], true)], ...years });
  const file = (base: string, text: string): string => {
    writeFileSync(join(own, base), text);
    return join(own, base);
  };
  const config = file(
    "tsa.cnf",
    `[tsa]
default_tsa = one
[one]
serial = ${file("serial", "01\n")}
crypto_device = builtin
signer_cert = ${file("leaf.pem", pem(leaf))}
certs = ${file("root.pem", pem(root))}
signer_key = ${file("leaf.key", keyPem(leaf))}
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
`,
  );
  let asked = 0;
  const server = await listen(async (body) => {
    const query = join(own, `${(asked += 1)}.tsq`);
    writeFileSync(query, body);
    execFileSync("openssl", ["ts", "-reply", "-config", config, "-queryfile", query, "-out", `${query}.tsr`], { stdio: "pipe" });
    return { status: 200, type: "application/timestamp-reply", body: readFileSync(`${query}.tsr`) };
  }, port);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, root: pem(root), chain: pem(leaf) + pem(root), stop: () => (server.close(), rmSync(own, { recursive: true })) };
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly etag?: string;
}

/** A server on loopback that gives each body to `answer`. */
export function listen(answer: (body: Buffer, path: string, authorization: string) => Promise<Reply>, port = 0): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      answer(Buffer.concat(parts), request.url ?? "/", request.headers.authorization ?? "").then(
        ({ status, type, body, etag }) => response.writeHead(status, { "content-type": type, ...(etag === undefined ? {} : { etag, location: `${request.url}/${etag}` }) }).end(body),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  return new Promise((done) => server.listen(port, "127.0.0.1", () => done(server)));
}
