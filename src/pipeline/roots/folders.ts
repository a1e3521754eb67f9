/** Charts and kustomizations: which there are, what each of them reads, and which stand at the top. */
import type { Root } from "../../model/render.ts";
import { isRemote } from "../../surfaces/artifacts-kustomize.ts";
import { below, folderAround, pathFrom } from "../relative-path.ts";
import type { Aside, Folder } from "./found.ts";
import type { Tree } from "./tree.ts";
import { itemsAt, stringAt, stringsAt, type Value } from "./value.ts";

const START = { line: 1, column: 1 };

export async function foldersOf(tree: Tree): Promise<ReadonlyMap<string, Folder>> {
  const found = new Map<string, Folder>();
  for (const folder of tree.charts) found.set(key("helm", folder), await chart(folder, tree));
  for (const folder of tree.folders) {
    const file = tree.kustomizationIn(folder);
    const one = file === undefined ? undefined : await kustomization(folder, file, tree);
    if (one) found.set(key("kustomize", folder), one);
  }
  return found;
}

export const key = (tool: Root["tool"], folder: string): string => `${tool} ${folder}`;

/** Folders in which kustomize finds two kustomizations, or one that says nothing. */
export async function refused(tree: Tree): Promise<Aside[]> {
  const found: Aside[] = [];
  for (const folder of tree.folders) {
    const [file, second] = tree.kustomizationsIn(folder);
    if (file === undefined) continue;
    const why = second !== undefined ? `kustomize refuses a folder with both ${file} and ${second}` : (await tree.documents(file)).length === 0 ? "it is empty or could not be read" : undefined;
    if (why !== undefined) found.push({ by: "folder", said: { file, position: START }, why });
  }
  return found;
}

async function chart(folder: string, tree: Tree): Promise<Folder> {
  const file = below(folder, "Chart.yaml");
  const [root] = await tree.documents(file);
  const requirements = tree.files.has(below(folder, "requirements.yaml")) ? await tree.documents(below(folder, "requirements.yaml")) : [];
  const dependencies = [root, ...requirements].flatMap((one) => itemsAt(one, "dependencies"));
  const bases = dependencies.flatMap((one) => localChart(folder, stringAt(one, "repository")) ?? []).filter((one) => tree.charts.has(one));
  return { folder, file, tool: "helm", part: stringAt(root, "type") === "library", bases, files: [], open: [] };
}

const localChart = (folder: string, repository: string | undefined): string | undefined =>
  repository?.startsWith("file://") ? pathFrom(folder, repository.slice("file://".length)) : undefined;

async function kustomization(folder: string, file: string, tree: Tree): Promise<Folder | undefined> {
  const [root, ...more] = await tree.documents(file);
  // A Flux Kustomization may have the name of the file.
  if (!root || more.length > 0 || !/^$|^kustomize\.config\.k8s\.io\//.test(stringAt(root, "apiVersion") ?? "")) return undefined;
  const written = [...stringsAt(root, "resources"), ...stringsAt(root, "bases"), ...stringsAt(root, "components")].map(({ text }) => text);
  const bases = written.flatMap((one) => pathFrom(folder, one) ?? []).filter((one) => tree.kustomizationIn(one) !== undefined && one !== folder);
  const remote = written.filter((one) => isRemote(one) && !pathsOf(one, folder).some((path) => tree.files.has(path) || tree.folders.has(path)));
  return {
    folder, file, tool: "kustomize",
    part: stringAt(root, "kind") === "Component",
    bases: [...bases, ...inflated(root, folder).filter((one) => tree.charts.has(one))],
    files: [...texts(root)].flatMap((one) => pathsOf(one, folder)),
    open: remote.map((one) => `${file} builds on ${one}, which is not in this repository`),
  };
}

/** `path` and, as generators have it, `key=path`. What is no path leads to no file. */
const pathsOf = (written: string, folder: string): string[] =>
  [written, ...(written.includes("=") ? [written.slice(written.indexOf("=") + 1)] : [])].flatMap((one) => pathFrom(folder, one) ?? []);

/** Folders of charts that a kustomization inflates. */
function inflated(root: Value, folder: string): string[] {
  const home = stringAt(root, "helmGlobals", "chartHome") ?? "charts";
  const names = [...itemsAt(root, "helmCharts").map((one) => stringAt(one, "name")), ...itemsAt(root, "helmChartInflationGenerator").map((one) => stringAt(one, "chartName"))];
  return names.flatMap((name) => (name === undefined ? [] : (pathFrom(folder, `${home}/${name}`) ?? [])));
}

function* texts(value: Value): Generator<string> {
  if (value.is === "scalar" && !value.text.includes("\n")) yield value.text;
  for (const one of [...value.fields.values(), ...value.items]) yield* texts(one);
}

/** Those that nothing above uses: each is rendered by itself. */
export async function topFolders(folders: ReadonlyMap<string, Folder>, tree: Tree): Promise<Root[]> {
  const used = new Set([...folders.values()].flatMap(({ bases, folder }) => bases.filter((base) => base !== folder)));
  const roots: Root[] = [];
  for (const { folder, file, tool, part } of folders.values()) {
    const inside = tool === "helm" && isVendored(folder, tree.charts);
    if (part || inside || used.has(folder)) continue;
    const said = { file, position: START };
    const open = openBelow(key(tool, folder), folders);
    if (tool === "kustomize") roots.push({ folder, tool, by: "folder", said, kustomize: { images: [] }, open });
    else roots.push({ folder, tool, by: "folder", said, helm: { release: await releaseOf(folder, file, tree), layers: [], apiVersions: [], includeCrds: true }, open });
  }
  return roots;
}

/** Why the output of a chart or a kustomization is not known, for itself and all that it builds on. */
export function openBelow(start: string, folders: ReadonlyMap<string, Folder>): string[] {
  return [...new Set(reached(start, folders).flatMap(({ open }) => open))];
}

/** A folder with all that it builds on, each once. */
export function reached(start: string, folders: ReadonlyMap<string, Folder>): Folder[] {
  const found = new Map<string, Folder>();
  const visit = (at: string): void => {
    const folder = folders.get(at);
    if (!folder || found.has(at)) return;
    found.set(at, folder);
    for (const base of folder.bases) for (const tool of ["helm", "kustomize"] as const) visit(key(tool, base));
  };
  visit(start);
  return [...found.values()];
}

/** Whether a chart stands in another chart's `charts/`, which renders it. */
function isVendored(folder: string, charts: ReadonlySet<string>): boolean {
  const above = folderAround(folder);
  return /(?:^|\/)charts$/.test(above) && charts.has(folderAround(above));
}

/** A chart that nobody deploys here is rendered under its own name. */
async function releaseOf(folder: string, file: string, tree: Tree): Promise<string> {
  const [root] = await tree.documents(file);
  return releaseName(stringAt(root, "name") ?? folder.slice(folder.lastIndexOf("/") + 1));
}

/** Helm takes at most 53 characters, of those that a DNS label has. */
export function releaseName(wanted: string): string {
  const name = wanted.toLowerCase().replace(/[^a-z0-9.-]+/g, "-").slice(0, 53).replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return name === "" ? "release" : name;
}
