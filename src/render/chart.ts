/** Takes a chart into the copy, and holds it against what helm could be made to do with it. */
import type { SaidAt } from "../model/render.ts";
import { schemasIn } from "./archive.ts";
import { quoted, Refusal, refused, startOf } from "./refusal.ts";
import { checkSchema } from "./schema.ts";
import { type Place, Scratch } from "./scratch.ts";
import { type MapValue, mapsUnder, readValues, textUnder } from "./yaml-value.ts";

/** Copies the chart, and the charts beside it that it depends on. */
export async function takeChart(scratch: Scratch, place: Place, said: SaidAt, above: readonly string[] = []): Promise<void> {
  if (above.includes(place.path)) throw refused(`charts depend on each other in a circle: ${[...above, place.path].map(quoted).join(" → ")}`, said);
  const files = await scratch.tree(place, said);
  const chart = await read(scratch, place.path, "Chart.yaml", said);
  if (chart === undefined) throw new Refusal("failed", `${place.path || "."} has no Chart.yaml`, said);
  for (const file of files) await checkSchemas(scratch, file);
  const requirements = await read(scratch, place.path, "requirements.yaml", said);
  for (const one of [chart, requirements].flatMap((map) => (map ? mapsUnder(map, "dependencies") : []))) await dependency(scratch, place.path, one, above);
}

/** What Helm's reader of schemas would be given: the file of a chart, and those in packed charts. */
async function checkSchemas(scratch: Scratch, file: string): Promise<void> {
  const said = startOf(file);
  const schema = /(?:^|\/)values\.schema\.json$/.test(file);
  const place = schema || /(?:^|\/)charts\/[^/]+\.tgz$/.test(file) ? scratch.find(file, said) : undefined;
  if (place === undefined) return;
  if (schema) checkSchema(await scratch.text(place, said), said);
  else for (const text of await schemasIn(await scratch.content(place, said), said)) checkSchema(text, said);
}

async function read(scratch: Scratch, folder: string, name: string, said: SaidAt): Promise<MapValue | undefined> {
  const file = folder === "" ? name : `${folder}/${name}`;
  const place = scratch.find(file, said);
  if (place?.is !== "file") return undefined;
  const [map] = readValues(await scratch.text(place, startOf(file)), file);
  if (map !== undefined && map.is !== "map") throw new Refusal("failed", `${name} is no map`, map.said);
  return map;
}

/** A dependency is under `charts/`, or in a folder of this repository, from where it is put there. */
async function dependency(scratch: Scratch, chart: string, one: MapValue, above: readonly string[]): Promise<void> {
  const name = textUnder(one, "name") ?? "";
  const repository = textUnder(one, "repository") ?? "";
  if (await isVendored(scratch, chart, name, one.said)) return;
  if (!/^file:\/\//i.test(repository)) {
    const from = repository === "" ? "" : ` of ${quoted(repository)}`;
    throw new Refusal("elsewhere", `the dependency ${quoted(name)}${from} is not under charts/; run \`helm dependency build\`, and commit charts/ or run it before`, one.said);
  }
  const said = one.entries.get("repository")?.said ?? one.said;
  const place = scratch.find(Scratch.resolve(chart, repository.slice("file://".length), said), said);
  if (place?.is !== "folder") throw new Refusal("failed", `the dependency ${quoted(name)} is not in ${quoted(repository)}`, said);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw refused(`${quoted(name)} is no name of a chart`, said);
  if (place.path === "" || chart === place.path || chart.startsWith(`${place.path}/`)) throw refused(`the dependency ${quoted(name)} is a folder that this chart is in`, said);
  await takeChart(scratch, place, said, [...above, chart]);
  await scratch.graft(place.path, `${chart === "" ? "" : `${chart}/`}charts/${name}`, said);
}

/** Helm goes by the name inside; archives are named after it. */
async function isVendored(scratch: Scratch, chart: string, name: string, said: SaidAt): Promise<boolean> {
  const folder = chart === "" ? "charts" : `${chart}/charts`;
  const charts = scratch.find(folder, said);
  if (charts?.is !== "folder") return false;
  for (const entry of scratch.names(charts.path)) {
    if (entry.startsWith(`${name}-`) && entry.endsWith(".tgz")) return true;
    if (scratch.find(`${charts.path}/${entry}`, said)?.is !== "folder") continue;
    const inner = await read(scratch, `${charts.path}/${entry}`, "Chart.yaml", said);
    if (inner && textUnder(inner, "name") === name) return true;
  }
  return false;
}
