/**
 * Every kustomization of the corpus that can be rendered from it, through the sandbox: is each of the images that
 * are listed for it rendered, and traced to a place in a file? And is that the place? A mark that is put there has to
 * come out in that very image when kustomize renders again.
 *
 * From the shell: `node --import tsx bench/render/corpus.ts [--list]` (exit 1 if it falls short).
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { decode } from "../../src/files/load.ts";
import type { Render, Root } from "../../src/model/render.ts";
import { mark } from "../../src/pipeline/trace/marks.ts";
import type { Step } from "../../src/pipeline/trace/origin.ts";
import { leafOf } from "../../src/pipeline/trace/settle.ts";
import { Sources } from "../../src/pipeline/trace/sources.ts";
import { trace, type TracedStream } from "../../src/pipeline/trace/trace.ts";
import { createRender } from "../../src/render/render.ts";
import { type KustomizeRoot, linksOf, listFiles, readKustomizeRoots, unpackCorpus } from "../tools/corpus.ts";
import { install } from "../tools/install.ts";
import { percent, table } from "../tools/table.ts";

export interface Outcome {
  readonly text: string;
  /** One line. */
  readonly summary: string;
  readonly ok: boolean;
}

/** What is counted; the reasons are sentences, with how often each was given. */
class Tally {
  roots = 0;
  rendered = 0;
  images = 0;
  traced = 0;
  marked = 0;
  listed = 0;
  listedTraced = 0;
  seconds = 0;
  readonly bySource = new Map<string, number>();
  readonly notRendered = new Map<string, string[]>();
  readonly untraced: string[] = [];
  readonly unmarked: string[] = [];
  readonly missing: string[] = [];
}

export async function corpus(): Promise<Outcome> {
  const [kustomize, helm] = [await install("kustomize"), await install("helm")];
  if ("missing" in kustomize) return { text: "", summary: `corpus: skipped: ${kustomize.missing}`, ok: false };
  const path = [dirname(kustomize.path), ...("path" in helm ? [dirname(helm.path)] : []), process.env["PATH"] ?? ""].join(delimiter);
  const tree = unpackCorpus();
  const sources = new Sources({ files: listFiles(tree), read: (file) => readIn(tree, file) });
  const links = linksOf(tree);
  const render = createRender({ root: tree, env: { ...process.env, PATH: path } });
  const tally = new Tally();
  const all = readKustomizeRoots();
  // The others need files that the corpus does not hold, or the network.
  const roots = all.filter(({ inCorpus }) => inCorpus === "same");
  const began = performance.now();
  for (const root of roots) await one(root, sources, withLinks(render, links), tally);
  tally.seconds = (performance.now() - began) / 1000;
  return outcome(tally, all.length);
}

function readIn(tree: string, file: string): ReturnType<typeof decode> | undefined {
  const path = join(tree, file);
  return existsSync(path) && statSync(path).isFile() ? decode(file, readFileSync(path)) : undefined;
}

/** Texts are put in place of files, and a link is none. */
const withLinks = (render: Render, links: ReadonlyMap<string, string>): Render => (request) =>
  render({ ...request, instead: new Map([...request.instead].map(([file, text]) => [links.get(file) ?? file, text])) });

