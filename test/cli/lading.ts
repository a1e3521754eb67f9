/** Runs the command line as a user does: a process of its own, a home of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly cwd: string;
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

let bundle: Promise<string> | undefined;
const made: string[] = [];
after(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The sources as one program; made once a test file, in less time than a start from TypeScript takes. */
export function program(): Promise<string> {
  return (bundle ??= (async () => {
    const outdir = mkdtempSync(join(tmpdir(), "lading-cli-"));
    made.push(outdir);
    writeFileSync(join(outdir, "package.json"), '{"type":"module"}');
    await build({
      entryPoints: [join(root, "src/cli/main.ts")], outdir, bundle: true, splitting: true, platform: "node", target: "node20", format: "esm", logLevel: "error",
      // The compiler is large: it is taken from where it lies.
      plugins: [{ name: "compiler", setup: (plugin) => plugin.onResolve({ filter: /^ts-morph$/ }, () => ({ path: join(root, "node_modules/ts-morph/dist/ts-morph.js"), external: true })) }],
      banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    });
    return join(outdir, "main.js");
  })());
}

/** Starts a run; nothing of the caller's environment but PATH comes along. */
export async function start(args: readonly string[], { cwd, env = {} }: Run): Promise<ChildProcess> {
  const home = mkdtempSync(join(tmpdir(), "lading-home-"));
  made.push(home);
  return spawn(process.execPath, [await program(), ...args], { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: home, ...env }, stdio: "pipe" });
}

export async function lading(args: readonly string[], run: Run): Promise<Outcome> {
  const child = await start(args, run);
  const read = async (stream: NodeJS.ReadableStream): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString("utf8");
  };
  child.stdin!.on("error", () => undefined);
  child.stdin!.end(run.input ?? "");
  const ended = new Promise<number | null>((done) => child.once("close", done));
  const [stdout, stderr, code] = await Promise.all([read(child.stdout!), read(child.stderr!), ended]);
  return { code, stdout, stderr };
}

/** A folder with these files, gone after the test. */
export function tree(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), "lading-tree-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Everything in a folder, by name. */
export function snapshot(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((file) => [relative(folder, file), readFileSync(file, "utf8")]));
}

export const pod = (...images: readonly string[]): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n${images.map((image, i) => `    - name: c${i}\n      image: ${image}\n`).join("")}`;
