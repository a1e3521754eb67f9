/** The charts of the fixtures, and helm run on a copy of one. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Render, Root, ValuesLayer } from "../../src/model/render.ts";
import type { LocatedFile } from "../../src/model/site.ts";
import { candidatesIn } from "../../src/pipeline/probe/candidates.ts";
import { layersOf } from "../../src/pipeline/probe/layers.ts";
import { probe, type ProbeResult } from "../../src/pipeline/probe/probe.ts";
import { locateFile } from "../../src/surfaces/locate.ts";

/** Renders as Argo CD does, without the sandbox that src/render has. */
export function helmRender(helm: string, folder: string): Render {
  return async ({ root, instead }) => {
    const copy = mkdtempSync(join(tmpdir(), "lading-chart-"));
    try {
      cpSync(folder, copy, { recursive: true });
      for (const [path, text] of instead) write(join(copy, path), text);
      const flags = (root.helm?.layers ?? []).flatMap((layer, i) => flagOf(layer, i, copy));
      const begin = performance.now();
      const { code, out, err } = await run(helm, ["template", join(copy, root.folder), "--name-template", root.helm?.release ?? "release", "--include-crds", ...flags], { HOME: copy, PATH: "/usr/bin:/bin" });
      if (code !== 0) return { is: "unknown", why: { code: "failed", message: err.replaceAll(copy, "") } };
      return { is: "known", value: { text: out, program: helm, milliseconds: performance.now() - begin } };
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  };
}

function flagOf(layer: ValuesLayer, index: number, copy: string): string[] {
  if (layer.is === "file") return ["--values", join(copy, layer.path)];
  if (layer.is === "parameter") return [layer.asString ? "--set-string" : "--set", `${layer.name}=${layer.value}`];
  const file = join(copy, `.inline-${index}.yaml`);
  write(file, layer.text);
  return ["--values", file];
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(command, [...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => done({ code: error ? 1 : 0, out, err: err || (error?.message ?? "") }));
  });
}

/** Every file of a folder, relative to it. */
export const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => statSync(join(folder, file)).isFile()).map((file) => relative(folder, join(folder, file))).sort();

/** A chart folder as a root, with layers above its own values. */
export const chartRoot = (layers: readonly ValuesLayer[] = []): Root => ({
  folder: "", tool: "helm", by: "folder", said: { file: "Chart.yaml", position: { line: 1, column: 1 } }, open: [],
  helm: { release: "release", layers, apiVersions: [], includeCrds: true },
});

/** Probes every open image in the values of a chart folder. */
export async function probeFolder(folder: string, render: Render, layers: readonly ValuesLayer[] = []): Promise<ProbeResult> {
  const root = chartRoot(layers);
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(join(folder, file), "utf8");
    } catch {
      return undefined;
    }
  };
  const texts = layersOf(root, filesOf(folder), read);
  const located = new Map<string, LocatedFile>();
  for (const { file, text } of texts) located.set(file, await locateFile({ path: file, text, encoding: "utf-8" }, { values: true, template: false, kustomization: false }));
  const candidates = await candidatesIn(texts, located, () => true);
  return probe({ root, chart: /^name: *(.*)$/m.exec(read("Chart.yaml") ?? "")?.[1] ?? "", layers: texts, candidates, render });
}
