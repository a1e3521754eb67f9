/** One chart folder, probed and traced with the real helm in the sandbox. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatReference } from "../../src/model/reference.ts";
import type { Render, Root, ValuesLayer } from "../../src/model/render.ts";
import type { LocatedFile, SourceFile } from "../../src/model/site.ts";
import { candidatesIn } from "../../src/pipeline/probe/candidates.ts";
import { layersOf } from "../../src/pipeline/probe/layers.ts";
import { probe, type ProbeResult } from "../../src/pipeline/probe/probe.ts";
import { Sources } from "../../src/pipeline/trace/sources.ts";
import { trace } from "../../src/pipeline/trace/trace.ts";
import { createRender } from "../../src/render/render.ts";
import { locateFile } from "../../src/surfaces/locate.ts";

export interface ProbedImage {
  /** Where its values stand. */
  readonly place: string;
  readonly outcome: string;
  /** The form, or the code of the reason. */
  readonly code: string;
  readonly why: string;
}

export interface ProbedChart {
  readonly images: readonly ProbedImage[];
  /** Renderings to find the forms. */
  readonly renders: number;
  /** Images that the chart renders to as it is, and how many of them were traced to a line. */
  readonly rendered: number;
  readonly traced: number;
  readonly failure?: string;
  readonly result: ProbeResult;
}

/** A renderer that finds this helm alone. */
export const rendererFor = (folder: string, helm: string): Render => createRender({ root: folder, env: { PATH: `${dirname(helm)}:/usr/bin:/bin` } });

export const rootOf = (layers: readonly ValuesLayer[] = []): Root => ({
  folder: "", tool: "helm", by: "folder", said: { file: "Chart.yaml", position: { line: 1, column: 1 } }, open: [],
  // A helm that `go install` built says Kubernetes 1.20, which many charts refuse.
  helm: { release: "release", layers, kubeVersion: "1.34.0", apiVersions: [], includeCrds: true },
});

export async function probeChart(folder: string, render: Render, layers: readonly ValuesLayer[] = []): Promise<ProbedChart> {
  const root = rootOf(layers);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => statSync(join(folder, file)).isFile()).sort();
  const read = (file: string): SourceFile | undefined => (files.includes(file) ? { path: file, text: readFileSync(join(folder, file), "utf8"), encoding: "utf-8" } : undefined);
  const texts = layersOf(root, files, (file) => read(file)?.text);
  const located = new Map<string, LocatedFile>();
  for (const { file, text } of texts) located.set(file, await locateFile({ path: file, text, encoding: "utf-8" }, { values: true, template: false, kustomization: false }));
  const candidates = await candidatesIn(texts, located, () => true);
  const chart = /^name:\s*["']?([^\s"'#]+)/m.exec(read("Chart.yaml")?.text ?? "")?.[1] ?? "";
  const result = await probe({ root, chart, layers: texts, candidates, render });
  const images = [...result.outcomes].map(([{ site, path }, outcome]): ProbedImage => ({
    place: `${site.file}:${site.position.line} ${path.join(".")}`,
    outcome: outcome.is === "pinned" ? formatReference(outcome.image) : outcome.is,
    code: outcome.is === "pinned" ? `${outcome.form}${outcome.also === undefined ? "" : " and a label"}` : outcome.is === "inactive" ? "inactive" : outcome.reason.code,
    why: outcome.is === "refused" ? outcome.reason.why : outcome.is === "pinned" ? (outcome.also ?? "") : "",
  }));
  const counts = await traced(root, new Sources({ files, read }), render);
  return { images, renders: result.renders, ...counts, ...(result.failure ? { failure: result.failure.message } : {}), result };
}

async function traced(root: Root, sources: Sources, render: Render): Promise<Pick<ProbedChart, "rendered" | "traced">> {
  const answer = await render({ root, instead: new Map(), provenance: true });
  if (answer.is === "unknown") return { rendered: 0, traced: 0 };
  const { images } = await trace(root, answer.value, sources, render);
  return { rendered: images.length, traced: images.filter(({ origin }) => origin.is === "traced").length };
}
