/** Argo CD Applications: each of their sources is rendered by itself (reposerver/repository GenerateManifests). */
import type { Root } from "../../model/render.ts";
import { below } from "../relative-path.ts";
import { argoHelmCall, type ValuesPlace } from "./argocd-helm.ts";
import { type Deployed, type ObjectHere, type Search } from "./found.ts";
import { isOurs } from "./remote.ts";
import { at, itemsAt, mergePatch, saidAt, says, stringAt, stringsAt, type Value } from "./value.ts";

export interface Application {
  readonly by: "argocd-application" | "argocd-applicationset";
  readonly name: string;
  readonly spec: Value;
  /** What is not known of it, whatever its sources say. */
  readonly open: readonly string[];
}

export const applicationOf = ({ name, value }: ObjectHere): Application | undefined => {
  const spec = at(value, "spec");
  return spec && { by: "argocd-application", name, spec, open: [] };
};

/** What an Application deploys, source by source. */
export async function applicationRoots(application: Application, search: Search): Promise<Deployed[]> {
  const { spec } = application;
  const several = itemsAt(spec, "sources");
  const single = at(spec, "source");
  const sources = several.length > 0 ? several : single?.is === "map" ? [single] : [];
  const refs = refsOf(sources, search);
  const all: Deployed[] = [];
  for (const source of sources) {
    // A source that only lends its files to others.
    if (stringAt(source, "ref") !== undefined && stringAt(source, "path") === undefined && stringAt(source, "chart") === undefined) continue;
    all.push(await sourceRoot(source, application, refs, search));
  }
  return all;
}

type Here = { readonly is: "here"; readonly folder: string; readonly open: readonly string[] } | { readonly is: "elsewhere"; readonly why: string };

function refsOf(sources: readonly Value[], { remotes }: Search): ValuesPlace["refs"] {
  const refs = new Map<string, { is: "here" } | { is: "elsewhere"; why: string }>();
  for (const source of sources) {
    const [ref, url] = [stringAt(source, "ref"), stringAt(source, "repoURL")];
    if (ref !== undefined) refs.set(`$${ref}`, isOurs(url, remotes) === false ? { is: "elsewhere", why: `in another repository, ${url}` } : { is: "here" });
  }
  return refs;
}

async function sourceRoot(written: Value, application: Application, refs: ValuesPlace["refs"], search: Search): Promise<Deployed> {
  const here = whereIs(written, search);
  const { source, overridden } = here.is === "here" ? await withOverrides(written, here.folder, application.name, search) : { source: written, overridden: [] };
  const base = { by: application.by, said: saidAt(at(source, "path") ?? at(source, "chart") ?? source) };
  if (says(at(source, "plugin"))) return { ...base, why: "a config management plugin renders it, which is not run here" };
  const tool = toolOf(source, here, search);
  if (tool === undefined) return { ...base, why: here.is === "elsewhere" ? here.why : nothingToRender(here.folder, search) };
  const open = [...application.open, ...(here.is === "here" ? here.open : []), ...overridden, ...revision(source)];
  const folder = here.is === "here" ? here.folder : "";
  const elsewhere = here.is === "elsewhere" ? { elsewhere: here.why } : {};
  if (tool === "kustomize") {
    const kustomize = kustomizeCall(source);
    return { ...base, folder, tool, kustomize: kustomize.call, open: [...open, ...kustomize.open], ...elsewhere };
  }
  const namespace = stringAt(application.spec, "destination", "namespace");
  const { call, open: more } = argoHelmCall(source, { name: application.name, namespace }, { tree: search.tree, folder: here.is === "here" ? folder : undefined, refs });
  return { ...base, folder, tool, helm: call, open: [...open, ...more], ...elsewhere };
}

function whereIs(source: Value, { tree, remotes }: Search): Here {
  const [url, chart, path] = [stringAt(source, "repoURL"), stringAt(source, "chart"), stringAt(source, "path") ?? "."];
  const version = stringAt(source, "targetRevision");
  if (chart !== undefined) return { is: "elsewhere", why: `the chart ${chart}${version === undefined ? "" : ` ${version}`} is in ${url ?? "a repository of charts"}` };
  if (url === undefined) return { is: "elsewhere", why: "its source names no repository" };
  if (url.startsWith("oci://")) return { is: "elsewhere", why: `it is in the registry of ${url}` };
  const ours = isOurs(url, remotes);
  if (ours === false) return { is: "elsewhere", why: `it is in another repository, ${url}` };
  if (path.includes("{{")) return { is: "elsewhere", why: `a generator fills in its path, ${path}` };
  const folder = tree.fromTop(path);
  if (folder === undefined) return { is: "elsewhere", why: `${path} is outside of the checked folder` };
  if (!tree.folders.has(folder)) return { is: "elsewhere", why: ours ? `there is no folder ${path} in this repository` : `there is no folder ${path} here, so it is taken to be in another repository, ${url}` };
  return { is: "here", folder, open: ours ? [] : [`${url} is taken for this repository, as it has the folder ${path}`] };
}

function toolOf(source: Value, here: Here, { tree }: Search): Root["tool"] | undefined {
  if (says(at(source, "helm")) || stringAt(source, "chart") !== undefined) return "helm";
  if (says(at(source, "kustomize"))) return "kustomize";
  if (here.is === "elsewhere" || says(at(source, "directory"))) return undefined;
  if (tree.charts.has(here.folder)) return "helm";
  return tree.kustomizationIn(here.folder) === undefined ? undefined : "kustomize";
}

const nothingToRender = (folder: string, { tree }: Search): string => `${tree.toTop(folder) || "the repository"} holds manifests that are deployed as they stand`;

/** Files beside the sources that Argo CD lays over them; where a source comes from stays as it is. */
async function withOverrides(source: Value, folder: string, name: string, { tree }: Search): Promise<{ source: Value; overridden: string[] }> {
  let merged = source;
  const overridden: string[] = [];
  for (const file of [".argocd-source.yaml", `.argocd-source-${name}.yaml`].map((one) => below(folder, one))) {
    if (!tree.files.has(file)) continue;
    const [over] = await tree.documents(file);
    if (over?.is !== "map") overridden.push(`${file} could not be read`);
    else merged = mergePatch(merged, { ...over, fields: new Map([...over.fields].filter(([field]) => !FIXED.has(field))) });
  }
  return { source: merged, overridden };
}

const FIXED: ReadonlySet<string> = new Set(["chart", "path", "repoURL", "targetRevision"]);

/** A tag or a commit is another state of the files than the one that is looked at. */
function revision(source: Value): string[] {
  const wanted = stringAt(source, "targetRevision");
  return wanted !== undefined && /^(?:v?\d+(?:\.\d+)*(?:[-+].*)?|[0-9a-f]{40})$/.test(wanted) && stringAt(source, "chart") === undefined ? [`it deploys the revision ${wanted}, and what is rendered is what stands here`] : [];
}

/** Of what Argo CD adds to a kustomization only this can put another image, besides `images`. */
const MAY_CHANGE_IMAGES = ["patches", "components"];

function kustomizeCall(source: Value): { call: NonNullable<Root["kustomize"]>; open: string[] } {
  const kustomize = at(source, "kustomize");
  const open = MAY_CHANGE_IMAGES.filter((field) => says(at(kustomize, field))).map((field) => `kustomize.${field} of the Application is not applied here`);
  return { call: { images: stringsAt(kustomize, "images").map(({ text }) => text) }, open };
}

