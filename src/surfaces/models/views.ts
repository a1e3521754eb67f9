/** What a type says of the values that it allows, as far as fields go: text, a list, a map and its keys. */
import { Node, type TypeElementTypes, type TypeNode } from "ts-morph";
import { coreFields } from "./core-types.ts";
import type { Declaration, Declarations, Meaning } from "./declarations.ts";
import type { ModelField } from "./image-maps.ts";

/** Several at once for a union. */
export interface View {
  readonly text: boolean;
  /** The texts that it can only be. */
  readonly literals: readonly string[];
  readonly items: readonly TypeNode[];
  readonly members: ReadonlyMap<string, readonly TypeNode[]>;
  /** The values of a map with keys of one's own. */
  readonly values: readonly TypeNode[];
  /** What is known of the type without looking into it. */
  readonly known: readonly ModelField[];
}

const NOTHING: View = { text: false, literals: [], items: [], members: new Map(), values: [], known: [] };

/** Types that stand for what they are about. */
const WRAPPERS = new Set(["Partial", "Required", "Readonly", "NonNullable", "Omit", "Pick", "Model"]);
const LISTS = new Set(["Array", "ReadonlyArray"]);

/** Aliases of aliases, at most; a circle of them ends here. */
const DEPTH = 50;

export class Views {
  private readonly declarations: Declarations;
  private readonly seen = new Map<Node, View>();

  constructor(declarations: Declarations) {
    this.declarations = declarations;
  }

  of(node: Node | undefined, depth = 0): View {
    if (node === undefined || depth > DEPTH) return NOTHING;
    const before = this.seen.get(node);
    if (before) return before;
    const view = this.look(node, depth);
    this.seen.set(node, view);
    return view;
  }

  private look(node: Node, depth: number): View {
    const inner = (one: Node | undefined): View => this.of(one, depth + 1);
    if (Node.isStringKeyword(node)) return { ...NOTHING, text: true };
    if (Node.isParenthesizedTypeNode(node) || Node.isTypeOperatorTypeNode(node)) return inner(node.getTypeNode());
    if (Node.isUnionTypeNode(node) || Node.isIntersectionTypeNode(node)) return merged(node.getTypeNodes().map(inner));
    if (Node.isArrayTypeNode(node)) return { ...NOTHING, items: [node.getElementTypeNode()] };
    if (Node.isTypeLiteral(node)) return mapOf(node.getMembers());
    if (Node.isIndexedAccessTypeNode(node)) return this.access(node.getObjectTypeNode(), node.getIndexTypeNode(), depth);
    if (Node.isTypeReference(node)) return this.reference(node, node.getTypeName().getText(), node.getTypeArguments(), depth);
    if (Node.isExpressionWithTypeArguments(node)) return this.reference(node, node.getExpression().getText(), node.getTypeArguments(), depth);
    if (Node.isImportTypeNode(node)) return this.meaning(this.imported(node), depth);
    return literalOf(node);
  }

  /** What a declaration says, with all that it extends. */
  ofDeclaration(declaration: Declaration, depth = 0): View {
    if (Node.isTypeAliasDeclaration(declaration)) return this.of(declaration.getTypeNode(), depth + 1);
    if (Node.isEnumDeclaration(declaration)) return NOTHING;
    const extended = Node.isInterfaceDeclaration(declaration) ? declaration.getExtends() : [declaration.getExtends()];
    const own = Node.isInterfaceDeclaration(declaration) ? declaration.getMembers() : declaration.getInstanceProperties().filter(Node.isPropertyDeclaration);
    return merged([mapOf(own), ...extended.map((one) => this.of(one, depth + 1))]);
  }

  private reference(node: Node, name: string, of: readonly TypeNode[], depth: number): View {
    if (LISTS.has(name)) return { ...NOTHING, items: of.slice(0, 1) };
    if (name === "Record") return { ...NOTHING, values: of.slice(1, 2) };
    if (WRAPPERS.has(name)) return this.of(of[0], depth + 1);
    return this.meaning(this.declarations.named(node.getSourceFile(), name), depth);
  }

  private imported(node: Node): Meaning {
    if (!Node.isImportTypeNode(node)) return undefined;
    const [argument, name] = [node.getArgument().getText().slice(1, -1), node.getQualifier()?.getText()];
    return name === undefined ? undefined : this.declarations.exported(argument, name, node.getSourceFile().getFilePath());
  }

  private meaning(meaning: Meaning, depth: number): View {
    if (meaning?.is === "core") return { ...NOTHING, known: coreFields(meaning.specifier, meaning.name) };
    return meaning ? this.ofDeclaration(meaning.declaration, depth + 1) : NOTHING;
  }

  /** `IWidget["spec"]`. */
  private access(object: Node, index: Node, depth: number): View {
    const view = this.of(object, depth + 1);
    return merged(literalOf(index).literals.flatMap((key) => view.members.get(key) ?? []).map((one) => this.of(one, depth + 1)));
  }
}

function literalOf(node: Node): View {
  const literal = Node.isLiteralTypeNode(node) ? node.getLiteral() : undefined;
  return Node.isStringLiteral(literal) ? { ...NOTHING, literals: [literal.getLiteralValue()] } : NOTHING;
}

function mapOf(members: readonly (TypeElementTypes | Node)[]): View {
  const found = new Map<string, readonly TypeNode[]>();
  const values: TypeNode[] = [];
  for (const member of members) {
    if (Node.isIndexSignatureDeclaration(member)) {
      const value = member.getReturnTypeNode();
      if (value) values.push(value);
    }
    if (!Node.isPropertySignature(member) && !Node.isPropertyDeclaration(member)) continue;
    const type = member.getTypeNode();
    if (type) found.set(member.getName().replace(/^(["'])(.*)\1$/s, "$2"), [type]);
  }
  return { ...NOTHING, members: found, values };
}

function merged(views: readonly View[]): View {
  const members = new Map<string, readonly TypeNode[]>();
  for (const view of views) for (const [key, types] of view.members) members.set(key, [...(members.get(key) ?? []), ...types]);
  return {
    text: views.some(({ text }) => text),
    literals: views.flatMap(({ literals }) => literals),
    items: views.flatMap(({ items }) => items),
    members,
    values: views.flatMap(({ values }) => values),
    known: views.flatMap(({ known }) => known),
  };
}
