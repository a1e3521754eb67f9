/**
 * Images of a chart. Which values a template reads only Helm knows, so marks are rendered; where no mark comes out
 * (the chart compares its tag, or refuses another one), the text alone decides, if only one place can be meant.
 */
import type { Render, Root } from "../../model/render.ts";
import { chartsOf, layersOf, type Chart, type Layer } from "./charts.ts";
import { type Leaf, leavesFor, spelled } from "./leaves.ts";
import { mark, type Spent } from "./marks.ts";
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
  const origins = new Map<number, Origin>();
  const ask = async (some: readonly Leaf[]): Promise<void> => {
    if (!render || some.length === 0) return;
    for (const [i, steps] of await mark({ root, render, sources, images, provenance }, some, spent)) if (!origins.has(i)) origins.set(i, traced(steps, "mark", namesOf(images[i]!, leaves)));
  };
  await ask(leaves.filter(({ spells }) => spells !== "name"));
  // Charts check registries and repositories, so those are marked only where nothing else was found.
  if (origins.size < images.length) await ask(leaves.filter(({ spells }) => spells === "name"));
  return images.map((image, i) => origins.get(i) ?? byText(image, leaves, charts));
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
function byText(image: StreamImage, leaves: readonly Leaf[], charts: readonly Chart[]): Origin {
  const { site, object: { template } } = image;
  const prefix = prefixOf(template);
  const fits = leaves.filter((leaf) => {
    const spells = spelled(leaf.paths[0]?.at(-1) ?? (leaf.says.startsWith("appVersion") ? "appVersion" : "image"), leaf.text, site.raw);
    return spells !== undefined && spells === leaf.spells && isVisible(leaf, prefix);
  });
  const parts = (["digest", "reference", "tag", "name"] as const).map((part) => fits.filter(({ spells }) => spells === part));
  const strongest = withoutOverridden(parts.find((some) => some.length > 0) ?? []);
  const [one, ...others] = strongest;
  if (one && others.length === 0) return traced([stepOf(one)], "text", namesOf(image, leaves));
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

/** A template sees the values below its chart's prefix, and the global ones. */
const isVisible = ({ paths }: Leaf, prefix: readonly string[]): boolean =>
  paths.length === 0 || paths.some((path) => path.includes("global") || prefix.every((step, i) => path[i] === step));

/** Of places that say the same value, the highest layer counts. */
function withoutOverridden(leaves: readonly Leaf[]): readonly Leaf[] {
  return leaves.filter((leaf, i) => !leaves.slice(i + 1).some((later) => leaf.paths.length > 0 && leaf.paths.some((path) => later.paths.some((other) => other.join("\0") === path.join("\0")))));
}
