/**
 * What a registry is asked for a reference, worked out apart from the program that is measured:
 * this file shares no code with src/.
 */
export interface Wanted {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HOST = /^(?:[A-Za-z0-9-]+)(?:\.[A-Za-z0-9-]+)*(?::\d+)?$/;

/** Undefined when the text is no reference, or one by digest alone: then there is nothing to look up. */
export function wanted(text: string): Wanted | undefined {
  const [front = "", digest] = text.split("@");
  const slash = front.lastIndexOf("/");
  const colon = front.indexOf(":", slash + 1);
  const name = colon < 0 ? front : front.slice(0, colon);
  const tag = colon < 0 ? (digest === undefined ? "latest" : undefined) : front.slice(colon + 1);
  if (tag === undefined || !/^\w[\w.-]{0,127}$/.test(tag)) return undefined;
  const parts = name.split("/");
  const first = parts[0] ?? "";
  const hasHost = parts.length > 1 && (/[.:A-Z]/.test(first) || first === "localhost");
  if (hasHost && !HOST.test(first)) return undefined;
  const host = !hasHost || first === "index.docker.io" ? "docker.io" : first;
  const path = hasHost ? parts.slice(1) : parts;
  if (path.length === 0 || !path.every((part) => COMPONENT.test(part))) return undefined;
  const repository = host === "docker.io" && path.length === 1 ? `library/${path[0]}` : path.join("/");
  return { host, repository, tag };
}

export const wantedKey = (one: Wanted): string => `${one.host}/${one.repository}:${one.tag}`;

/** A host as the first part of a repository's name, where neither a port's colon nor capitals may stand. */
export function hostAsComponent(host: string): string {
  return host.toLowerCase().replaceAll(":", "-");
}

/** Where the mirror holds it: a path of the registry's API. */
export function manifestPath(one: Wanted): string {
  return `/v2/${hostAsComponent(one.host)}/${one.repository}/manifests/${one.tag}`;
}
