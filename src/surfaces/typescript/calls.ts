/** Where a program hands objects to one of the libraries, and what those objects are there. */
import { type CallExpression, Node, type NewExpression, SyntaxKind } from "ts-morph";
import { type Library, libraryOf, moduleName } from "./libraries.ts";
import { type Loaded, moduleOf } from "./program.ts";
import { type Resolver, START, type Value } from "./resolve.ts";
import { rootOf, specifierOf } from "./text.ts";

/** An object that a library makes a manifest of. */
export interface Handed {
  readonly value: Value;
  /** `values`: Helm values. `container`: a container alone. */
  readonly as: "manifest" | "values" | "container";
  /** Where it goes, for people: `new kplus.Deployment() of cdk8s-plus`. */
  readonly where: string;
  /** What the class makes, where its name says so. */
  readonly kind: string | undefined;
  readonly apiVersion: string | undefined;
  /** The name that the program gives it. */
  readonly name: string | undefined;
  /** The library is known to take it, not only likely to. */
  readonly certain: boolean;
}

/** Classes that take Helm values beside the chart's name. */
const CHARTS = /^(?:Helm|Chart|Release|ChartOpts)$/;
const CONTAINER_METHODS = /^(?:addContainer|addInitContainer|attachContainer)$/;

/** Groups of the kinds that hold PodSpecs in Kubernetes itself. */
const GROUPS: Readonly<Record<string, string>> = {
  Pod: "v1", PodTemplate: "v1", ReplicationController: "v1", Deployment: "apps/v1", StatefulSet: "apps/v1", DaemonSet: "apps/v1", ReplicaSet: "apps/v1", Job: "batch/v1", CronJob: "batch/v1",
};

export function* handedIn({ tree }: Loaded, resolver: Resolver): Generator<Handed> {
  const isCdk8s = tree.getImportDeclarations().some((one) => /^cdk8s/.test(libraryOf(moduleOf(one) ?? "") ?? ""));
  for (const made of tree.getDescendantsOfKind(SyntaxKind.NewExpression)) yield* constructed(made, made.getExpression(), resolver);
  for (const call of tree.getDescendantsOfKind(SyntaxKind.CallExpression)) {
    const callee = call.getExpression();
    if (callee.getKind() === SyntaxKind.SuperKeyword) {
      const parent = call.getFirstAncestor((one) => Node.isClassDeclaration(one) || Node.isClassExpression(one));
      const base = Node.isClassDeclaration(parent) || Node.isClassExpression(parent) ? parent.getExtends()?.getExpression() : undefined;
      if (base) yield* constructed(call, base, resolver);
    } else if (Node.isPropertyAccessExpression(callee)) yield* called(call, callee.getName(), callee.getExpression(), isCdk8s, resolver);
  }
}

/** `new X(scope, "name", { … })`, and `super(…)` in a class that extends X. */
function* constructed(made: NewExpression | CallExpression, callee: Node, resolver: Resolver): Generator<Handed> {
  const origin = originOf(callee, resolver);
  if (!origin) return;
  const { library, path } = origin;
  const last = path.at(-1) ?? "";
  const given = made.getArguments().filter((one) => !Node.isSpreadElement(one));
  const name = given.find(Node.isStringLiteral)?.getLiteralText();
  const kind = last.replace(/^Kube(?=[A-Z])/, "");
  const apiVersion = groupOf(library, origin.specifier, path) ?? GROUPS[kind];
  const known = { where: `${Node.isNewExpression(made) ? `new ${callee.getText()}()` : `super() of ${callee.getText()}`} of ${library}`, name, certain: true };
  for (const argument of given) {
    if (Node.isArrowFunction(argument) || Node.isFunctionExpression(argument)) continue;
    for (const value of resolver.resolve({ node: argument, way: START })) {
      if (!Node.isObjectLiteralExpression(value.node)) continue;
      if (library === "cdk8s-plus" && last === "Container") {
        yield { ...known, value, as: "container", kind: undefined, apiVersion: undefined };
        continue;
      }
      const properties = resolver.entries(value);
      const isChart = CHARTS.test(last) || (libraryOf(origin.specifier) === "cdk8s" && origin.specifier.startsWith(".") && !properties.has("spec"));
      for (const values of isChart ? (properties.get("values") ?? []) : []) {
        for (const one of resolver.resolve(values)) yield { ...known, value: one, as: "values", kind: undefined, apiVersion: undefined };
      }
      if (!isChart || !properties.has("values")) yield { ...known, value, as: "manifest", kind: apiVersion === undefined ? undefined : kind, apiVersion };
    }
  }
}

