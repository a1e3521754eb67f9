/** Whether a repository's address is that of the checked one. */

/** `host/owner/name`, whatever way the address is spelled in: by https, ssh, or as `git@host:owner/name.git`. */
export function normalAddress(url: string): string {
  const scp = /^(?:[^@/\s]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(url);
  const [, host, path] = scp ?? /^[a-z+]+:\/\/(?:[^@/\s]+@)?([^/\s]+)\/(.*)$/i.exec(url) ?? [];
  if (host === undefined || path === undefined) return url;
  // `https://host:443/x` and ssh's own port name the same place.
  return `${host.toLowerCase().replace(/:(?:443|22)$/, "")}/${path.replace(/^\/+/, "").replace(/\/+$/, "").replace(/\.git$/, "").toLowerCase()}`;
}

/** Yes or no where the repository's own remotes are known, else undefined. */
export function isOurs(url: string | undefined, remotes: readonly string[] | undefined): boolean | undefined {
  if (url === undefined || url.includes("{{") || url.includes("${") || remotes === undefined || remotes.length === 0) return undefined;
  const address = normalAddress(url);
  return remotes.some((remote) => normalAddress(remote) === address);
}
