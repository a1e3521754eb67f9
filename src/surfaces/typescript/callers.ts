/** Who calls a function of the program, for what its parameters can stand for. */
import { Node, type ParameterDeclaration, SyntaxKind } from "ts-morph";
import { finalName, type Program } from "./program.ts";

export class Callers {
  private readonly program: Program;
  /** By the declaration that is called, or by the last name where a property is. */
  private known: Map<Node | string, Node[]> | undefined;

  constructor(program: Program) {
    this.program = program;
  }

  /** What stands at a parameter's place in each call of its function. */
  arguments(parameter: ParameterDeclaration): Node[] {
    const owner = parameter.getParentOrThrow();
    const called = calledAs(owner);
    const at = Node.isParametered(owner) ? owner.getParameters().indexOf(parameter) : -1;
    if (called === undefined || at < 0) return [];
    const name = nameOf(called) ?? "";
    const calls = this.calls();
    return [...(calls.get(called) ?? []), ...(calls.get(name) ?? [])].flatMap((call) => {
      if (!Node.isCallExpression(call) && !Node.isNewExpression(call)) return [];
      const argument = call.getArguments()[at];
      if (!argument || call.getArguments().slice(0, at + 1).some(Node.isSpreadElement)) return [];
      return finalName(call.getExpression().getSymbol())?.getDeclarations().includes(called) ? [argument] : [];
    });
  }

  /** The list whose items a parameter stands for: `list.map((item) => …)`. */
  iterated(parameter: ParameterDeclaration): Node | undefined {
    const made = parameter.getParentOrThrow();
    const call = made.getParent();
    if (!Node.isCallExpression(call) || call.getArguments()[0] !== made || !Node.isParametered(made) || made.getParameters()[0] !== parameter) return undefined;
    const callee = call.getExpression();
    return Node.isPropertyAccessExpression(callee) && /^(?:map|flatMap|forEach)$/.test(callee.getName()) ? callee.getExpression() : undefined;
  }

  private calls(): ReadonlyMap<Node | string, Node[]> {
    if (this.known) return this.known;
    const found = new Map<Node | string, Node[]>();
    for (const { tree } of this.program.files.values()) {
      for (const call of [...tree.getDescendantsOfKind(SyntaxKind.CallExpression), ...tree.getDescendantsOfKind(SyntaxKind.NewExpression)]) {
        for (const key of keysOf(call.getExpression())) {
          const list = found.get(key);
          if (list) list.push(call);
          else found.set(key, [call]);
        }
      }
    }
    return (this.known = found);
  }
}

/** An import can give what it calls any name, so a name is followed to what it stands for. */
function keysOf(callee: Node): readonly (Node | string)[] {
  if (Node.isIdentifier(callee)) return finalName(callee.getSymbol())?.getDeclarations() ?? [];
  return Node.isPropertyAccessExpression(callee) ? [callee.getName()] : [];
}

/** The declaration by which a function is called: its own, its variable's, or its class's for a constructor. */
function calledAs(owner: Node): Node | undefined {
  if (Node.isConstructorDeclaration(owner)) return owner.getParent();
  if (Node.isFunctionDeclaration(owner) || Node.isMethodDeclaration(owner)) return owner;
  const parent = owner.getParent();
  return Node.isVariableDeclaration(parent) ? parent : undefined;
}

const nameOf = (node: Node): string | undefined => (Node.hasName(node) ? node.getName() : Node.isNameable(node) ? node.getName() : undefined);
