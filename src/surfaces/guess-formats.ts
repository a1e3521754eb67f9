/**
 * YAML of other tools that runs, builds or follows images: where each of them names one. Such a place is an image
 * by the tool's own schema, so a single word counts; no cluster runs it, so what is found stays information.
 */
import type { Path, Role } from "../model/site.ts";
import { follow, get, getText, MAP, type Node, SEQ } from "../syntax/tree.ts";
import type { SurfaceDocument } from "./surface.ts";

/** A place in a format: a path whose `*` stands for one step, and a `**` in front for any number. */
export interface Place {
  readonly at: readonly string[];
  readonly because: string;
  readonly role?: Role;
}

export interface Format {
  readonly places: readonly Place[];
  readonly claims: (document: SurfaceDocument) => boolean;
  /** Its other keys that end in image mostly name what is built, or nothing: those need a tag or a digest. */
  readonly strict?: true;
  /** Nothing in it is meant to run. */
  readonly ignored?: true;
}

const place = (at: string, because: string, role?: Role): Place => ({ at: at.split("."), because, ...(role ? { role } : {}) });

const FORMATS: readonly Format[] = [
  {
    // Our own policy, baselines and reports, and SARIF: they speak about images that stand elsewhere.
    claims: ({ root }) => get(root, "findings")?.kind === SEQ || get(root, "waivers")?.kind === SEQ || (get(root, "runs")?.kind === SEQ && get(root, "$schema") !== undefined),
    ignored: true,
    places: [],
  },
  {
    // A schema: of JSON, of an API. It says what may stand somewhere.
    claims: ({ text, root }) => get(root, "swagger") !== undefined || get(root, "openapi") !== undefined || (get(root, "properties")?.kind === MAP && getText(text, root, "type") === "object")
      || (get(root, "definitions")?.kind === MAP && get(root, "$schema") !== undefined),
    ignored: true,
    places: [],
  },
  {
    // A suite of helm-unittest.
    claims: ({ root }) => get(root, "tests")?.kind === SEQ && (get(root, "suite") ?? get(root, "templates")) !== undefined,
    ignored: true,
    places: [],
  },
  {
    claims: ({ text, root }) => /^kbld\.k14s\.io\//.test(getText(text, root, "apiVersion") ?? ""),
    places: [
      place("overrides.*.newImage", "newImage of a kbld override, which kbld resolves", "tracked"),
      place("overrides.*.image", "the image that a kbld override matches", "pattern"),
      place("sources.*.image", "an image that kbld builds", "build-output"),
      place("destinations.*.image", "an image that kbld builds", "build-output"),
      place("destinations.*.newImage", "where kbld pushes an image", "build-output"),
    ],
  },
  {
    claims: ({ text, root }) => /^skaffold\//.test(getText(text, root, "apiVersion") ?? ""),
    places: [place("**.artifacts.*.image", "an artifact that skaffold builds", "build-output"), place("**.test.*.image", "an artifact that skaffold builds", "build-output")],
  },
  {
    claims: ({ file }) => /\.gitlab-ci(?:\.[^/]*)?\.ya?ml$/.test(file),
    strict: true,
    places: ["image", "image.name", "*.image", "*.image.name"].map((at) => place(at, "image of a GitLab CI job"))
      .concat(["services.*", "services.*.name", "*.services.*", "*.services.*.name"].map((at) => place(at, "a service of a GitLab CI job"))),
  },
  {
    claims: ({ file, root }) => get(root, "jobs")?.kind === MAP && (/(?:^|\/)\.github\/workflows\//.test(file) || get(root, "on") !== undefined),
    strict: true,
    places: [
      place("jobs.*.container", "container of a GitHub Actions job"),
      place("jobs.*.container.image", "container of a GitHub Actions job"),
      place("jobs.*.services.*.image", "a service of a GitHub Actions job"),
    ],
  },
  {
    // An action's metadata.
    claims: ({ root }) => get(root, "runs")?.kind === MAP && get(get(root, "runs"), "using") !== undefined,
    strict: true,
    places: [],
  },
  {
    claims: ({ file, root }) => /(?:^|\/)azure-pipelines[^/]*\.ya?ml$/.test(file) || hasItemWith(get(root, "jobs"), "job", "deployment") || hasItemWith(get(root, "stages"), "stage"),
    strict: true,
    places: [place("**.jobs.*.container", "container of an Azure Pipelines job"), place("**.jobs.*.container.image", "container of an Azure Pipelines job"), place("resources.containers.*.image", "a container resource of Azure Pipelines")],
  },
  {
    claims: ({ file }) => /(?:^|\/)(?:\.circleci\/[^/]+|bitbucket-pipelines|\.gitpod|\.drone|\.woodpecker(?:\/[^/]+)?)\.ya?ml$/.test(file),
    strict: true,
    places: [place("**.image", "image of a CI job"), place("**.image.name", "image of a CI job")],
  },
  {
    claims: ({ root, text }) => get(root, "apiVersion") === undefined && isCompose(text, get(root, "services")),
    strict: true,
    places: [place("services.*.image", "image of a Compose service")],
  },
  {
    claims: ({ file, root }) => get(root, "apiVersion") === undefined && /(?:^|[/._-])cloudbuild[^/]*\.(?:ya?ml|json)$/.test(file) && get(root, "steps")?.kind === SEQ,
    strict: true,
    places: [place("steps.*.name", "the builder of a Cloud Build step"), place("images.*", "an image that Cloud Build pushes", "build-output")],
  },
];

/** The format of a document, if it is one of these. Helm values are none, whatever they hold. */
export function formatOf(document: SurfaceDocument): Format | undefined {
  if (document.root.kind !== MAP || document.role.values || document.role.kustomization) return undefined;
  return FORMATS.find(({ claims }) => claims(document));
}

/** What a format says about a path. */
export function placeIn(format: Format, path: Path): Place | undefined {
  return format.places.find(({ at }) => matchesPath(at, path));
}

function matchesPath(at: readonly string[], path: Path): boolean {
  const last = at[at.length - 1];
  if (last !== "*" && last !== path[path.length - 1]) return false;
  const open = at[0] === "**";
  const steps = open ? at.slice(1) : at;
  if (open ? path.length < steps.length : path.length !== steps.length) return false;
  const from = path.length - steps.length;
  return steps.every((step, i) => step === "*" || step === path[from + i]);
}

function hasItemWith(list: Node | undefined, ...keys: readonly string[]): boolean {
  const [first] = list?.kind === SEQ ? list.children! : [];
  return keys.some((key) => get(follow(first), key) !== undefined);
}

/** Services that are maps and of which one has an image or is built. */
function isCompose(text: string, services: Node | undefined): boolean {
  if (services?.kind !== MAP) return false;
  const maps = services.children!.map(follow).filter((service) => service?.kind === MAP);
  return maps.length > 0 && maps.some((service) => getText(text, service, "image") !== undefined || get(service, "build") !== undefined);
}

/** What is built under a name carries that name as its image. */
export const isBuilt = (service: Node): boolean => get(service, "build") !== undefined;
