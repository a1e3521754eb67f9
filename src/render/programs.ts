/** Finds the programs that render on PATH, and asks each once for its version. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { isInside, scrubbed, searchPath } from "./environment.ts";
import { withFolder } from "./living.ts";
import { type Limits, run } from "./run.ts";

export interface Program {
  /** `helm 3.19.5`, `kustomize 5.7.1`, `kubectl kustomize 5.5.0`. */
  readonly name: string;
  readonly path: string;
  /** Arguments in front of all others, e.g. `kustomize` for kubectl. */
  readonly prefix: readonly string[];
}

export interface Missing {
  /** What is not there and what to do about it. */
  readonly missing: string;
}

/** The programs of one run. Each question is asked once. */
export interface Programs {
  helm(): Promise<Program | Missing>;
  kustomize(): Promise<Program | Missing>;
}

export interface PathToSearch {
  readonly path: string | undefined;
  /** The checked folder: a program in it is not run. */
  readonly root: string;
  readonly limits: Limits;
}

export function findPrograms(search: PathToSearch): Programs {
  let helm: Promise<Program | Missing> | undefined;
  let kustomize: Promise<Program | Missing> | undefined;
  return {
    helm: () => (helm ??= findHelm(search)),
    kustomize: () => (kustomize ??= findKustomize(search)),
  };
}

async function findHelm(search: PathToSearch): Promise<Program | Missing> {
  const found = await find("helm", search);
  if ("missing" in found) return { missing: `${found.missing}; install Helm 3 or 4` };
  const version = versionIn(await ask(found.path, ["version", "--short"], search));
  if (version === undefined) return { missing: `${found.path} does not say which version of helm it is; install Helm 3 or 4` };
  if (!/^[34]\./.test(version)) return { missing: `${found.path} is helm ${version}; install Helm 3 or 4` };
  return { name: `helm ${version}`, path: found.path, prefix: [] };
}

async function findKustomize(search: PathToSearch): Promise<Program | Missing> {
  const own = await find("kustomize", search);
  if (!("missing" in own)) {
    const version = versionIn(await ask(own.path, ["version"], search));
    if (version !== undefined) return { name: `kustomize ${version}`, path: own.path, prefix: ["build"] };
  }
  const kubectl = await find("kubectl", search);
  if (!("missing" in kubectl)) {
    const said = await ask(kubectl.path, ["version", "--client"], search);
    const version = versionIn(/^Kustomize Version:.*/m.exec(said ?? "")?.[0]);
    if (version !== undefined) return { name: `kubectl kustomize ${version}`, path: kubectl.path, prefix: ["kustomize"] };
  }
  const broken = [own, kubectl].flatMap((one) => ("missing" in one ? [] : [`${one.path} does not say its version`]));
  return { missing: [...broken, ...("missing" in own ? [own.missing] : []), "install kustomize, or kubectl, which has it inside"].join("; ") };
}

/** The first file of the name on PATH that can be run. */
async function find(name: string, search: PathToSearch): Promise<{ readonly path: string } | Missing> {
  const { folders, inside } = searchPath(search.path, search.root);
  const all = await Promise.all([...folders, ...inside].map((folder) => join(folder, name)).map(async (path) => ((await isProgram(path)) ? [path] : [])));
  const there = all.flat();
  const path = there.find((one) => !isInside(one, search.root));
  if (path !== undefined) return { path };
  return { missing: there.length === 0 ? `${name} is not on PATH` : `${there[0]} is inside of the checked folder, and what a repository brings is not run` };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function ask(path: string, args: readonly string[], search: PathToSearch): Promise<string | undefined> {
  return withFolder("lading-version-", async (folder) => {
    const env = await scrubbed(folder, searchPath(search.path, search.root).folders);
    const ran = await run({ program: path, args, env, cwd: folder }, search.limits);
    return ran.is === "done" ? ran.output : undefined;
  });
}

/** `3.19.5` in `v3.19.5+gb8f5a6f`, `5.5.0` in `Kustomize Version: v5.5.0`, `4.5.3` in `{kustomize/v4.5.3 …}`. */
const versionIn = (said: string | undefined): string | undefined => /\bv?(\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?)/.exec(said ?? "")?.[1];
