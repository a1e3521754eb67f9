/**
 * What an expression comes to: constants, properties, enum members, parameters and functions of the program
 * followed to the literals behind them. An expression can come to several (`a ?? b`), and each is an image that may run.
 */
import { Node, type ObjectLiteralExpression, type ParameterDeclaration, SyntaxKind, type SourceFile as Tree } from "ts-morph";
import { LadingError } from "../../model/errors.ts";
import { Callers } from "./callers.ts";
import { finalName, type Program } from "./program.ts";

/** How an expression was reached. */
export interface Way {
  /** Names and property accesses on the way, so that other uses of them can be told. */
  readonly trail: readonly Node[];
  /** What parameters stand for in the functions that were entered; undefined where a call leaves one out. */
  readonly bound: ReadonlyMap<Node, Value | undefined>;
  /** Functions that were entered: one that calls itself is entered once. */
  readonly entered: readonly Node[];
}

/** An expression that nothing more can be said about, with the way to it. */
export interface Value {
  readonly node: Node;
  readonly way: Way;
}

export const START: Way = { trail: [], bound: new Map(), entered: [] };

/** Longer chains, and more values, are no manifests that people write. */
const MAX_STEPS = 100;
const MAX_VALUES = 200;
/** Steps for one object that a library is handed. */
const MAX_WORK = 300_000;

export class Resolver {
  /** Names whose objects were taken apart into others: each property is accounted for where it went. */
  readonly spread = new Set<Node>();
  private readonly open = new Set<Node>();
  private readonly program: Program;
  private readonly callers: Callers;
  private steps = 0;

  constructor(program: Program) {
    this.program = program;
    this.callers = new Callers(program);
  }

  /** Every value that an expression can have. */
  resolve({ node, way }: Value): Value[] {
    return this.follow(node, way, 0).slice(0, MAX_VALUES);
  }

  /** Begins to count anew. */
  rest(): void {
    this.steps = 0;
  }

  private follow(node: Node, way: Way, steps: number): Value[] {
    if (++this.steps > MAX_WORK) throw new LadingError("io", "an object in it has too many values to be followed");
    if (steps > MAX_STEPS) return [{ node, way }];
    const on = (next: Node, from: Way = way): Value[] => this.follow(next, from, steps + 1);
    const all = (...nodes: (Node | undefined)[]): Value[] => nodes.flatMap((one) => (one ? on(one) : []));
    if (Node.isParenthesizedExpression(node) || Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isNonNullExpression(node) || Node.isTypeAssertion(node)) return on(node.getExpression());
    if (Node.isConditionalExpression(node)) return all(node.getWhenTrue(), node.getWhenFalse());
    if (Node.isBinaryExpression(node)) {
      const operator = node.getOperatorToken().getKind();
      if (operator === SyntaxKind.QuestionQuestionToken || operator === SyntaxKind.BarBarToken) return all(node.getLeft(), node.getRight());
      if (operator === SyntaxKind.AmpersandAmpersandToken) return on(node.getRight());
      return [{ node, way }];
    }
    if (Node.isIdentifier(node)) return node.getText() === "undefined" ? [] : this.named(node, way, steps);
    if (Node.isPropertyAccessExpression(node)) return this.property(node, node.getExpression(), node.getName(), way, steps);
    if (Node.isElementAccessExpression(node)) return this.element(node, node.getExpression(), node.getArgumentExpression(), way, steps);
    if (Node.isCallExpression(node)) return this.call(node, way, steps);
    return [{ node, way }];
  }

  private named(node: Node, way: Way, steps: number): Value[] {
    const declared = finalName(node.getSymbol())?.getDeclarations() ?? [];
    const next: Way = { ...way, trail: [...way.trail, node] };
    const found = declared.slice(0, 1).flatMap((one) => this.declared(one, next, steps + 1) ?? []);
    return found.length > 0 ? found : [{ node, way }];
  }

