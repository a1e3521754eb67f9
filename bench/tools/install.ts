/**
 * Gets the programs that benches and interop tests stand beside, each at one exact version.
 *
 * They are built or unpacked into one cache folder (`LADING_TOOLS`, else `bench/.cache/tools`) and
 * reused from there; nothing is installed into the system except Debian's wrk. A tool that cannot
 * be had is a named reason, not an error: the caller decides whether that is a failure.
 *
 * From the shell: `node --import tsx bench/tools/install.ts [NAME]...` (exit 1 if one is missing).
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export type Tool = { readonly path: string } | { readonly missing: string };

export const TOOLS_FOLDER = resolve(process.env["LADING_TOOLS"] ?? join(import.meta.dirname, "../.cache/tools"));

interface Recipe {
  /** What the finished tool is called in the cache folder; holds the version, so that a bump rebuilds. */
  readonly folder: string;
  /** Path of the program in that folder. */
  readonly program: string;
  /** A program of the system that does as well. */
  readonly system?: string;
  /** Fills the folder, which exists and is empty; throws with a reason. */
  fill(folder: string): Promise<void>;
}

const RECIPES = {
  crane: go("crane", "github.com/google/go-containerregistry/cmd/crane", "v0.22.1"),
  kustomize: go("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "v5.7.1"),
  // Both programs are called helm, so each has a folder of its own. The flag says the version that `go install` leaves out.
  helm: go("helm", "helm.sh/helm/v3/cmd/helm", "v3.19.5", "-X helm.sh/helm/v3/internal/version.version=v3.19.5"),
  helm4: go("helm", "helm.sh/helm/v4/cmd/helm", "v4.3.1", "-X helm.sh/helm/v4/internal/version.version=v4.3.1"),
  cosign: go("cosign", "github.com/sigstore/cosign/v3/cmd/cosign", "v3.1.2"),
  notation: wrapper("notation", "github.com/notaryproject/notation/cmd/notation", "v1.3.2"),
  olareg: wrapper("olareg", "github.com/olareg/olareg/cmd/olareg", "v0.1.2"),
  oras: go("oras", "oras.land/oras/cmd/oras", "v1.3.6"),
  // crane's registry in memory, with the referrers API that `crane registry serve` leaves off.
  "ggcr-referrers": wrapper("ggcr-referrers", ".", "v0.22.1"),
  kubeconform: go("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", "v0.7.0"),
  "kube-score": go("kube-score", "github.com/zegl/kube-score/cmd/kube-score", "v1.20.0"),
  frizbee: go("frizbee", "github.com/stacklok/frizbee", "v0.1.7"),
  // The last release that runs on Node 20.
  renovate: npm("renovate", "39.264.1", ["--ignore-scripts", "--omit=optional"]),
  // The newest release that calls itself LTS, and the oldest that is supported.
  "node-lts": npm("node", "24.21.0"),
  "node-20": npm("node", "20.20.2"),
  "docker-registry": {
    folder: "docker-registry",
    program: "usr/bin/docker-registry",
    system: "/usr/bin/docker-registry",
    fill: unpackDebianPackage("docker-registry"),
  },
  wrk: { folder: "wrk", program: "usr/bin/wrk", system: "/usr/bin/wrk", fill: installDebianPackage("wrk") },
} as const satisfies Record<string, Recipe>;

export type ToolName = keyof typeof RECIPES;
export const TOOL_NAMES = Object.keys(RECIPES) as ToolName[];

const inFlight = new Map<ToolName, Promise<Tool>>();

/** The path of the tool, or why there is none. Builds it first if need be, which can take minutes. */
export function install(name: ToolName): Promise<Tool> {
  const known = inFlight.get(name);
  if (known) return known;
  const started = provide(name, RECIPES[name]);
  inFlight.set(name, started);
  return started;
}

/** kustomize's own program, or the one inside kubectl: the arguments that come before the folder. */
export async function installKustomize(): Promise<{ readonly command: string; readonly prefix: readonly string[] } | { readonly missing: string }> {
  const own = await install("kustomize");
  if ("path" in own) return { command: own.path, prefix: ["build"] };
  try {
    await run("kubectl", ["version", "--client"]);
    return { command: "kubectl", prefix: ["kustomize"] };
  } catch {
    return { missing: `${own.missing}; and no kubectl either` };
  }
}

async function provide(name: ToolName, recipe: Recipe): Promise<Tool> {
  if (recipe.system !== undefined && existsSync(recipe.system)) return { path: recipe.system };
  const folder = join(TOOLS_FOLDER, recipe.folder);
  const program = join(folder, recipe.program);
  if (existsSync(program)) return { path: program };
  mkdirSync(TOOLS_FOLDER, { recursive: true });
  // Built aside and renamed, so that a build cut short is not taken for a tool.
  const aside = mkdtempSync(join(TOOLS_FOLDER, ".building-"));
  try {
    await recipe.fill(aside);
    if (recipe.system !== undefined && existsSync(recipe.system)) return { path: recipe.system };
    if (!existsSync(join(aside, recipe.program))) return { missing: `${name}: the build left no ${recipe.program}` };
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
    return { path: program };
  } catch (error) {
    return { missing: `${name}: ${firstLine(error)}` };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function go(binary: string, path: string, version: string, linkerFlags = ""): Recipe {
  const flags = linkerFlags === "" ? [] : ["-ldflags", linkerFlags];
  return {
    folder: `${binary}-${version}`,
    program: binary,
    // The toolchain that is here: a newer one would be a download of its own.
    fill: (folder) => run("go", ["install", ...flags, `${path}@${version}`], { GOBIN: folder, GOTOOLCHAIN: "local" }),
  };
}

/** For a program that `go install` refuses, or that is ours: the module beside this file whose go.mod names the version. */
function wrapper(binary: string, path: string, version: string): Recipe {
  return {
    folder: `${binary}-${version}`,
    program: binary,
    async fill(folder) {
      const module = mkdtempSync(join(TOOLS_FOLDER, ".module-"));
      try {
        cpSync(join(import.meta.dirname, binary), module, { recursive: true });
        await run("go", ["build", "-mod=readonly", "-o", join(folder, binary), path], { GOTOOLCHAIN: "local" }, module);
      } finally {
        rmSync(module, { recursive: true, force: true });
      }
    },
  };
}

function npm(name: string, version: string, flags: readonly string[] = []): Recipe {
  return {
    folder: `${name}-${version}`,
    program: `node_modules/.bin/${name}`,
    fill: (folder) =>
      run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", ...flags, `${name}@${version}`]),
  };
}

/** Unpacks beside the system: installing this one would start a daemon on port 5000. */
function unpackDebianPackage(name: string): Recipe["fill"] {
  return async (folder) => {
    await withFreshLists(() => run("apt-get", ["download", name], {}, folder));
    const archive = readdirSync(folder).find((entry) => entry.endsWith(".deb"));
    if (archive === undefined) throw new Error("apt-get downloaded no package");
    await run("dpkg-deb", ["-x", join(folder, archive), folder]);
  };
}

/** For a program that needs libraries of other packages; only root can. */
function installDebianPackage(name: string): Recipe["fill"] {
  return async () => {
    if (process.getuid?.() !== 0) throw new Error(`not installed, and only root can install Debian's ${name}`);
    await withFreshLists(() =>
      run("apt-get", ["install", "-y", "--no-install-recommends", name], { DEBIAN_FRONTEND: "noninteractive" }),
    );
  };
}

/** A new machine may have no package lists; fetch them only then. */
async function withFreshLists(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run("apt-get", ["update"]);
    await action();
  }
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<void> {
  return new Promise((done, fail) => {
    const options = { env: { ...process.env, ...env }, cwd, timeout: 15 * 60_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, [...args], options, (error, _out, err) => {
      if (error) fail(new Error(lastLine(err) ?? error.message));
      else done();
    });
  });
}

function lastLine(text: string): string | undefined {
  return text.trim().split("\n").at(-1)?.trim() || undefined;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "unknown";
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !TOOL_NAMES.includes(name as ToolName));
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(", ")}; known: ${TOOL_NAMES.join(", ")}`);
    process.exit(2);
  }
  let missing = 0;
  for (const name of asked.length > 0 ? (asked as ToolName[]) : TOOL_NAMES) {
    const tool = await install(name);
    console.log("path" in tool ? `${name}: ${tool.path}` : `MISSING ${tool.missing}`);
    if ("missing" in tool) missing += 1;
  }
  process.exit(missing > 0 ? 1 : 0);
}
