/**
 * The TypeScript files of a run as one program, held in memory: those that import a library, and what they import
 * by relative paths. Nothing is executed, and no types are loaded: the compiler is asked what a name stands for,
 * and knows only the files that it was handed.
 */
import { type ExportDeclaration, type ImportDeclaration, type Node, Project, type SourceFile as Tree, type Symbol as Name, SyntaxKind, ts } from "ts-morph";
import type { SourceFile } from "../../model/site.ts";
import { resolvePath } from "../roles.ts";
import { libraryOf } from "./libraries.ts";

/** Hands out a file that another one imports; undefined when there is none that may be looked at. */
export type Follow = (path: string) => SourceFile | undefined;

/** A file in the program. */
export interface Loaded {
  readonly source: SourceFile;
  readonly tree: Tree;
  /** Where it stops being TypeScript, if it does. */
  readonly broken: { readonly offset: number; readonly message: string } | undefined;
}

const OPTIONS = {
  noLib: true, types: [], noEmit: true, allowImportingTsExtensions: true, jsx: ts.JsxEmit.Preserve,
  target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
};

export class Program {
  /** By path. */
  readonly files = new Map<string, Loaded>();
  private readonly project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true, skipFileDependencyResolution: true, compilerOptions: OPTIONS });
  private readonly byTree = new Map<Tree, Loaded>();

  /** Files that import one another, in both directions. */
  private readonly links = new Map<string, Set<string>>();

  constructor(entries: readonly SourceFile[], follow: Follow) {
    const open = new Map(entries.map((one) => [one.path, one]));
    for (const [path, source] of open) {
      const { tree, broken } = this.add(source);
      for (const specifier of broken ? [] : relativeImports(tree)) {
        for (const target of candidates(path, specifier)) {
          const found = open.get(target) ?? follow(target);
          if (!found) continue;
          // A map gives out what is put in while it is walked.
          open.set(target, found);
          this.link(path, target);
          break;
        }
      }
    }
  }

  private link(a: string, b: string): void {
    for (const [from, to] of [[a, b], [b, a]] as const) this.links.set(from, (this.links.get(from) ?? new Set()).add(to));
  }

  /** A file and all those that can have to do with it. */
  around(path: string): string[] {
    const found = new Set([path]);
    for (const one of found) for (const next of this.links.get(one) ?? []) found.add(next);
    return [...found];
  }

  private add(source: SourceFile): Loaded {
    // ts-morph drops a byte order mark, and every offset behind it would be one off.
    const tree = this.project.createSourceFile(`/${source.path}`, source.text.replace(/^\ufeff/, " "), { overwrite: true });
    const [first] = (tree.compilerNode as ts.SourceFile & { readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics;
    const broken = first && { offset: first.start, message: ts.flattenDiagnosticMessageText(first.messageText, " ") };
    const loaded: Loaded = { source, tree, broken };
    this.files.set(source.path, loaded);
    this.byTree.set(tree, loaded);
    return loaded;
  }

  /** The file around a node. */
  fileOf(node: Node): Loaded {
    return this.byTree.get(node.getSourceFile())!;
  }
}

/** What a name finally stands for: imports and re-exports followed as far as the program goes. */
export function finalName(name: Name | undefined): Name | undefined {
  return name?.isAlias() ? (name.getAliasedSymbol() ?? name) : name;
}

/** The module that a statement names. The parser lets any expression pass in its place. */
export function moduleOf({ compilerNode: { moduleSpecifier } }: ImportDeclaration | ExportDeclaration): string | undefined {
  return moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined;
}

/** Module names of a file that lead to other files of the repository. */
function relativeImports(tree: Tree): string[] {
  const written = [
    ...tree.getImportDeclarations().filter((one) => !one.isTypeOnly()),
    ...tree.getExportDeclarations().filter((one) => !one.isTypeOnly()),
  ].map(moduleOf);
  const required = tree.getDescendantsOfKind(SyntaxKind.ExternalModuleReference).map((one) => one.getExpression()?.asKind(SyntaxKind.StringLiteral)?.getLiteralText());
  // What `cdk8s import` generates holds types of all Kubernetes and no image.
  return [...written, ...required].filter((one): one is string => one !== undefined && /^\.{1,2}(?:\/|$)/.test(one) && libraryOf(one) === undefined);
}

const ENDINGS = ["ts", "tsx", "mts", "cts"];
/** What a compiled name is called in the source. */
const SOURCES: Readonly<Record<string, readonly string[]>> = { js: ["ts", "tsx"], jsx: ["tsx"], mjs: ["mts"], cjs: ["cts"] };

/** Paths that an import can mean, in TypeScript's order; none outside of the checked folder. */
export function candidates(from: string, specifier: string): string[] {
  const up = from.split("/").length - 1;
  if ((/^(?:\.\.?\/)*/.exec(specifier)?.[0].match(/\.\.\//g)?.length ?? 0) + (specifier === ".." ? 1 : 0) > up) return [];
  const path = resolvePath(from, specifier);
  const [, stem = path, ending = ""] = /^(.*)\.([cm]?[jt]sx?)$/.exec(path) ?? [];
  const exact = ENDINGS.includes(ending) ? [path] : (SOURCES[ending] ?? []).map((one) => `${stem}.${one}`);
  const folder = path === "" ? "" : `${path}/`;
  const all = [...exact, ...(path === "" ? [] : ["ts", "tsx"].map((one) => `${path}.${one}`)), ...["ts", "tsx"].map((one) => `${folder}index.${one}`)];
  return all.filter((one) => !one.endsWith(".d.ts") && !`/${one}`.includes("/node_modules/"));
}
