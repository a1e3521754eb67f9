/** Who calls a function of the program, for what its parameters can stand for. */
import { Node, type ParameterDeclaration, SyntaxKind } from "ts-morph";
import { finalName, type Program } from "./program.ts";

export class Callers {
  private readonly program: Program;
  private byName: Map<string, Node[]> | undefined;

  constructor(program: Program) {
    this.program = program;
  }

  /** What stands at a parameter's place in each call of its function. */
  arguments(parameter: ParameterDeclaration): Node[] {
    const owner = parameter.getParentOrThrow();
    const called = calledAs(owner);
    const at = Node.isParametered(owner) ? owner.getParameters().indexOf(parameter) : -1;
    const name = called && nameOf(called);
    if (called === undefined || name === undefined || at < 0) return [];
    return (this.calls().get(name) ?? []).flatMap((call) => {
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

  private calls(): Map<string, Node[]> {
    if (this.byName) return this.byName;
    const found = new Map<string, Node[]>();
    for (const { tree } of this.program.files.values()) {
      for (const call of [...tree.getDescendantsOfKind(SyntaxKind.CallExpression), ...tree.getDescendantsOfKind(SyntaxKind.NewExpression)]) {
        const name = lastName(call.getExpression());
        if (name !== undefined) found.set(name, [...(found.get(name) ?? []), call]);
      }
    }
    return (this.byName = found);
  }
}

/** The declaration by which a function is called: its own, its variable's, or its class's for a constructor. */
function calledAs(owner: Node): Node | undefined {
  if (Node.isConstructorDeclaration(owner)) return owner.getParent();
  if (Node.isFunctionDeclaration(owner) || Node.isMethodDeclaration(owner)) return owner;
  const parent = owner.getParent();
  return Node.isVariableDeclaration(parent) ? parent : undefined;
}

const nameOf = (node: Node): string | undefined => (Node.hasName(node) ? node.getName() : Node.isNameable(node) ? node.getName() : undefined);

const lastName = (callee: Node): string | undefined => (Node.isIdentifier(callee) ? callee.getText() : Node.isPropertyAccessExpression(callee) ? callee.getName() : undefined);