async function one({ root: folder, loadRestrictor, images = [] }: KustomizeRoot, sources: Sources, render: Render, tally: Tally): Promise<void> {
  tally.roots++;
  // Flux alone renders without the load restrictor.
  const by = loadRestrictor === "default" ? "folder" : "flux-kustomization";
  const root: Root = { folder, tool: "kustomize", by, said: { file: folder, position: { line: 1, column: 1 } }, kustomize: { images: [] }, open: [] };
  const answer = await render({ root, instead: new Map(), provenance: true });
  if (answer.is === "unknown") {
    const why = `${answer.why.code}: ${answer.why.message.replace(/^.*?: /, "").slice(0, 90)}`;
    tally.notRendered.set(why, [...(tally.notRendered.get(why) ?? []), folder]);
    return;
  }
  tally.rendered++;
  const stream = await trace(root, answer.value, sources, render);
  const traced = new Set<string>();
  for (const { image, origin } of stream.images) {
    tally.images++;
    if (origin.is === "untraced") tally.untraced.push(`${folder}: ${image.site.raw}: ${origin.why}`);
    else {
      tally.traced++;
      traced.add(image.site.raw);
      tally.bySource.set(origin.source.layer, (tally.bySource.get(origin.source.layer) ?? 0) + 1);
    }
  }
  for (const image of images) {
    tally.listed++;
    if (traced.has(image)) tally.listedTraced++;
    else tally.missing.push(`${folder}: ${image}`);
  }
  await prove(folder, root, stream, sources, render, tally);
}

/** Puts a mark at each source, and looks in which images it comes out. */
async function prove(folder: string, root: Root, { images }: TracedStream, sources: Sources, render: Render, tally: Tally): Promise<void> {
  const steps = images.flatMap(({ origin }) => (origin.is === "traced" ? [origin.source] : []));
  const leaves = [...new Map(steps.map((step) => [placeOf(step), leafOf(step, sources)])).values()];
  const marked = await mark({ root, render, sources, images: images.map(({ image }) => image), provenance: true }, leaves, { renders: 0 });
  for (const [i, { image, origin }] of images.entries()) {
    if (origin.is === "untraced") continue;
    if (marked.get(i)?.some((step) => placeOf(step) === placeOf(origin.source))) tally.marked++;
    else tally.unmarked.push(`${folder}: ${image.site.raw}: ${origin.source.place.file}:${origin.source.place.position.line} (${origin.source.layer})`);
  }
}

const placeOf = ({ place }: Step): string => `${place.file} ${place.span.start}`;

function outcome(tally: Tally, all: number): Outcome {
  const shown = process.argv.includes("--list") ? Infinity : 10;
  const list = (title: string, lines: readonly string[]): string => (lines.length === 0 ? "" : `\n${title} (${lines.length}):\n${lines.slice(0, shown).map((line) => `  ${line}`).join("\n")}${lines.length > shown ? `\n  … ${lines.length - shown} more: --list` : ""}\n`);
  const text = [
    table(["kustomizations of the corpus", "number"], [
      ["listed", all], ["renderable from the corpus alone", tally.roots], ["rendered", tally.rendered], ["images rendered", tally.images],
      ["traced to a place", `${tally.traced} (${percent(tally.traced, tally.images)})`],
      ["shown to be that place by a mark", `${tally.marked} (${percent(tally.marked, tally.traced)})`],
      ["images listed for those rendered", tally.listed], ["of them rendered and traced", `${tally.listedTraced} (${percent(tally.listedTraced, tally.listed)})`],
      ["seconds, two renders each", tally.seconds.toFixed(0)],
    ]),
    "",
    table(["source", "images"], [...tally.bySource].sort((a, b) => b[1] - a[1])),
    list("Not rendered", [...tally.notRendered].map(([why, folders]) => `${folders.length} × ${why} (${folders[0]})`)),
    list("Rendered and not traced", tally.untraced),
    list("Listed and not traced", tally.missing),
    list("Traced, and the mark did not come out", tally.unmarked),
  ].join("\n");
  const ok = tally.rendered > 0 && tally.missing.length === 0 && tally.untraced.length === 0 && tally.unmarked.length === 0;
  return { text, ok, summary: `corpus: ${ok ? "passed" : "FAILED"}: ${tally.traced} of ${tally.images} images of ${tally.rendered} kustomizations traced, ${tally.marked} shown by a mark; ${tally.roots - tally.rendered} of ${tally.roots} not rendered` };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { text, summary, ok } = await corpus();
  console.log(`${text}\n${summary}`);
  process.exit(ok ? 0 : 1);
}
