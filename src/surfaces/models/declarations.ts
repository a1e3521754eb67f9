/**
 * Declarations of types by their names, across the modules of packages. Modules are read when a name leads into
 * them and nothing is executed; the compiler parses, and does not check.
 */
import { type ClassDeclaration, type EnumDeclaration, type ExportDeclaration, type InterfaceDeclaration, Project, type SourceFile as Tree, type TypeAliasDeclaration } from "ts-morph";
import { isCoreModule } from "./core-types.ts";
import { ModelError } from "./model-error.ts";

/** A module's text. Its path begins with `/`, and is what its own imports count from. */
export interface Module {
  readonly path: string;
  readonly text: string;
}

/** Finds the module that a specifier means in another one; undefined when there is none. */
export type FindModule = (specifier: string, from: string) => Module | undefined;

export type Declaration = InterfaceDeclaration | TypeAliasDeclaration | ClassDeclaration | EnumDeclaration;

/** What a name stands for: a declaration, a type of a package that is not followed, or nothing that is declared anywhere. */
export type Meaning = { readonly is: "declared"; readonly declaration: Declaration } | { readonly is: "core"; readonly specifier: string; readonly name: string } | undefined;

/** A name in another module. */
interface Elsewhere {
  readonly specifier: string;
  readonly name: string;
}

/** Modules that lead to one another, at most; a circle ends here. */
const HOPS = 30;

export class Declarations {
  private readonly project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true, skipFileDependencyResolution: true, compilerOptions: { noLib: true, types: [] } });
  private readonly trees = new Map<string, Tree>();
  private readonly imports = new Map<Tree, Map<string, Elsewhere>>();
  private readonly find: FindModule;

  constructor(find: FindModule) {
    this.find = find;
  }

  /** What a module exports under a name. */
  exported(specifier: string, name: string, from: string, hops = 0): Meaning {
    if (isCoreModule(specifier)) return { is: "core", specifier, name };
    const tree = this.open(specifier, from);
    if (!tree) throw new ModelError(`"${specifier}", which ${from.slice(1)} imports, is not installed; install what the package needs`);
    return hops > HOPS ? undefined : this.exportOf(tree, name, hops + 1);
  }

  /** Whether there is such a module. */
  has(specifier: string, from: string): boolean {
    return this.open(specifier, from) !== undefined;
  }

  /** What a name means inside of a module. */
  named(tree: Tree, name: string, hops = 0): Meaning {
    const own = ownDeclaration(tree, name);
    if (own) return { is: "declared", declaration: own };
    const imported = this.imported(tree, name);
    return imported && this.exported(imported.specifier, imported.name, tree.getFilePath(), hops);
  }

  private imported(tree: Tree, name: string): Elsewhere | undefined {
    let names = this.imports.get(tree);
    if (!names) this.imports.set(tree, (names = importsOf(tree)));
    const [space, inner] = name.split(".");
    const all = inner === undefined ? undefined : names.get(`${space}.*`);
    return all && inner !== undefined ? { specifier: all.specifier, name: inner } : names.get(name);
  }

  private exportOf(tree: Tree, name: string, hops: number): Meaning {
    for (const one of tree.getExportDeclarations()) {
      const local = one.getNamedExports().find((named) => (named.getAliasNode() ?? named.getNameNode()).getText() === name)?.getNameNode().getText();
      if (local === undefined) continue;
      const specifier = one.getModuleSpecifierValue();
      return specifier === undefined ? this.named(tree, local, hops) : this.exported(specifier, local, tree.getFilePath(), hops);
    }
    const own = ownDeclaration(tree, name);
    return own ? { is: "declared", declaration: own } : this.throughStars(tree, name, hops);
  }

  /** `export * from`, one after the other. What Kubernetes itself exports cannot be told from what it does not. */
  private throughStars(tree: Tree, name: string, hops: number): Meaning {
    for (const specifier of tree.getExportDeclarations().filter(isStar).map((one) => one.getModuleSpecifierValue()!)) {
      const found = isCoreModule(specifier) ? undefined : this.exported(specifier, name, tree.getFilePath(), hops);
      if (found) return found;
    }
    return undefined;
  }

  private open(specifier: string, from: string): Tree | undefined {
    const module = this.find(specifier, from);
    if (!module) return undefined;
    let tree = this.trees.get(module.path);
    if (!tree) this.trees.set(module.path, (tree = this.project.createSourceFile(module.path, module.text, { overwrite: true })));
    return tree;
  }
}

const isStar = (one: ExportDeclaration): boolean => one.isNamespaceExport() && one.getNamespaceExport() === undefined && one.getModuleSpecifierValue() !== undefined;

/** An interface before the class of its name: it has every field, and the class may leave some to a base. */
const ownDeclaration = (tree: Tree, name: string): Declaration | undefined => tree.getInterface(name) ?? tree.getTypeAlias(name) ?? tree.getClass(name) ?? tree.getEnum(name);

/** The names that a module imports; everything of a module as `all.*`. */
function importsOf(tree: Tree): Map<string, Elsewhere> {
  const found = new Map<string, Elsewhere>();
  for (const one of tree.getImportDeclarations()) {
    const specifier = one.getModuleSpecifierValue();
    for (const item of one.getNamedImports()) found.set((item.getAliasNode() ?? item.getNameNode()).getText(), { specifier, name: item.getNameNode().getText() });
    const all = one.getNamespaceImport()?.getText();
    if (all !== undefined) found.set(`${all}.*`, { specifier, name: "*" });
  }
  return found;
}
