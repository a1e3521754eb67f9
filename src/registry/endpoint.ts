import { LadingError } from "../model/errors.ts";
import type { Question } from "../model/facts.ts";
import type { Mirror, Policy } from "../model/policy.ts";
import { hostnameOf, isLoopback, speaksTls } from "./loopback.ts";

/** A place to put a question to. */
export interface Endpoint {
  /** What people call the registry: the key of its credentials, and its name in messages. */
  readonly name: string;
  /** `host[:port]` that is connected to. */
  readonly host: string;
  readonly repository: string;
  readonly mirror: boolean;
}

/** Docker Hub's name in references is not its API's host (`registry.DefaultV2Registry` in moby). */
const HUB = "docker.io";
const HUB_HOST = "registry-1.docker.io";

const MIRROR = /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d+)?((?:\/[a-z0-9._-]+)*)\/?$/;

/** Where a question is put, in order: mirrors by the longest `from` that fits, then the registry itself. */
export function endpointsOf(question: Pick<Question, "registry" | "repository">, mirrors: readonly Mirror[]): readonly Endpoint[] {
  const { registry, repository } = question;
  const upstream = { name: registry, host: registry === HUB ? HUB_HOST : registry, repository, mirror: false };
  const fitting = mirrors
    .map((mirror) => ({ mirror, below: below(mirror.from, `${registry}/${repository}`) }))
    .filter((entry): entry is { mirror: Mirror; below: string } => entry.below !== undefined)
    .sort((a, b) => a.below.length - b.below.length);
  return [...fitting.map((entry) => mirrorEndpoint(entry.mirror, entry.below)), upstream];
}

/** The path below a prefix, in whole components: `docker.io/lib` is no prefix of `docker.io/library`. */
function below(from: string, name: string): string | undefined {
  const prefix = from.replace(/\/+$/, "");
  if (name === prefix) return "";
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : undefined;
}

function mirrorEndpoint(mirror: Mirror, path: string): Endpoint {
  const [, hostname, port = "", prefix = ""] = MIRROR.exec(mirror.to) ?? [];
  if (hostname === undefined)
    throw new LadingError("policy", `the mirror "${mirror.to}" is not host[:port][/prefix]`, "leave out https:// and any tag");
  const repository = [prefix.slice(1), path].filter((part) => part !== "").join("/");
  if (repository === "")
    throw new LadingError("policy", `the mirror "${mirror.to}" leaves no repository for ${mirror.from}`, "name the repository in `to`");
  const host = `${hostname}${port}`;
  return { name: host, host: host === HUB ? HUB_HOST : host, repository, mirror: true };
}

/** Whether the policy lists a host for plain HTTP; no port means 80, as in a URL. */
export function isListedPlain(host: string, policy: Pick<Policy, "registries">): boolean {
  const full = (text: string): string => (/:\d+$/.test(text) ? text : `${text}:80`).toLowerCase();
  return policy.registries.plainHttp.some((listed) => full(listed) === full(host));
}

/** Decides once per host: TLS, unless the policy lists it or it is loopback and does not greet in TLS. */
export function createSchemes(policy: Pick<Policy, "registries">): (host: string) => Promise<"http" | "https"> {
  const known = new Map<string, Promise<"http" | "https">>();
  const decide = async (host: string): Promise<"http" | "https"> => {
    if (isListedPlain(host, policy)) return "http";
    if (!isLoopback(hostnameOf(host))) return "https";
    return (await speaksTls(host)) ? "https" : "http";
  };
  return (host) => {
    let scheme = known.get(host);
    if (scheme === undefined) known.set(host, (scheme = decide(host)));
    return scheme;
  };
}

/**
 * Whether a registry on plain HTTP may send us on to a plain HTTP URL: to itself, to a host that the
 * policy lists, or from loopback to loopback. Anything else could be aimed at a service inside our
 * network that only we can reach.
 */
export function mayGoPlain(target: URL, from: URL, policy: Pick<Policy, "registries">): boolean {
  if (from.protocol !== "http:") return false;
  if (target.host === from.host || isListedPlain(target.host, policy)) return true;
  return isLoopback(target.hostname) && isLoopback(from.hostname);
}
