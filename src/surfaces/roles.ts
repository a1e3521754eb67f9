/** What a file is to Helm, judged by where it stands. */
import type { FileRole } from "./surface.ts";

const VALUES_NAME = /(?:^|[-_.])values(?:[-_.][^/]*)?\.(?:ya?ml|json)$/i;
/** The names that kustomize looks for (api/konfig RecognizedKustomizationFileNames). */
export const KUSTOMIZATION_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const TYPESCRIPT = /^(?!(?:.*\/)?node_modules\/)(?!.*\.d\.[cm]?ts$).*\.(?:[cm]?ts|tsx)$/;

/** TypeScript that is more than declarations, and that the repository itself keeps. Most paths are told by their last letters. */
export const isTypeScript = (path: string): boolean => (path.endsWith("ts") || path.endsWith("tsx")) && TYPESCRIPT.test(path);

const PROGRAM: FileRole = { kustomization: false, template: false, values: false, typescript: true };
/** The parameters of an Application that a file beside its sources overrides. */
const ARGOCD_SOURCE = /^\.argocd-source(?:-[^/]*)?\.ya?ml$/;

/** Whether a file of this name, or a ConfigMap's key, holds Helm values. */
export const isValuesName = (name: string): boolean => VALUES_NAME.test(name);
/** Where build servers look for their pipelines. */
const CI = /(?:^|\/)(?:\.(?:github|gitea|forgejo)\/(?:workflows|actions)\/.+|action|[^/]*\.gitlab-ci[^/]*|azure-pipelines[^/]*|\.azure[^/]*\/.+|\.circleci\/[^/]+|bitbucket-pipelines|\.drone|\.woodpecker(?:\/[^/]+)?|[^/]*cloudbuild[^/]*)\.(?:ya?ml|json)$/;

/**
 * @param path of the file, relative, with `/`
 * @param charts folders that hold a `Chart.yaml`, in the same spelling; "" is the root
 * @param referenced whether another file names this one as values
 */
export function roleOf(path: string, charts: ReadonlySet<string>, referenced: boolean): FileRole {
  if (isTypeScript(path)) return PROGRAM;
  const chart = chartOf(path, charts);
  const inside = chart === undefined ? undefined : path.slice(chart === "" ? 0 : chart.length + 1);
  const name = path.slice(path.lastIndexOf("/") + 1);
  // Definitions, and the suites of helm-unittest, are not values either.
  const other = inside !== undefined && (/^(?:templates|crds|tests)\//.test(inside) || name === "Chart.yaml" || name === "Chart.lock");
  return {
    kustomization: KUSTOMIZATION_NAMES.includes(name),
    template: inside?.startsWith("templates/") ?? false,
    ...(ARGOCD_SOURCE.test(name) ? { argocdSource: true } : {}),
    values: referenced || (!other && (inside !== undefined || VALUES_NAME.test(name))),
    ...(name === "Chart.yaml" ? { chart: "definition" } : name === "Chart.lock" ? { chart: "lock" } : {}),
    ...(CI.test(path) ? { ci: true } : {}),
  };
}

/** The innermost chart folder around a path. */
function chartOf(path: string, charts: ReadonlySet<string>): string | undefined {
  if (charts.size === 0) return undefined;
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  // Files come sorted, so the one before mostly had the same folder.
  if (last.charts !== charts || last.folder !== folder) last = { charts, folder, chart: chartAround(folder, charts) };
  return last.chart;
}

let last: { charts: ReadonlySet<string> | undefined; folder: string; chart: string | undefined } = { charts: undefined, folder: "", chart: undefined };

function chartAround(folder: string, charts: ReadonlySet<string>): string | undefined {
  for (let at = folder; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) if (charts.has(at)) return at;
  return charts.has("") ? "" : undefined;
}

/** A path as written in a file, relative to the checked folder: `..` and `.` resolved. */
export function resolvePath(from: string, written: string): string {
  const parts = written.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of written.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
