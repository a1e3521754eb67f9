/** What a value reads as: a literal, a text joined of pieces that are all known, or something only a run can tell. */
import { Node, SyntaxKind } from "ts-morph";
import type { Span } from "../../model/site.ts";
import { moduleOf } from "./program.ts";
import type { Resolver, Value } from "./resolve.ts";

/** A piece of text as it stands in a file. */
export interface Piece {
  readonly node: Node;
  readonly text: string;
  /** Its content, inside quotes or between the holes of a template. */
  readonly span: Span;
  /** It stands there as it reads: no escapes, one line, in quotes. */
  readonly plain: boolean;
  /** It is part of the joining expression itself, and so of no other image. */
  readonly own: boolean;
  /** Names by which it was reached. */
  readonly trail: readonly Node[];
}

export type Text =
  | { readonly is: "literal"; readonly piece: Piece }
  | { readonly is: "joined"; readonly pieces: readonly Piece[]; readonly text: string }
  /** `true`, `null`, `8080`. */
  | { readonly is: "other"; readonly text: string }
  | { readonly is: "computed"; readonly why: string; readonly parameter: boolean };

/** Why a text cannot be told. */
type Untold = Pick<Extract<Text, { is: "computed" }>, "why" | "parameter">;

export function readText(value: Value, resolver: Resolver): Text {
  const { node } = value;
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return { is: "literal", piece: literal(value, false) };
  if (Node.isNumericLiteral(node) || Node.isTrueLiteral(node) || Node.isFalseLiteral(node) || Node.isNullLiteral(node)) return { is: "other", text: node.getText() };
  if (!Node.isTemplateExpression(node) && !isJoin(node)) return { is: "computed", ...untold(node) };
  const pieces = piecesOf(value, resolver, 0);
  if (!Array.isArray(pieces)) return { is: "computed", ...pieces };
  return { is: "joined", pieces, text: pieces.map(({ text }) => text).join("") };
}

const isJoin = (node: Node): boolean => Node.isBinaryExpression(node) && node.getOperatorToken().getKind() === SyntaxKind.PlusToken;

function literal({ node, way }: Value, own: boolean): Piece {
  const text = Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node) ? node.getLiteralText() : node.getText();
  return piece(node, text, { start: node.getStart() + 1, end: node.getEnd() - 1 }, own, way.trail);
}

function piece(node: Node, text: string, span: Span, own: boolean, trail: readonly Node[] = []): Piece {
  const source = node.getSourceFile().getFullText().slice(span.start, span.end);
  return { node, text, span, own, trail, plain: source === text && !/[\r\n]/.test(text) };
}

/** All pieces of a text in order, or why they cannot be told. */
function piecesOf(value: Value, resolver: Resolver, depth: number): Piece[] | Untold {
  const { node, way } = value;
  if (depth > 20) return { why: "it is joined of too many pieces", parameter: false };
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return [literal(value, false)];
  if (Node.isNumericLiteral(node)) return [{ ...piece(node, String(Number(node.getText())), { start: node.getStart(), end: node.getEnd() }, false, way.trail), plain: false }];
  const parts: (Piece | Node)[] = [];
  if (Node.isTemplateExpression(node)) {
    const head = node.getHead();
    parts.push(piece(head, head.getLiteralText(), { start: head.getStart() + 1, end: head.getEnd() - 2 }, true));
    for (const span of node.getTemplateSpans()) {
      const rest = span.getLiteral();
      const close = Node.isTemplateTail(rest) ? 1 : 2;
      parts.push(span.getExpression(), piece(rest, rest.getLiteralText(), { start: rest.getStart() + 1, end: rest.getEnd() - close }, true));
    }
  } else if (Node.isBinaryExpression(node) && isJoin(node)) parts.push(node.getLeft(), node.getRight());
  else return untold(node);
  const pieces: Piece[] = [];
  for (const part of parts) {
    if (!(part instanceof Node)) {
      pieces.push(part);
      continue;
    }
    const values = resolver.resolve({ node: part, way });
    const [only] = values;
    if (values.length !== 1 || !only) return { why: values.length === 0 ? `${short(part)} is undefined` : `${short(part)} has several values`, parameter: false };
    const inner = piecesOf(only, resolver, depth + 1);
    if (!Array.isArray(inner)) return inner;
    pieces.push(...inner.map((one) => (one.node === part ? { ...one, own: true } : one)));
  }
  return pieces.filter(({ text }) => text !== "");
}

/** An expression for a message. */
export function short(node: Node): string {
  const text = node.getText().replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Why a value is known only when the program runs. */
function untold(node: Node): Untold {
  const root = rootOf(node);
  const declaration = root && Node.isIdentifier(root) ? root.getSymbol()?.getDeclarations()[0] : undefined;
  const parameter = declaration !== undefined && Node.isParameterDeclaration(Node.isBindingElement(declaration) ? declaration.getParent().getParent() : declaration);
  return { why: whyComputed(node, root === node, declaration, parameter), parameter };
}

function whyComputed(node: Node, isName: boolean, declaration: Node | undefined, parameter: boolean): string {
  const text = short(node);
  if (/^(?:process|Deno|Bun)\??\.env\b/.test(text)) return `it is read from the environment (${text})`;
  if (Node.isCallExpression(node)) return `it is the result of ${short(node.getExpression())}()`;
  const specifier = declaration && specifierOf(declaration);
  if (specifier?.startsWith(".")) return `${text} comes from "${specifier}", where its value cannot be told`;
  if (specifier !== undefined) return `${text} is imported from "${specifier}", which is not followed`;
  if (parameter) return `${text} is a parameter`;
  if (isName && declaration && Node.isVariableDeclaration(declaration)) return `${text} is not a constant`;
  return `${text} is known only when the program runs`;
}

/** The name at the beginning of a chain of accesses and calls. */
export function rootOf(node: Node): Node | undefined {
  let at: Node = node;
  while (Node.isPropertyAccessExpression(at) || Node.isElementAccessExpression(at) || Node.isCallExpression(at) || Node.isNonNullExpression(at) || Node.isParenthesizedExpression(at)) at = at.getExpression();
  return at;
}

/** The module that an import or a re-export names. */
export function specifierOf(declaration: Node): string | undefined {
  if (Node.isImportEqualsDeclaration(declaration)) {
    const reference = declaration.getModuleReference();
    return Node.isExternalModuleReference(reference) ? reference.getExpression()?.asKind(SyntaxKind.StringLiteral)?.getLiteralText() : undefined;
  }
  const statement = declaration.getFirstAncestor((one) => Node.isImportDeclaration(one) || Node.isExportDeclaration(one));
  return Node.isImportDeclaration(statement) || Node.isExportDeclaration(statement) ? moduleOf(statement) : undefined;
}
