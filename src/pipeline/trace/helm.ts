/**
 * Images of a chart. Which values a template reads only Helm knows, so marks are rendered; where no mark comes out
 * (the chart compares its tag, or refuses another one), the text alone decides, if only one place can be meant.
 */
import type { Render, Root } from "../../model/render.ts";
import { splitImage } from "../image-entry.ts";
import { chartsOf, layersOf, type Chart, type Layer } from "./charts.ts";
import { type Leaf, leavesFor, spelled } from "./leaves.ts";
import { mark, type Marked, type Spent } from "./marks.ts";
import type { Origin, Part, Step } from "./origin.ts";
import type { Sources } from "./sources.ts";
import type { StreamImage } from "./stream.ts";

export interface HelmInput {
  readonly root: Root;
  readonly sources: Sources;
  readonly images: readonly StreamImage[];
  /** Renders again, with marks; undefined: only texts are compared. */
  readonly render: Render | undefined;
  readonly provenance: boolean;
  readonly spent: Spent;
}

export async function traceHelm(input: HelmInput): Promise<readonly Origin[]> {
  const charts = await chartsOf(input.sources, input.root.folder);
  return traceValues(input, charts, await layersOf(input.sources, input.root, charts));
}

/** The origins of images that come from these charts and layers. */
export async function traceValues({ root, sources, images, render, provenance, spent }: HelmInput, charts: readonly Chart[], layers: readonly Layer[]): Promise<readonly Origin[]> {
  const leaves = await leavesFor(sources, images, charts, layers);
  const marked = async (some: readonly Leaf[]): Promise<Marked> => (render && some.length > 0 ? mark({ root, render, sources, images, provenance }, some, spent) : new Map());
  const set = await marked(leaves.filter(({ spells }) => spells !== "name"));
  // Charts check registries and repositories, so those are marked only where nothing else came out.
  const named: Marked = set.size < images.length ? await marked(leaves.filter(({ spells }) => spells === "name")) : new Map();
  return images.map((image, i) => {
    const steps = set.get(i);
    if (steps) return traced(steps, "mark", named.get(i) ?? namesOf(image, leaves));
    const name = named.get(i);
    const { tag, digest } = splitImage(image.site.raw);
    return name && tag + digest === "" ? traced(name, "mark", []) : byText(image, leaves, charts, name);
  });
}

const ORDER: readonly Part[] = ["digest", "tag", "name"];

function traced(steps: readonly Step[], by: "mark" | "text", names: readonly Step[]): Origin {
  const source = ORDER.map((part) => steps.find(({ sets }) => sets.includes(part))).find((step) => step !== undefined)!;
  const named = steps.some(({ sets }) => sets.includes("name")) || names.length !== 1 ? [] : names;
  return { is: "traced", source, chain: [...named, ...steps], by };
}

const stepOf = ({ place, says, text, spells }: Leaf): Step => ({ place, layer: says, sets: spells === "reference" ? ["name", "tag"] : [spells], reads: text });

/** The places that can have named the image. */
const namesOf = ({ site }: StreamImage, leaves: readonly Leaf[]): readonly Step[] =>
  leaves.filter((leaf) => leaf.spells === "name" && spelled(leaf.paths[0]?.at(-1) ?? "", leaf.text, site.raw) === "name" && /\/|^[a-z0-9-]+$/.test(leaf.text)).map(stepOf);

/** The one place that spells the image, among those that its template can see. */
function byText(image: StreamImage, leaves: readonly Leaf[], charts: readonly Chart[], named: readonly Step[] | undefined): Origin {
  const { site, object: { template } } = image;
  const prefix = prefixOf(template);
  const fits = leaves.filter((leaf) => {
    const spells = spelled(leaf.paths[0]?.at(-1) ?? (leaf.says.startsWith("appVersion") ? "appVersion" : "image"), leaf.text, site.raw);
    return spells !== undefined && spells === leaf.spells && isVisible(leaf, prefix);
  });
  const parts = (["digest", "reference", "tag", "name"] as const).map((part) => fits.filter(({ spells }) => spells === part));
  const names = named ?? namesOf(image, leaves);
  const strongest = beside(names.length === 1 ? names : [], withoutOverridden(parts.find((some) => some.length > 0) ?? []), leaves);
  const [one, ...others] = strongest;
  if (one && others.length === 0) return traced([stepOf(one)], "text", names);
  if (one) return { is: "untraced", why: `${strongest.length} places say ${one.text}: ${strongest.slice(0, 3).map(({ place }) => `${place.file}:${place.position.line}`).join(", ")}` };
  const known = template === undefined || charts.some(({ prefixes }) => prefixes.some((names) => names.join("/") === prefix.join("/")));
  return { is: "untraced", why: known ? `no value and no template says it${template === undefined ? "" : ` (${template})`}` : `its chart is not in the checked files (${template})` };
}

/** `parent/charts/sub/charts/deep/templates/x.yaml`: the values of `deep` are at `sub.deep`. */
export function prefixOf(template: string | undefined): readonly string[] {
  const steps = template?.split("/") ?? [];
  const prefix: string[] = [];
  for (let i = 1; steps[i] === "charts" && steps[i + 1] !== undefined; i += 2) prefix.push(steps[i + 1]!);
  return prefix;
}

/** A template sees what its own chart says, the values below its chart's prefix, and the global ones. */
const isVisible = ({ paths, charts }: Leaf, prefix: readonly string[]): boolean =>
  charts ? charts.some((names) => names.join("/") === prefix.join("/")) : paths.some((path) => path.includes("global") || prefix.every((step, i) => path[i] === step));

/** Where the name is known, what stands in the same map goes with it. */
function beside(named: readonly Step[], some: readonly Leaf[], leaves: readonly Leaf[]): readonly Leaf[] {
  const parent = (leaf: Leaf): string[] => leaf.paths.map((path) => path.slice(0, -1).join("\0"));
  const maps = new Set(leaves.filter(({ place }) => named.some((step) => step.place.file === place.file && step.place.span.start === place.span.start)).flatMap(parent));
  const near = some.filter((leaf) => parent(leaf).some((one) => maps.has(one)));
  return near.length > 0 ? near : some;
}

/** Of places that say the same value, the highest layer counts. */
function withoutOverridden(leaves: readonly Leaf[]): readonly Leaf[] {
  return leaves.filter((leaf, i) => !leaves.slice(i + 1).some((later) => leaf.paths.length > 0 && leaf.paths.some((path) => later.paths.some((other) => other.join("\0") === path.join("\0")))));
}
