import { LadingError } from "../model/errors.ts";
import type { Environment } from "./authorities.ts";
import { askHelper, type HelperAnswer } from "./credential-helper.ts";
import { configFiles, type Credential, credentialOf, type DockerConfig, longestMatch, normaliseKey, readConfig } from "./docker-config.ts";
import { Secret } from "./secret.ts";

/** A login for a repository, if there is one, and what stood in the way of finding one. */
export interface Login {
  readonly credential?: Credential;
  /** For the message when the registry refuses, e.g. that a helper program is missing. */
  readonly note?: string;
}

/** Finds the login for a repository; nothing is read before the first registry asks for one. */
export type Credentials = (registry: string, repository: string) => Promise<Login>;

const HELPER_MS = 10_000;

/**
 * Logins, from the environment first, then from the files that `docker login` and `podman login` keep.
 * Within a file a helper comes before plain entries, as in docker/cli, where an entry beside a store is
 * only a marker; a helper that has nothing or does not run lets the plain entry speak.
 */
export function createCredentials(environment: Environment, helperMs = HELPER_MS): Credentials {
  let sources: { fromEnvironment: ReadonlyMap<string, Credential>; configs: readonly DockerConfig[] } | undefined;
  const helped = new Map<string, Promise<HelperAnswer>>();

  const help = (name: string, registry: string): Promise<HelperAnswer> => {
    const key = `${name} ${registry}`;
    let answer = helped.get(key);
    if (answer === undefined) helped.set(key, (answer = askHelper(name, registry, environment, helperMs)));
    return answer;
  };

  return async (registry, repository) => {
    sources ??= {
      fromEnvironment: readEnvironment(environment),
      configs: configFiles(environment).flatMap((file) => readConfig(file) ?? []),
    };
    const key = normaliseKey(registry);
    const name = `${key}/${repository}`;
    const given = longestMatch(sources.fromEnvironment, name);
    if (given !== undefined) return { credential: given };
    const notes: string[] = [];
    for (const config of sources.configs) {
      const helper = longestMatch(config.helpers, name) ?? config.store;
      const answer = helper === undefined ? undefined : await help(helper, key);
      if (answer?.is === "found") return { credential: answer.credential };
      if (answer?.is === "failed") notes.push(answer.why);
      const entry = longestMatch(config.auths, name);
      const credential = entry && credentialOf(entry, config.file);
      if (credential !== undefined) return { credential };
    }
    return notes.length === 0 ? {} : { note: [...new Set(notes)].join("; ") };
  };
}

/** `LADING_REGISTRY_<n>_HOST`, `_USERNAME` and `_PASSWORD`: logins for CI without a file. */
function readEnvironment(environment: Environment): ReadonlyMap<string, Credential> {
  const found = new Map<string, Credential>();
  for (const [variable, host] of Object.entries(environment).sort()) {
    const prefix = /^(LADING_REGISTRY_\d+)_HOST$/.exec(variable)?.[1];
    if (prefix === undefined || !host) continue;
    const username = environment[`${prefix}_USERNAME`];
    const password = environment[`${prefix}_PASSWORD`];
    if (!username || password === undefined)
      throw new LadingError("usage", `${variable} is set, but not both of ${prefix}_USERNAME and ${prefix}_PASSWORD`);
    const key = normaliseKey(host);
    if (!found.has(key)) found.set(key, { kind: "basic", username, password: new Secret(password), source: `${prefix}_PASSWORD` });
  }
  return found;
}
