import { execFile } from "node:child_process";

import type { Credential } from "./docker-config.ts";
import type { Environment } from "./authorities.ts";
import { Secret } from "./secret.ts";

/** What a helper program said: a login, that it has none, or that it could not be asked. */
export type HelperAnswer =
  | { readonly is: "found"; readonly credential: Credential }
  | { readonly is: "none" }
  | { readonly is: "failed"; readonly why: string };

const NAME = /^[A-Za-z0-9_-]+$/;

/** The server name under which Docker keeps its Hub login. */
const HUB_KEY = "https://index.docker.io/v1/";

/**
 * Runs `docker-credential-NAME get` (docker/docker-credential-helpers): the server on stdin, a JSON
 * object on stdout. Its output never goes into a message, as it may hold what it was asked for.
 */
export function askHelper(name: string, registry: string, environment: Environment, timeoutMs: number): Promise<HelperAnswer> {
  const program = `docker-credential-${name}`;
  // The name comes from a file and must not lead the search out of PATH.
  if (!NAME.test(name)) return Promise.resolve({ is: "failed", why: "the credential helper's name has characters that are not allowed" });
  return new Promise((resolve) => {
    const child = execFile(
      program,
      ["get"],
      { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 1 << 20, env: { ...environment } },
      (error, stdout) => {
        if (error === null) return resolve(readAnswer(stdout, program));
        // `credentials.errCredentialsNotFound`: said on stdout with exit code 1.
        if (/credentials not found/i.test(stdout)) return resolve({ is: "none" });
        resolve({ is: "failed", why: reason(error, program, timeoutMs) });
      },
    );
    // A helper that does not read its input closes the pipe; its exit code says all there is to say.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(registry === "docker.io" ? HUB_KEY : registry);
  });
}

function readAnswer(stdout: string, program: string): HelperAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return { is: "failed", why: `${program} did not answer in JSON` };
  }
  const { Username: username, Secret: secret } = (answer ?? {}) as { Username?: unknown; Secret?: unknown };
  if (typeof username !== "string" || typeof secret !== "string" || secret === "") return { is: "none" };
  const token = new Secret(secret);
  // docker/cli `credentials.tokenUsername`: this name marks an identity token.
  if (username === "<token>") return { is: "found", credential: { kind: "identity", token, source: program } };
  return { is: "found", credential: { kind: "basic", username, password: token, source: program } };
}

function reason(error: Error & { code?: number | string | null; killed?: boolean }, program: string, timeoutMs: number): string {
  if (error.code === "ENOENT") return `${program} is not installed`;
  if (error.killed) return `${program} did not answer within ${timeoutMs / 1000} s`;
  return `${program} failed (${error.code ?? "killed"})`;
}
