/**
 * An object of a program as a document, so that the surfaces which know manifests find the images in it. Its
 * text is made of the values alone, one a line, and each line remembers the expression that it stands for.
 */
import { Node as Expression } from "ts-morph";
import { DOUBLE, MAP, Node, PLAIN, SCALAR, SEQ } from "../../syntax/tree.ts";
import { LadingError } from "../../model/errors.ts";
import type { Resolver, Value } from "./resolve.ts";
import { readText, type Text } from "./text.ts";

/** A scalar of the document and the expression behind it. */
export interface Leaf {
  readonly start: number;
  readonly value: Value;
  readonly text: Text;
}

/** What a computed value reads as: whatever a program fills in. */
const COMPUTED = "$(computed)";

const MAX_DEPTH = 60;
const MAX_NODES = 50_000;

export class ProgramDocument {
  readonly leaves: Leaf[] = [];
  private readonly resolver: Resolver;
  private readonly lines: string[] = [];
  private length = 0;
  private nodes = 0;

  constructor(resolver: Resolver) {
    this.resolver = resolver;
  }

  get text(): string {
    return this.lines.join("");
  }

  /** The leaf at a place in the text. */
  leafAt(offset: number): Leaf | undefined {
    return this.leaves.findLast(({ start }) => start <= offset);
  }

  /** A map of texts that the program does not spell itself. */
  map(children: Readonly<Record<string, string | Node | undefined>>): Node {
    const node = this.node(MAP);
    node.children = Object.entries(children).flatMap(([key, child]) => {
      if (child === undefined) return [];
      const value = typeof child === "string" ? this.scalar(child, DOUBLE) : child;
      value.key = key;
      return [value];
    });
    return node;
  }

  list(items: readonly Node[]): Node {
    const node = this.node(SEQ);
    node.children = [...items];
    return node;
  }

  /** Everything that an expression can be; several children under one key are several values of it. */
  nodesOf(value: Value, depth = 0): Node[] {
    if (depth > MAX_DEPTH) return [];
    return this.resolver.resolve(value).flatMap((one) => {
      if (Expression.isObjectLiteralExpression(one.node)) return [this.object(one, depth)];
      if (Expression.isArrayLiteralExpression(one.node)) return [this.list(this.resolver.items(one).flatMap((item) => this.nodesOf(item, depth + 1)))];
      const items = this.resolver.items(one);
      if (items.length > 0) return [this.list(items.flatMap((item) => this.nodesOf(item, depth + 1)))];
      return this.leaf(one);
    });
  }

  private object(value: Value, depth: number): Node {
    const node = this.node(MAP);
    node.children = [...this.resolver.entries(value)].flatMap(([key, values]) =>
      values.flatMap((one) => this.nodesOf(one, depth + 1)).map((child) => {
        child.key = key;
        return child;
      }),
    );
    return node;
  }

  private leaf(value: Value): Node[] {
    const { node } = value;
    if (Expression.isArrowFunction(node) || Expression.isFunctionExpression(node) || Expression.isNewExpression(node) || Expression.isClassDeclaration(node)) return [];
    const text = readText(value, this.resolver);
    const shown = text.is === "literal" ? text.piece.text : text.is === "computed" ? COMPUTED : text.text;
    this.leaves.push({ start: this.length, value, text });
    return [this.scalar(shown, text.is === "other" ? PLAIN : DOUBLE)];
  }

  private scalar(text: string, style: typeof DOUBLE | typeof PLAIN): Node {
    // Escapes are undone already; what is left would be undone again.
    const line = text.replace(/[\r\n\\]/g, "\ufffd");
    const node = this.node(SCALAR, this.length, this.length + line.length);
    node.style = style;
    this.lines.push(`${line}\n`);
    this.length += line.length + 1;
    return node;
  }

  private node(kind: typeof MAP | typeof SEQ | typeof SCALAR, start = this.length, end = this.length): Node {
    if (++this.nodes > MAX_NODES) throw new LadingError("io", "an object in it grows too large to be followed");
    return new Node(kind, start, end);
  }
}
