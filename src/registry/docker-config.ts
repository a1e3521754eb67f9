import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { LadingError } from "../model/errors.ts";
import type { Environment } from "./authorities.ts";
import { Secret } from "./secret.ts";

/** What a registry is shown. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret; readonly source: string }
  /** An OAuth2 refresh token, as `docker login` stores for some registries. */
  | { readonly kind: "identity"; readonly token: Secret; readonly source: string };

/** A `config.json` of Docker or an `auth.json` of containers/image; the format is the same. */
export interface DockerConfig {
  readonly file: string;
  readonly auths: ReadonlyMap<string, AuthEntry>;
  /** Names of helper programs by key. */
  readonly helpers: ReadonlyMap<string, string>;
  readonly store: string | undefined;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/** Where logins are kept, in the order in which they are asked: the explicit file, Docker's, podman's. */
export function configFiles(environment: Environment): readonly string[] {
  const files = [
    environment.REGISTRY_AUTH_FILE,
    join(environment.DOCKER_CONFIG || join(environment.HOME || homedir(), ".docker"), "config.json"),
    environment.XDG_RUNTIME_DIR && join(environment.XDG_RUNTIME_DIR, "containers", "auth.json"),
  ];
  return files.filter((file): file is string => file !== undefined && file !== "");
}

/** Reads a config, or undefined where there is none. A broken one is an error: being silently logged out is worse. */
export function readConfig(file: string): DockerConfig | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw new LadingError("usage", `cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
  const config = record(parse(text, file));
  return {
    file,
    auths: new Map(Object.entries(record(config.auths)).map(([key, entry]) => [normaliseKey(key), strings(entry)])),
    helpers: new Map(Object.entries(strings(config.credHelpers)).map(([key, name]) => [normaliseKey(key), name])),
    store: typeof config.credsStore === "string" && config.credsStore !== "" ? config.credsStore : undefined,
  };
}

/**
 * Keys are hosts, hosts with a path (containers-auth.json), or URLs of the old registry API such as
 * `https://index.docker.io/v1/`, of which only the host counts.
 */
export function normaliseKey(key: string): string {
  const bare = key.replace(/^https?:\/\//i, "").replace(/\/+$/, "").replace(/\/v[12]$/, "");
  const slash = bare.indexOf("/");
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash < 0 || /^https?:/i.test(key) ? "" : bare.slice(slash);
  return `${host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host}${path}`;
}

/** The entry for the longest key that is the name or a parent of it, in whole components. */
export function longestMatch<Value>(entries: ReadonlyMap<string, Value>, name: string): Value | undefined {
  for (let key = name; key !== ""; key = key.slice(0, Math.max(0, key.lastIndexOf("/")))) {
    const value = entries.get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The credential that an entry of `auths` holds; an empty entry only marks a login that a store keeps. */
export function credentialOf(entry: AuthEntry, file: string): Credential | undefined {
  if (entry.identitytoken) return { kind: "identity", token: new Secret(entry.identitytoken), source: file };
  if (entry.username && entry.password !== undefined)
    return { kind: "basic", username: entry.username, password: new Secret(entry.password), source: file };
  if (!entry.auth) return undefined;
  const pair = Buffer.from(entry.auth, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (colon < 1) throw new LadingError("usage", `${file} has an "auth" that is not base64 of user:password`, "run `docker login` again");
  // Some writers pad the password with NUL (docker/cli trims it too).
  const password = new Secret(pair.slice(colon + 1).replace(/\0+$/, ""));
  return { kind: "basic", username: pair.slice(0, colon), password, source: file };
}

/** The parser's message is left out: it quotes the text around the fault, and that text holds passwords. */
function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new LadingError("usage", `${file} is not valid JSON`, "repair it, or point DOCKER_CONFIG at another folder");
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function strings(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(record(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
