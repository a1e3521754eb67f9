/** Registries on loopback, each with the log that it keeps itself. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemoRegistry } from "../../src/demo/registry.ts";
import { install } from "./install.ts";

export interface LoggedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

export interface RunningRegistry {
  readonly name: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Requests since the start or the last {@link forget}, as the registry logged them. */
  requests(): Promise<readonly LoggedRequest[]>;
  forget(): Promise<void>;
  stop(): Promise<void>;
}

export type Started = RunningRegistry | { readonly name: string; readonly missing: string };

/** The registry of `lading demo`, in this process. */
export async function startEmbeddedRegistry(): Promise<Started> {
  const registry = await startDemoRegistry();
  return {
    name: "embedded",
    host: registry.host,
    requests: async () => registry.log.map(({ method, path }) => ({ method, path: path.split("?")[0] ?? "" })),
    forget: async () => void registry.log.splice(0),
    stop: () => registry.close(),
  };
}

/** Debian's docker-registry (the distribution project), with everything in memory. */
export async function startDockerRegistry(port = 0): Promise<Started> {
  const name = "docker-registry";
  const tool = await install(name);
  if ("missing" in tool) return { name, missing: tool.missing };
  const address = `127.0.0.1:${port === 0 ? await freePort() : port}`;
  const folder = mkdtempSync(join(tmpdir(), "lading-registry-"));
  const config = join(folder, "config.json");
  // JSON is YAML; the access log goes to standard output in the form of Apache's combined log.
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: "error", accesslog: { disabled: false } },
      storage: { inmemory: {}, delete: { enabled: true } },
      http: { addr: address, secret: "bench" },
    }),
  );
  return startProcess(name, address, tool.path, ["serve", config], /"([A-Z]+) (\/\S*) HTTP\/[\d.]+" \d+/, () =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

/** go-containerregistry's in-memory registry; it logs each request to standard error. */
export async function startCraneRegistry(port = 0): Promise<Started> {
  const name = "crane registry serve";
  const tool = await install("crane");
  if ("missing" in tool) return { name, missing: tool.missing };
  const address = `127.0.0.1:${port === 0 ? await freePort() : port}`;
  return startProcess(name, address, tool.path, ["registry", "serve", "--address", address], /^\S+ \S+ ([A-Z]+) (\/\S*)/);
}

/** olareg: the cleanest referrers API of those that run anywhere. */
export async function startOlareg(port = 0): Promise<Started> {
  const name = "olareg";
  const tool = await install(name);
  if ("missing" in tool) return { name, missing: tool.missing };
  const chosen = port === 0 ? await freePort() : port;
  const args = ["serve", "--addr", "127.0.0.1", "--port", String(chosen), "--store-type", "mem", "--api-delete", "--api-blob-delete", "--verbosity", "trace"];
  return startProcess(name, `127.0.0.1:${chosen}`, tool.path, args, /method=([A-Z]+).*?(?:path|url)="?(\/[^\s"]*)/);
}

/** go-containerregistry's registry with its referrers API, which lists artifact types that are not the manifests'. */
export async function startGgcrReferrers(port = 0): Promise<Started> {
  const name = "ggcr-referrers";
  const tool = await install(name);
  if ("missing" in tool) return { name, missing: tool.missing };
  const address = `127.0.0.1:${port === 0 ? await freePort() : port}`;
  return startProcess(name, address, tool.path, ["--addr", address], /^([A-Z]+) (\/\S*)/);
}

async function startProcess(
  name: string,
  host: string,
  command: string,
  args: readonly string[],
  logLine: RegExp,
  cleanUp: () => void = () => {},
): Promise<RunningRegistry> {
  const child = spawn(command, [...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let start = 0;
  const collect = (chunk: Buffer): void => {
    text += chunk.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  await listening(host, child, () => text);
  return {
    name,
    host,
    requests: async () => {
      await settled(() => text.length);
      return text
        .slice(start)
        .split("\n")
        .flatMap((line) => {
          const [, method, target] = logLine.exec(line) ?? [];
          return method === undefined || target === undefined ? [] : [{ method, path: target.split("?")[0] ?? "" }];
        });
    },
    forget: async () => {
      await settled(() => text.length);
      start = text.length;
    },
    stop: async () => {
      process.off("exit", end);
      const ended = new Promise((done) => child.once("exit", done));
      if (child.exitCode === null && child.kill("SIGKILL")) await ended;
      cleanUp();
    },
  };
}

/** A log comes through a pipe a moment after the answer: wait until no more comes. */
async function settled(size: () => number): Promise<void> {
  for (let before = -1; before !== size(); ) {
    before = size();
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function listening(host: string, child: ChildProcess, log: () => string): Promise<void> {
  const [address = "", port = ""] = host.split(":");
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    const up = await new Promise<boolean>((done) => {
      const socket = connect(Number(port), address, () => {
        socket.destroy();
        done(true);
      });
      socket.once("error", () => done(false));
    });
    if (up) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`no answer from ${host}: ${log().slice(-500)}`);
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
