/** Programs that stand in for helm, kustomize and kubectl, and do what the test wants of them. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { RenderAnswer, RenderFailure, Root, SaidAt } from "../../src/model/render.ts";
import { createRender, type RenderOptions } from "../../src/render/render.ts";

export const SAID: SaidAt = { file: "apps/web.yaml", position: { line: 7, column: 3 } };

export type Name = "helm" | "kustomize" | "kubectl";

const VERSIONS: Readonly<Record<Name, string>> = { helm: "v3.19.5+g1234567", kustomize: "v5.7.1", kubectl: "Client Version: v1.32.4\nKustomize Version: v5.5.0" };

/** Prints what it was given: arguments, environment, and every file of the folder that it runs in. */
export const REPORT = `
const files = {};
for (const entry of fs.readdirSync(".", { recursive: true, withFileTypes: true })) {
  const path = require("node:path").join(entry.parentPath, entry.name);
  if (!entry.isDirectory()) files[path] = entry.isSymbolicLink() ? "-> " + fs.readlinkSync(path) : fs.readFileSync(path, "utf8");
}
for (const [at, arg] of args.entries()) if (args[at - 1] === "--values") files["values " + at] = fs.readFileSync(arg, "utf8");
process.stdout.write(JSON.stringify({ args, env: process.env, cwd: process.cwd(), files }));
`;

export interface Report {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A folder for PATH. Each body sees `args` and `fs`; each start is logged. */
export function programs(t: TestContext, bodies: Partial<Record<Name, string>>, versions: Partial<Record<Name, string>> = {}): { readonly path: string; started(): string[] } {
  const path = mkdtempSync(join(tmpdir(), "lading-bin-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const log = join(path, "started.log");
  for (const [name, body] of Object.entries(bodies) as [Name, string][]) {
    const said = JSON.stringify(versions[name] ?? VERSIONS[name]);
    writeFileSync(join(path, name), `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(log)}, [${JSON.stringify(name)}, ...args].join(" ") + "\\n");
if (args[0] === "version") console.log(${said});
else { ${body} }
`);
    chmodSync(join(path, name), 0o755);
  }
  return { path, started: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []) };
}

export const chart = (folder: string, more: Partial<Root> = {}): Root => ({ folder, tool: "helm", by: "folder", said: SAID, open: [], ...more });
export const kustomization = (folder: string, more: Partial<Root> = {}): Root => ({ folder, tool: "kustomize", by: "folder", said: SAID, open: [], ...more });

export interface Asked {
  readonly root: Root;
  readonly instead?: Readonly<Record<string, string>>;
  readonly provenance?: boolean;
}

/** Renders once. */
export function render(options: RenderOptions, { root, instead = {}, provenance = false }: Asked): Promise<RenderAnswer> {
  return createRender(options)({ root, instead: new Map(Object.entries(instead)), provenance });
}

export function textOf(answer: RenderAnswer): string {
  if (answer.is !== "known") throw new Error(`not rendered: ${answer.why.code}: ${answer.why.message}`);
  return answer.value.text;
}

export function whyOf(answer: RenderAnswer): RenderFailure {
  if (answer.is === "known") throw new Error(`rendered: ${answer.value.text}`);
  return answer.why;
}

export const reportOf = (answer: RenderAnswer): Report => JSON.parse(textOf(answer)) as Report;