/** `deployment.addContainer({ … })`, `JsonPatch.replace("/…/image", "…")`. */
function* called(call: CallExpression, method: string, receiver: Node, isCdk8s: boolean, resolver: Resolver): Generator<Handed> {
  const [first, second] = call.getArguments();
  const rest = { kind: undefined, apiVersion: undefined, name: undefined };
  if (CONTAINER_METHODS.test(method) && first) {
    const certain = resolver.resolve({ node: receiver, way: START }).some(({ node }) => Node.isNewExpression(node) && originOf(node.getExpression(), resolver) !== undefined);
    // Other libraries have methods of that name.
    if (!certain && !isCdk8s) return;
    for (const value of resolver.resolve({ node: first, way: START })) if (Node.isObjectLiteralExpression(value.node)) yield { ...rest, value, as: "container", where: `${method}()`, certain };
  }
  if (/^(?:add|replace)$/.test(method) && second && receiver.getText().endsWith("JsonPatch") && originOf(receiver, resolver)) {
    const value: Value = { node: second, way: START };
    const path = first && Node.isStringLiteral(first) ? first.getLiteralText() : "";
    const where = `JsonPatch.${method}() of cdk8s`;
    if (/\/(?:containers|initContainers|ephemeralContainers)\/(?:\d+|-)\/image$/.test(path)) yield { ...rest, value, as: "container", where, certain: true };
    else yield { ...rest, value, as: /\/(?:containers|initContainers|ephemeralContainers)\/(?:\d+|-)$/.test(path) ? "container" : "manifest", where, certain: false };
  }
}

interface Origin {
  readonly library: Library;
  readonly specifier: string;
  /** Names from the module to the class: `apps`, `v1`, `Deployment`. */
  readonly path: readonly string[];
}

/** The library that an expression's first name comes from, also by re-exports and local subclasses. */
function originOf(callee: Node, resolver: Resolver, depth = 0): Origin | undefined {
  const root = rootOf(callee);
  if (!root || !Node.isIdentifier(root) || depth > 10) return undefined;
  const accessed = callee.getText().slice(root.getText().length).split(/[.?!\s]+/).filter(Boolean);
  for (let name = root.getSymbol(), hops = 0; name && hops < 20; name = name.getImmediatelyAliasedSymbol(), hops++) {
    for (const declaration of name.getDeclarations()) {
      const specifier = specifierOf(declaration);
      const library = specifier === undefined ? undefined : libraryOf(specifier);
      if (specifier !== undefined && library) return { library, specifier, path: [...importedName(declaration), ...accessed] };
      if (Node.isVariableDeclaration(declaration)) {
        const value = declaration.getInitializer();
        const required = value && requiredModule(value);
        const from = required === undefined ? undefined : libraryOf(required);
        if (required !== undefined && from) return { library: from, specifier: required, path: accessed };
      }
      if (Node.isClassDeclaration(declaration)) {
        // One with a constructor of its own takes what that says, and hands it on by super().
        const base = declaration.getConstructors().length > 0 ? undefined : declaration.getExtends()?.getExpression();
        return base && originOf(base, resolver, depth + 1);
      }
    }
    if (!name.isAlias()) return undefined;
  }
  return undefined;
}

/** `require("x")`. */
function requiredModule(node: Node): string | undefined {
  if (!Node.isCallExpression(node) || node.getExpression().getText() !== "require") return undefined;
  return node.getArguments()[0]?.asKind(SyntaxKind.StringLiteral)?.getLiteralText();
}

/** `Deployment` of `import { Deployment as D }`; nothing for a whole module. */
function importedName(declaration: Node): string[] {
  return Node.isImportSpecifier(declaration) || Node.isExportSpecifier(declaration) ? [declaration.getName()] : [];
}

/** The group and version that the path to a class spells: `k8s.apps.v1.Deployment`, `kubernetes-models/apps/v1`. */
function groupOf(library: Library, specifier: string, path: readonly string[]): string | undefined {
  if (library !== "pulumi" && library !== "kubernetes-models") return undefined;
  const inside = moduleName(specifier).replace(/^(?:@pulumi\/kubernetes|kubernetes-models|@kubernetes-models\/[^/]+)\/?/, "");
  const segments = [...inside.split("/").filter(Boolean), ...path.slice(0, -1)];
  const at = segments.findIndex((one) => /^v\d+(?:(?:alpha|beta)\d+)?$/.test(one));
  if (at < 0) return undefined;
  const group = segments[at - 1];
  return group === undefined || group === "core" ? segments[at] : `${group}/${segments[at]}`;
}
