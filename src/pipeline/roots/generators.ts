/** What an ApplicationSet's generators hand to its template, where that stands in the repository. */
import { globProblem, matches } from "../../model/match.ts";
import type { Search } from "./found.ts";
import { isOurs } from "./remote.ts";
import { at, filled, isTrue, itemsAt, stringAt, type Value } from "./value.ts";

/** Parameters by their dotted names, and what was assumed to get at them. */
export interface Element {
  readonly parameters: ReadonlyMap<string, string>;
  readonly open: readonly string[];
}

/** The elements of a generator; or why only the cluster knows them. */
export async function elementsOf(generator: Value, goTemplate: boolean, search: Search): Promise<readonly Element[] | string> {
  const [kind] = [...generator.fields.keys()].filter((name) => name !== "selector" && name !== "values");
  if (generator.fields.has("selector")) return "a generator's selector decides which elements there are";
  const body = at(generator, kind ?? "");
  if (kind === undefined || !body) return "its generators could not be read";
  if (at(body, "template")) return `the ${kind} generator has a template of its own`;
  if (kind === "list" && stringAt(body, "elementsYaml") === undefined) return itemsAt(body, "elements").map((one) => ({ parameters: flat(one), open: [] }));
  if (kind === "git") return gitElements(body, goTemplate, search);
  if (kind === "matrix") return product(itemsAt(body, "generators"), goTemplate, search);
  return `only the cluster knows what its ${kind} generator gives`;
}

/** More than anybody deploys from one ApplicationSet. */
const MAX_ELEMENTS = 10_000;

/** Every element of the first generator with every one of the second, which may name what the first one gave. */
async function product(generators: readonly Value[], goTemplate: boolean, search: Search): Promise<readonly Element[] | string> {
  let all: readonly Element[] = [{ parameters: new Map(), open: [] }];
  for (const generator of generators) {
    const next: Element[] = [];
    for (const before of all) {
      const elements = await elementsOf(filled(generator, fillFrom(before)), goTemplate, search);
      if (typeof elements === "string") return elements;
      for (const { parameters, open } of elements) next.push({ parameters: new Map([...before.parameters, ...parameters]), open: [...new Set([...before.open, ...open])] });
      if (next.length > MAX_ELEMENTS) return "its matrix generator gives too many elements";
    }
    all = next;
  }
  return all;
}

async function gitElements(git: Value, goTemplate: boolean, search: Search): Promise<readonly Element[] | string> {
  const { tree, remotes } = search;
  const url = stringAt(git, "repoURL");
  const ours = isOurs(url, remotes);
  if (ours === false) return `its git generator looks at another repository, ${url}`;
  if (stringAt(git, "pathParamPrefix") !== undefined) return "its git generator gives its parameters a prefix";
  const open = ours ? [] : [`${url ?? "the repository of its git generator"} is taken for this repository`];
  const [folders, files] = [itemsAt(git, "directories"), itemsAt(git, "files")];
  const values = flat(at(git, "values"), "values");
  const element = (path: string, more: ReadonlyMap<string, string>): Element => ({ parameters: new Map([...pathParameters(path, goTemplate), ...more, ...values]), open });
  if (folders.length > 0) return chosen([...tree.folders].filter((one) => one !== "").map((one) => tree.toTop(one)), folders).map((path) => element(path, new Map()));
  const found: Element[] = [];
  for (const path of chosen([...tree.files].map((one) => tree.toTop(one)), files)) {
    const file = tree.fromTop(path);
    for (const document of file === undefined ? [] : await tree.documents(file)) {
      // A list in a file is one element an item.
      for (const one of document.is === "list" ? document.items : [document]) found.push(element(path.slice(0, Math.max(0, path.lastIndexOf("/"))), new Map([...flat(one), ...fileParameters(path, goTemplate)])));
    }
  }
  return found;
}

/** Those that one of the patterns fits and none that excludes. */
function chosen(paths: readonly string[], patterns: readonly Value[]): string[] {
  const fits = (exclude: boolean, path: string): boolean =>
    patterns.some((one) => isTrue(at(one, "exclude")) === exclude && fitsGlob(stringAt(one, "path") ?? "", path));
  return paths.filter((path) => fits(false, path) && !fits(true, path)).sort();
}

const fitsGlob = (glob: string, path: string): boolean => globProblem(glob) === undefined && matches(glob, path);

/** `path`, `path.basename`, `path[0]`; with Go templates `path.path` and `path.segments`. */
function pathParameters(path: string, goTemplate: boolean): Map<string, string> {
  const segments = path.split("/");
  const basename = segments.at(-1)!;
  const normal = (text: string): string => text.replace(/[^a-z0-9A-Z.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").toLowerCase();
  const whole = goTemplate ? "path.path" : "path";
  return new Map([[whole, path], ["path.basename", basename], ["path.basenameNormalized", normal(basename)], ...segments.map((one, i): [string, string] => [goTemplate ? `path.segments.${i}` : `path[${i}]`, one])]);
}

function fileParameters(path: string, goTemplate: boolean): Map<string, string> {
  const filename = path.slice(path.lastIndexOf("/") + 1);
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  return new Map([...pathParameters(folder, goTemplate), ["path.filename", filename]]);
}

/** Every scalar below a value by its dotted name. */
function flat(value: Value | undefined, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (one: Value, name: string): void => {
    if (one.is === "scalar") found.set(name, one.text);
    for (const [key, child] of one.fields) visit(child, name === "" ? key : `${name}.${key}`);
    for (const [i, child] of one.items.entries()) visit(child, `${name}.${i}`);
  };
  if (value) visit(value, prefix);
  return found;
}

const PLAIN_NAME = /\{\{-?\s*\.?([\w.[\]-]+)\s*-?\}\}/g;
const INDEXED = /\{\{-?\s*index\s+\.([\w.]+)\s+(?:"([\w.-]+)"|(\d+))\s*-?\}\}/g;

/** Fills in what names a parameter plainly; anything else stays as it stands. */
export function fillFrom({ parameters }: Element): (text: string) => string {
  return (text) =>
    text
      .replace(PLAIN_NAME, (whole, name: string) => parameters.get(name) ?? whole)
      .replace(INDEXED, (whole, list: string, key: string | undefined, index: string | undefined) => parameters.get(`${list}.${key ?? index}`) ?? whole);
}