  /** What a declaration gives its name; undefined when that cannot be told. */
  declared(declaration: Node, way: Way, steps: number): Value[] | undefined {
    if (this.program.fileOf(declaration).broken) return undefined;
    if (Node.isVariableDeclaration(declaration)) {
      const loop = declaration.getFirstAncestorByKind(SyntaxKind.ForOfStatement);
      if (loop && loop.getInitializer() === declaration.getParent()) return this.elements(loop.getExpression(), way, steps);
      const initializer = declaration.getInitializer();
      return initializer && !isReassigned(declaration) ? this.follow(initializer, way, steps) : undefined;
    }
    if (Node.isParameterDeclaration(declaration)) return this.parameter(declaration, way, steps);
    if (Node.isBindingElement(declaration)) return this.binding(declaration, way, steps);
    if (Node.isExportAssignment(declaration)) return this.follow(declaration.getExpression(), way, steps);
    if (Node.isPropertyAssignment(declaration) || Node.isEnumMember(declaration)) return this.initial(declaration.getInitializer(), way, steps);
    if (Node.isPropertyDeclaration(declaration)) return declaration.isReadonly() || declaration.isStatic() ? this.initial(declaration.getInitializer(), way, steps) : undefined;
    if (Node.isEnumDeclaration(declaration) || Node.isClassDeclaration(declaration) || Node.isFunctionDeclaration(declaration) || Node.isSourceFile(declaration) || Node.isMethodDeclaration(declaration)) return [{ node: declaration, way }];
    return undefined;
  }

  private initial(initializer: Node | undefined, way: Way, steps: number): Value[] | undefined {
    return initializer && this.follow(initializer, way, steps);
  }

  /** `const { image = "a" } = x`, in declarations and parameters. */
  private binding(element: Node, way: Way, steps: number): Value[] | undefined {
    if (!Node.isBindingElement(element) || element.getDotDotDotToken()) return undefined;
    const pattern = element.getParentOrThrow();
    const owner = pattern.getParentOrThrow();
    if (!Node.isObjectBindingPattern(pattern)) return undefined;
    const key = element.getPropertyNameNode()?.getText() ?? element.getName();
    const outer = this.declared(owner, way, steps + 1) ?? [];
    const found = outer.flatMap((value) => this.member(value, key, steps + 1) ?? []);
    const fallback = element.getInitializer();
    const all = [...found, ...(fallback ? this.follow(fallback, way, steps + 1) : [])];
    return all.length > 0 ? all : undefined;
  }

  /** What callers pass, and what stands for it when they do not. */
  private parameter(parameter: ParameterDeclaration, way: Way, steps: number): Value[] | undefined {
    const bound = way.bound.get(parameter);
    if (bound) return this.follow(bound.node, { ...bound.way, trail: [...way.trail, ...bound.way.trail] }, steps + 1);
    const outside = { ...way, bound: START.bound };
    const items = this.callers.iterated(parameter);
    const given = way.bound.has(parameter) ? []
      : items ? this.elements(items, outside, steps + 1)
      : this.callers.arguments(parameter).flatMap((one) => this.follow(one, outside, steps + 1));
    const fallback = parameter.getInitializer();
    const all = [...given, ...(fallback ? this.follow(fallback, way, steps + 1) : [])];
    return all.length > 0 ? all : undefined;
  }

  private property(node: Node, owner: Node, key: string, way: Way, steps: number): Value[] {
    const next: Way = { ...way, trail: [...way.trail, node] };
    if (Node.isThisExpression(owner) && Node.isPropertyAccessExpression(node)) {
      const own = node.getNameNode().getSymbol()?.getValueDeclaration();
      return (own && this.declared(own, next, steps + 1)) ?? [{ node, way }];
    }
    const found = this.follow(owner, next, steps + 1).flatMap((value) => this.member(value, key, steps + 1) ?? []);
    return found.length > 0 ? found : [{ node, way }];
  }

