/** Versions of charts and of repositories in Argo CD's and Flux's objects. */
import { follow, get, getText, MAP, type Node, SEQ } from "../syntax/tree.ts";
import { type ArtifactDraft, type ArtifactPlace, textIn } from "./artifact-draft.ts";
import { OCI_REPOSITORY } from "./kinds.ts";
import { groupOf } from "./policies.ts";

/** By group and kind; kinds.ts has those that are read for it. */
const KINDS: Readonly<Record<string, (place: ArtifactPlace) => Iterable<ArtifactDraft>>> = {
  "argoproj.io/Application": (place) => sources(under(place, "spec")),
  "argoproj.io/ApplicationSet": (place) => sources(under(place, "spec", "template", "spec")),
  "helm.toolkit.fluxcd.io/HelmRelease": (place) => fluxChart(under(place, "spec", "chart", "spec")),
  "source.toolkit.fluxcd.io/HelmChart": (place) => fluxChart(under(place, "spec")),
  [OCI_REPOSITORY]: (place) => ociRange(under(place, "spec")),
};

const NAMES: ReadonlySet<string> = new Set(Object.keys(KINDS).map((kind) => kind.slice(kind.indexOf("/") + 1)));

export function gitopsArtifacts(place: ArtifactPlace): Iterable<ArtifactDraft> {
  const { document: { text }, node } = place;
  const kind = getText(text, node, "kind");
  // Most documents are of other kinds, and told by that alone.
  if (kind === undefined || !NAMES.has(kind)) return [];
  const whole = `${groupOf(getText(text, node, "apiVersion") ?? "")}/${kind}`;
  return Object.hasOwn(KINDS, whole) ? KINDS[whole]!(place) : [];
}

/** The same place some keys further down; undefined where there is no map. */
function under(place: ArtifactPlace, ...keys: readonly string[]): ArtifactPlace | undefined {
  let at: ArtifactPlace | undefined = place;
  for (const key of keys) {
    const node = get(at.node, key);
    if (node?.kind !== MAP) return undefined;
    at = { ...at, node, path: [...at.path, key], ancestors: [...at.ancestors, at.node] };
  }
  return at;
}

function* sources(spec: ArtifactPlace | undefined): Generator<ArtifactDraft> {
  if (!spec) return;
  const single = under(spec, "source");
  if (single) yield* argoSource(single);
  const list = get(spec.node, "sources");
  if (list?.kind !== SEQ) return;
  for (const [i, child] of list.children!.entries()) {
    const node = follow(child);
    if (node?.kind === MAP) yield* argoSource({ ...spec, node, path: [...spec.path, "sources", i], ancestors: [...spec.ancestors, spec.node, list] });
  }
}

function* argoSource(place: ArtifactPlace): Generator<ArtifactDraft> {
  const { document: { text }, node } = place;
  const [chart, repository, version] = ["chart", "repoURL", "targetRevision"].map((key) => textIn(text, get(node, key)));
  if (chart !== undefined) yield* chartAt(place, { name: chart, repository, version, nameField: "chart", field: "targetRevision" });
  else if (version !== undefined) {
    const at = get(node, "targetRevision")!;
    yield draft(place, at, "targetRevision", version, { is: "revision", of: repository ?? "", revision: version, field: "targetRevision" });
  }
}

function* fluxChart(place: ArtifactPlace | undefined): Generator<ArtifactDraft> {
  if (!place) return;
  const { document: { text }, node } = place;
  const [chart, version] = ["chart", "version"].map((key) => textIn(text, get(node, key)));
  const [kind, repository] = ["kind", "name"].map((key) => textIn(text, get(get(node, "sourceRef"), key)));
  // A chart from a repository of files has the version that stands there.
  if (chart === undefined || kind !== "HelmRepository") return;
  yield* chartAt(place, { name: chart, repository: repository === undefined ? undefined : `${kind} ${repository}`, version, nameField: "chart", field: "version" });
}

/** Flux takes a digest before a range. */
function* ociRange(place: ArtifactPlace | undefined): Generator<ArtifactDraft> {
  const ref = place && under(place, "ref");
  if (!ref) return;
  const { document: { text }, node } = ref;
  const range = textIn(text, get(node, "semver"));
  if (range === undefined || textIn(text, get(node, "digest")) !== undefined) return;
  yield draft(ref, get(node, "semver")!, "semver", range, { is: "revision", of: textIn(text, get(place.node, "url")) ?? "", revision: range, field: "semver" });
}

interface Chart {
  readonly name: string;
  readonly repository: string | undefined;
  readonly version: string | undefined;
  readonly nameField: string;
  readonly field: string;
}

function* chartAt(place: ArtifactPlace, { name, repository, version, nameField, field }: Chart): Generator<ArtifactDraft> {
  const key = version === undefined ? nameField : field;
  yield draft(place, get(place.node, key)!, key, version === undefined ? name : `${name} ${version}`, {
    is: "chart", name, field, ...(repository === undefined ? {} : { repository }), ...(version === undefined ? {} : { version }),
  });
}

const draft = (place: ArtifactPlace, node: Node, key: string, raw: string, artifact: ArtifactDraft["artifact"]): ArtifactDraft => ({
  node, path: [...place.path, key], resource: place.resource, raw, artifact, ancestors: [...place.ancestors, place.node],
});
