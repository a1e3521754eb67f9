import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { rootCertificates } from "node:tls";

import { LadingError } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The certificate authorities to trust, or undefined for Node's own choice.
 *
 * Setting `ca` switches NODE_EXTRA_CA_CERTS off, and Node reads SSL_CERT_FILE only when it was started
 * with --use-openssl-ca; so as soon as one list is needed, all of them are put together here.
 */
export function trustedAuthorities(
  policy: Pick<Policy, "file" | "registries">,
  environment: Environment,
): readonly string[] | undefined {
  const own = policy.registries.certificateAuthorities.map((path) => readAuthority(policy.file, path));
  const opensslFile = readIfAny(environment.SSL_CERT_FILE);
  if (own.length === 0 && opensslFile.length === 0) return undefined;
  return [...rootCertificates, ...readIfAny(environment.NODE_EXTRA_CA_CERTS), ...opensslFile, ...own];
}

function readAuthority(policyFile: string | undefined, path: string): string {
  const file = resolve(policyFile === undefined ? "." : dirname(policyFile), path);
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch {
    throw new LadingError("policy", `cannot read the certificate authority ${file}`, "registries.certificateAuthorities is relative to the policy file");
  }
  if (!pem.includes("-----BEGIN CERTIFICATE-----"))
    throw new LadingError("policy", `${file} holds no PEM certificate`, "convert it with `openssl x509 -in FILE -inform der`");
  return pem;
}

/** Node and OpenSSL ignore a file of the environment that is not there, and so does this. */
function readIfAny(path: string | undefined): string[] {
  if (!path) return [];
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
