/** Who else uses a constant that holds an image: what is written there reaches those places as well. */
import { Node, type Symbol as Name, SyntaxKind } from "ts-morph";
import type { Leaf } from "./document.ts";
import { piecesOf, trailOf } from "./places.ts";
import { finalName, type Program } from "./program.ts";
import type { Piece } from "./text.ts";

/** What names a literal in a program. */
export const placeOfPiece = ({ node, span }: Piece): string => `${node.getSourceFile().getFilePath()} ${span.start}`;

export class Uses {
  private readonly program: Program;
  /** Uses that were followed into what a library is handed. */
  private readonly known = new Set<Node>();
  /** Literals that landed there where no image is, with the use that led to them. */
  private readonly elsewhere = new Map<string, Node>();
  private byText: Map<string, Node[]> | undefined;

  constructor(program: Program) {
    this.program = program;
  }

  note(trail: readonly Node[]): void {
    for (const node of trail) this.known.add(node);
  }

  /** Notes where a literal went. */
  noteLeaf(leaf: Leaf, isImage: boolean): void {
    this.note(trailOf(leaf));
    if (!isImage) for (const piece of piecesOf(leaf)) this.elsewhere.set(placeOfPiece(piece), leaf.value.way.trail[0] ?? leaf.value.node);
  }

  /** A use of a literal, or of a constant on the way to it, that leads to no image. */
  other(written: readonly Piece[], trail: readonly Node[]): Node | undefined {
    for (const piece of written) {
      const landed = this.elsewhere.get(placeOfPiece(piece));
      if (landed) return landed;
    }
    for (const node of trail) {
      if (!Node.isIdentifier(node)) continue;
      const name = valueOf(node);
      // A class or a module is no value that can be passed on as a text.
      if (!name || name.getDeclarations().some((one) => Node.isClassDeclaration(one) || Node.isSourceFile(one) || Node.isFunctionDeclaration(one))) continue;
      const found = this.usesOf(name, node.getText()).find((use) => this.isOther(use, node));
      if (found) return found;
    }
    return undefined;
  }

  private isOther(use: Node, ours: Node): boolean {
    const [theirs, our] = [accesses(use), accesses(ours)];
    if (theirs.some((node) => this.known.has(node)) && this.known.has(use)) return false;
    // `images.api` does not touch `images.web`.
    const [a, b] = [theirs.map(keyOf), our.map(keyOf)];
    const shared = Math.min(a.length, b.length);
    return a.slice(0, shared).every((key, i) => key === undefined || b[i] === undefined || key === b[i]);
  }

  private usesOf(name: Name, text: string): Node[] {
    const written = new Set([text, name.getName()]);
    return [...written].flatMap((one) => this.identifiers().get(one) ?? []).filter((one) => isUse(one) && valueOf(one) === name);
  }

  private identifiers(): Map<string, Node[]> {
    if (this.byText) return this.byText;
    const found = new Map<string, Node[]>();
    for (const { tree } of this.program.files.values()) {
      for (const one of tree.getDescendantsOfKind(SyntaxKind.Identifier)) {
        const list = found.get(one.getText());
        if (list) list.push(one);
        else found.set(one.getText(), [one]);
      }
    }
    return (this.byText = found);
  }
}

/** The name itself and the accesses around it: `images`, `images.web`, `images.web.tag`. */
function accesses(use: Node): Node[] {
  const found = [use];
  for (let at = use, up = at.getParent(); up && (Node.isPropertyAccessExpression(up) || Node.isElementAccessExpression(up)) && up.getExpression() === at; at = up, up = at.getParent()) found.push(up);
  return found;
}

/** The key of an access; undefined when it can be any. */
function keyOf(node: Node): string | undefined {
  if (Node.isPropertyAccessExpression(node)) return node.getName();
  if (Node.isIdentifier(node)) return "";
  const argument = Node.isElementAccessExpression(node) ? node.getArgumentExpression() : undefined;
  return Node.isStringLiteral(argument) ? argument.getLiteralText() : undefined;
}

function valueOf(identifier: Node): Name | undefined {
  const parent = identifier.getParent();
  return finalName(Node.isShorthandPropertyAssignment(parent) ? parent.getValueSymbol() : identifier.getSymbol());
}

/** Whether a name stands for its value there: not where it is declared, imported, exported, or asked for its type. */
function isUse(identifier: Node): boolean {
  const parent = identifier.getParent();
  if (!parent || Node.isImportSpecifier(parent) || Node.isExportSpecifier(parent) || Node.isImportClause(parent) || Node.isNamespaceImport(parent) || Node.isTypeQuery(parent) || Node.isExportAssignment(parent)) return false;
  if (Node.isPropertyAccessExpression(parent) && parent.getNameNode() === identifier) return false;
  if (Node.isShorthandPropertyAssignment(parent)) return true;
  return !(Node.isVariableDeclaration(parent) || Node.isParameterDeclaration(parent) || Node.isEnumDeclaration(parent) || Node.isPropertyAssignment(parent) || Node.isBindingElement(parent)) || parent.getNameNode() !== identifier && parent.getChildAtIndex(0) !== identifier;
}
