/**
 * What a program that renders gets to see of the environment: where programs are, and folders of its own. No
 * login, no token, no configuration of the user; and no way out, as far as an environment can close it.
 */
import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, isAbsolute, join, relative } from "node:path";

/** Nobody listens on discard's port: whoever asks by a proxy is refused at once. */
const NOWHERE = "http://127.0.0.1:9";

/** The folders of PATH, without those that the checked folder could fill. */
export function searchPath(path: string | undefined, root: string): { readonly folders: readonly string[]; readonly inside: readonly string[] } {
  const all = [...new Set((path ?? "").split(delimiter))].filter(isAbsolute);
  return { folders: all.filter((folder) => !isInside(folder, root)), inside: all.filter((folder) => isInside(folder, root)) };
}

/** Whether a path is in the checked folder, by its own name or by where its links lead. `root` has none on the way. */
export function isInside(path: string, root: string): boolean {
  return [path, real(path)].some((one) => {
    const way = relative(root, one);
    return way !== ".." && !way.startsWith("../");
  });
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Makes a home below `folder`, and says so in an environment. */
export async function scrubbed(folder: string, path: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const home = join(folder, "home");
  const temporary = join(folder, "tmp");
  await Promise.all([home, temporary].map((one) => mkdir(one, { recursive: true, mode: 0o700 })));
  return {
    PATH: path.join(delimiter),
    HOME: home,
    TMPDIR: temporary,
    LANG: "C.UTF-8",
    TZ: "UTC",
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_DATA_HOME: join(home, "data"),
    HELM_CONFIG_HOME: join(home, "helm-config"),
    HELM_CACHE_HOME: join(home, "helm-cache"),
    HELM_DATA_HOME: join(home, "helm-data"),
    HELM_PLUGINS: join(home, "no-plugins"),
    HELM_REGISTRY_CONFIG: join(home, "no-registry.json"),
    HELM_REPOSITORY_CONFIG: join(home, "no-repositories.yaml"),
    KUSTOMIZE_PLUGIN_HOME: join(home, "no-plugins"),
    KUBECONFIG: join(home, "no-cluster"),
    DOCKER_CONFIG: join(home, "no-docker"),
    // Both programs ask for addresses through the proxy that the environment names.
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
    ALL_PROXY: NOWHERE,
    NO_PROXY: "",
    // kustomize clones with git: no protocol is allowed, nobody is asked, no configuration is read.
    GIT_ALLOW_PROTOCOL: "none",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
}