  private element(node: Node, owner: Node, argument: Node | undefined, way: Way, steps: number): Value[] {
    const keys = argument ? this.follow(argument, way, steps + 1) : [];
    const [key] = keys;
    if (keys.length !== 1 || !key) return [{ node, way }];
    if (Node.isNumericLiteral(key.node)) {
      const at = Number(key.node.getText());
      const found = this.follow(owner, way, steps + 1).flatMap((value) => {
        const item = Node.isArrayLiteralExpression(value.node) ? value.node.getElements()[at] : undefined;
        return item && !Node.isSpreadElement(item) ? this.follow(item, value.way, steps + 1) : [];
      });
      return found.length > 0 ? found : [{ node, way }];
    }
    return Node.isStringLiteral(key.node) || Node.isNoSubstitutionTemplateLiteral(key.node) ? this.property(node, owner, key.node.getLiteralText(), way, steps) : [{ node, way }];
  }

  /** A property of a value, by its name. */
  private member({ node, way }: Value, key: string, steps: number): Value[] | undefined {
    if (steps > MAX_STEPS) return undefined;
    if (Node.isObjectLiteralExpression(node)) {
      const entry = this.entries({ node, way }).get(key);
      return entry?.flatMap((value) => this.follow(value.node, value.way, steps + 1));
    }
    if (Node.isEnumDeclaration(node)) return this.initial(node.getMember(key)?.getInitializer(), way, steps);
    if (Node.isClassDeclaration(node)) return this.initial(node.getStaticProperty(key)?.asKind(SyntaxKind.PropertyDeclaration)?.getInitializer(), way, steps);
    if (Node.isSourceFile(node)) return this.exported(node, key, way, steps);
    return undefined;
  }

  private exported(file: Tree, key: string, way: Way, steps: number): Value[] | undefined {
    const name = file.getExportSymbols().find((one) => one.getName() === key);
    const [declaration] = finalName(name)?.getDeclarations() ?? [];
    return declaration && this.declared(declaration, way, steps + 1);
  }

  /**
   * The properties of an object literal by name, spreads followed. A later one takes the place of an earlier one, but
   * not when it is one of several (`...(x ? a : b)`): then each of them may be what counts.
   */
  entries({ node, way }: Value): Map<string, Value[]> {
    const found = new Map<string, Value[]>();
    // An object that is spread into itself.
    if (this.open.has(node)) return found;
    this.open.add(node);
    try {
      this.readEntries(node, way, found);
    } finally {
      this.open.delete(node);
    }
    return found;
  }

  private readEntries(node: Node, way: Way, found: Map<string, Value[]>): void {
    for (const property of (node as ObjectLiteralExpression).getProperties()) {
      if (Node.isPropertyAssignment(property)) {
        const key = this.keyOf(property.getNameNode(), way);
        const initializer = property.getInitializer();
        if (key !== undefined && initializer) found.set(key, [{ node: initializer, way }]);
      } else if (Node.isShorthandPropertyAssignment(property)) {
        const name = property.getNameNode();
        const [declaration] = finalName(property.getValueSymbol())?.getDeclarations() ?? [];
        const values = declaration && this.declared(declaration, { ...way, trail: [...way.trail, name] }, 1);
        found.set(property.getName(), values && values.length > 0 ? values : [{ node: name, way }]);
      } else if (Node.isSpreadAssignment(property)) this.spreadInto(property.getExpression(), way, found);
    }
  }

  private spreadInto(expression: Node, way: Way, into: Map<string, Value[]>): void {
    const objects = this.follow(expression, way, 1).filter(({ node }) => Node.isObjectLiteralExpression(node));
    for (const { way: { trail } } of objects) for (const name of trail) this.spread.add(name);
    const certain = objects.length === 1 && !isMaybe(expression);
    for (const value of objects) {
      for (const [key, values] of this.entries(value)) into.set(key, certain ? values : [...(into.get(key) ?? []), ...values]);
    }
  }

  private keyOf(name: Node, way: Way): string | undefined {
    if (Node.isIdentifier(name)) return name.getText();
    if (Node.isStringLiteral(name) || Node.isNoSubstitutionTemplateLiteral(name)) return name.getLiteralText();
    if (!Node.isComputedPropertyName(name)) return undefined;
    const [only, ...more] = this.follow(name.getExpression(), way, 1);
    return more.length === 0 && only && Node.isStringLiteral(only.node) ? only.node.getLiteralText() : undefined;
  }

