/** `lading explain FILE:LINE[:COLUMN]`: asks no registry, writes nothing. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { toSlash } from "../files/paths.ts";
import { LadingError } from "../model/errors.ts";
import { type ExplainedSite, explain, type Explanation } from "../pipeline/explain.ts";
import type { Supplies } from "../pipeline/explain-rendered.ts";
import type { Workspace } from "../pipeline/survey.ts";
import { printable } from "../report/text.ts";
import { type Values } from "./options.ts";
import { lookedAt, settings } from "./settings.ts";
import { openWorkspace } from "./workspace.ts";

/** A place as it is written on the command line. */
interface Written {
  readonly path: string;
  readonly line: number;
  readonly column?: number;
}

/** `FILE:LINE[:COLUMN]`, or undefined. */
export function placeOf(argument: string): Written | undefined {
  const [, path, line, column] = /^(.+?):(\d+)(?::(\d+))?$/.exec(argument) ?? [];
  return path === undefined ? undefined : { path, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}

/** What the program knows about the line, as text or JSON. */
export async function explainLine({ path, line, column }: Written, values: Values, cwd: string): Promise<string> {
  const absolute = resolve(cwd, path);
  if (!existsSync(absolute)) throw new LadingError("usage", `there is no file ${path}`);
  if (!statSync(absolute).isFile()) throw new LadingError("usage", `${path} is not a file`, "name a file and a line: FILE:LINE");
  const count = readFileSync(absolute, "latin1").split("\n").length;
  if (line < 1 || line > count) throw new LadingError("usage", `${path} has no line ${line}`, `it has ${count}`);
  // The whole folder is looked at: other files say what this one is to Helm and kustomize.
  const inside = !relative(cwd, absolute).startsWith("..");
  const paths = inside ? [] : [dirname(absolute)];
  const set = await settings(values, paths, cwd);
  const workspace = await openWorkspace(paths, cwd, lookedAt(set), set.caches?.remember);
  const file = toSlash(relative(inside ? cwd : dirname(absolute), absolute));
  const explanation = await explain(workspace, { file, line, ...(column === undefined ? {} : { column }) }, set.run);
  if (!explanation) throw new LadingError("usage", `${path} is not looked at`, "Git ignores it, the policy excludes it, or its name is not one of a manifest");
  const supplies = await suppliesOf(workspace, explanation, column);
  return values["format"] === "json" ? `${JSON.stringify({ ...asJson(explanation), ...(supplies ? { rendered: suppliesAsJson(supplies) } : {}) }, null, 2)}\n` : asText(explanation, supplies);
}

/** What charts and kustomizations take from the line; undefined when none of them reads the file. */
async function suppliesOf(workspace: Workspace, { file, line }: Explanation, column: number | undefined): Promise<Supplies | undefined> {
  const { affectedBy, openRendering, Sources, suppliedAt } = await import("./rendering.ts");
  const { found: { folders }, roots: all, render } = await openRendering(workspace);
  const roots = affectedBy({ roots: all, folders }, [file]);
  if (roots.length === 0) return undefined;
  return suppliedAt({ file, line, ...(column === undefined ? {} : { column }) }, roots, new Sources(workspace), render);
}

function asText({ file, line, sites, instead }: Explanation, supplies: Supplies | undefined): string {
  const rows = sites.length > 0 ? sites.flatMap(aboutSite)
    : instead!.nothing !== undefined ? [`no image: ${instead!.nothing}`]
    : instead!.scalars.flatMap(({ path, raw, why }) => [`no image: ${shorten(raw)}`, `  path:      ${path.join(".")}`, `  because:   ${why}`]);
  return `${[`${file}:${line}`, ...rows, ...(supplies ? aboutRendered(supplies) : [])].map(printable).join("\n")}\n`;
}

function aboutRendered({ roots, images, failed, untraced }: Supplies): string[] {
  const rendered = roots - failed.length;
  const known = images.map(({ root, image, object, sets, layer, source, isSource }) => {
    const what = sets.length > 0 ? `supplies the ${sets.join(" and ")} of` : "was read on the way to";
    return `${what} ${image} in ${object}, rendered from ${root} (${layer})${isSource ? "; a pin belongs here" : `; a pin belongs at ${source.file}:${source.position.line}`}`;
  });
  const none = images.length === 0 && rendered > 0 ? [`supplies nothing to the images of the ${rendered === 1 ? "root" : `${rendered} roots`} that read this file${untraced > 0 ? `, as far as is known: ${untraced} could not be traced` : ""}`] : [];
  return [...known, ...none, ...failed.map(({ root, why }) => `not rendered, so what ${root} takes from here is not known: ${why}`)];
}

const shorten = (raw: string): string => (raw.length > 100 ? `${raw.slice(0, 100)}…` : raw);

function aboutSite({ site, state, reads, pin, findings, suppressions }: ExplainedSite): string[] {
  const { raw, surface, because, confidence, role, path, resource, owner } = site;
  const row = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [`  ${`${name}:`.padEnd(10)} ${value}`]);
  return [
    `image: ${raw}`,
    ...row("path", path.join(".")),
    ...row("object", [resource.kind, resource.name].filter(Boolean).join(" ") || undefined),
    ...row("surface", surface),
    ...row("because", because),
    ...row("sure", confidence),
    ...row("role", role),
    ...row("reads", reads),
    ...row("state", state),
    ...row("pin", pin),
    ...row("owner", owner && `${owner.tool} writes this field (${owner.marker})`),
    ...suppressions.flatMap(({ rules, reason, position, until, problem }) => row("comment", `line ${position.line} suppresses ${rules.join(", ")}: ${problem ?? reason}${until === undefined ? "" : ` (until ${until})`}`)),
    ...findings.flatMap(({ rule, severity, message, ignored }) => row("finding", `${rule} (${severity}): ${message}${ignored ? `; ignored by ${ignored.by}: ${ignored.reason}` : ""}`)),
  ];
}

const suppliesAsJson = ({ images, ...rest }: Supplies): object => ({
  ...rest,
  images: images.map(({ source: { file, position }, isSource, ...image }) => ({ ...image, pinAt: { file, ...position }, here: isSource })),
});

function asJson({ file, line, sites, instead }: Explanation): object {
  return {
    file, line,
    images: sites.map(({ site, ...rest }) => {
      const { raw, surface, because, confidence, role, path, resource, owner, position } = site;
      return { ...position, raw, path, resource, surface, because, confidence, ...(role ? { role } : {}), ...(owner ? { owner } : {}), ...rest };
    }),
    ...(instead ? { passedOver: instead.scalars, ...(instead.nothing === undefined ? {} : { nothing: instead.nothing }) } : {}),
  };
}