  /** The items of what an expression comes to, where it is a list. */
  items({ node, way }: Value): Value[] {
    return this.elements(node, way, 0);
  }

  private elements(expression: Node, way: Way, steps: number): Value[] {
    if (steps > MAX_STEPS) return [];
    return this.follow(expression, way, steps + 1).flatMap(({ node, way: inner }) => {
      if (Node.isArrayLiteralExpression(node)) return node.getElements().flatMap((item) => (Node.isSpreadElement(item) ? this.elements(item.getExpression(), inner, steps + 1) : this.follow(item, inner, steps + 1)));
      const made = mapped(node);
      return made ? returned(made).flatMap((one) => this.follow(one, inner, steps + 1)) : [];
    });
  }

  /** A call of a function in the program comes to what that returns. */
  private call(node: Node, way: Way, steps: number): Value[] {
    if (!Node.isCallExpression(node)) return [{ node, way }];
    const callee = node.getExpression();
    const [first] = node.getArguments();
    if (callee.getText() === "Object.freeze" && first) return this.follow(first, way, steps + 1);
    if (!Node.isIdentifier(callee) && !Node.isPropertyAccessExpression(callee)) return [{ node, way }];
    const [target] = this.follow(callee, way, steps + 1);
    const results = target ? returned(target.node) : [];
    if (results.length === 0 || !target || !Node.isParametered(target.node) || way.entered.includes(target.node)) return [{ node, way }];
    const bound = new Map(way.bound);
    target.node.getParameters().forEach((parameter, i) => {
      const argument = node.getArguments()[i];
      if (!node.getArguments().slice(0, i + 1).some(Node.isSpreadElement)) bound.set(parameter, argument && { node: argument, way });
    });
    return results.flatMap((one) => this.follow(one, { ...way, bound, entered: [...way.entered, target.node] }, steps + 1));
  }
}

/** Whether what an expression gives depends on a condition. */
function isMaybe(expression: Node): boolean {
  const inner = Node.isParenthesizedExpression(expression) ? expression.getExpression() : expression;
  return Node.isConditionalExpression(inner) || Node.isBinaryExpression(inner);
}

/** The function that `list.map(…)` calls for each item. */
function mapped(node: Node): Node | undefined {
  if (!Node.isCallExpression(node)) return undefined;
  const callee = node.getExpression();
  const [made] = node.getArguments();
  return Node.isPropertyAccessExpression(callee) && /^(?:map|flatMap)$/.test(callee.getName()) && made && (Node.isArrowFunction(made) || Node.isFunctionExpression(made)) ? made : undefined;
}

/** Expressions that a function returns. */
function returned(node: Node): Node[] {
  if (!Node.isArrowFunction(node) && !Node.isFunctionDeclaration(node) && !Node.isFunctionExpression(node) && !Node.isMethodDeclaration(node)) return [];
  const body = node.getBody();
  if (!body) return [];
  if (!Node.isBlock(body)) return [body];
  return body.getDescendantsOfKind(SyntaxKind.ReturnStatement)
    .filter((one) => one.getFirstAncestor((ancestor) => Node.isFunctionLikeDeclaration(ancestor) || Node.isArrowFunction(ancestor) || Node.isFunctionExpression(ancestor)) === node)
    .flatMap((one) => one.getExpression() ?? []);
}

/** Whether a variable gets another value later on. */
function isReassigned(declaration: Node): boolean {
  if (!Node.isVariableDeclaration(declaration)) return false;
  const statement = declaration.getVariableStatement();
  if (statement?.getDeclarationKind() === "const") return false;
  const name = declaration.getName();
  const symbol = declaration.getSymbol();
  return declaration.getSourceFile().getDescendantsOfKind(SyntaxKind.BinaryExpression).some((one) => {
    const operator = one.getOperatorToken().getText();
    const left = one.getLeft();
    return /^(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=$/.test(operator) && left.getText() === name && left.getSymbol() === symbol;
  });
}
