/**
 * The last reader: the `yaml` package. It accepts some documents that js-yaml refuses although every
 * Kubernetes tool reads them, and it is the one that reads a file back after a rewrite, so that the reader
 * that located a place is not the only one to vouch for it.
 */
import { type Pair, isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments, type ParsedNode, type Document as YamlDocument } from "yaml";
import { ALIAS, DOUBLE, FOLDED, LITERAL, MAP, Node, PLAIN, SCALAR, SEQ, SINGLE, type Style, scalarText } from "./tree.ts";

/** What is wrong with a text that is not YAML. */
export class SyntaxProblem extends Error {
  /** Offset into the text. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const STYLES: Readonly<Record<string, Style>> = {
  PLAIN, QUOTE_SINGLE: SINGLE, QUOTE_DOUBLE: DOUBLE, BLOCK_LITERAL: LITERAL, BLOCK_FOLDED: FOLDED,
};

/**
 * Reads a stream: one root per document, offsets into `source`.
 * @throws {SyntaxProblem} at the first error
 */
export function readFull(source: string): Node[] {
  // Kubernetes keeps the last of two equal keys; both may hold an image, so both are read.
  const documents = parseAllDocuments(source, { schema: "failsafe", uniqueKeys: false, logLevel: "silent" });
  // Nothing but comments is a document that says nothing, as it is to the other readers.
  if (documents.length === 0) return [new Node(SCALAR, source.length, source.length)];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error) throw new SyntaxProblem(error.message.split("\n")[0]!.replace(/ at line.*$/, ""), error.pos[0]);
    return new Builder(source, document).root();
  });
}

class Builder {
  private readonly source: string;
  private readonly document: YamlDocument.Parsed;
  private readonly byYaml = new Map<unknown, Node>();

  constructor(source: string, document: YamlDocument.Parsed) {
    this.source = source;
    this.document = document;
  }

  root(): Node {
    const { contents, range } = this.document;
    return contents ? this.node(contents as ParsedNode) : new Node(SCALAR, range[1], range[1]);
  }

  private node(from: ParsedNode): Node {
    const [start, end] = from.range;
    let node: Node;
    if (isAlias(from)) {
      node = new Node(ALIAS, start, end);
      node.target = this.byYaml.get(from.resolve(this.document));
    } else if (isScalar(from)) {
      node = this.scalar(start, end, STYLES[from.type ?? "PLAIN"] ?? PLAIN);
      node.tagged = from.tag !== undefined;
    } else {
      node = new Node(isSeq(from) ? SEQ : MAP, start, end);
      node.flow = from.flow === true;
      node.children = [];
    }
    this.byYaml.set(from, node);
    if (!isAlias(from)) node.anchored = from.anchor !== undefined;
    if (isSeq(from)) for (const item of from.items) node.children!.push(this.item(item));
    if (isMap(from)) for (const pair of from.items) node.children!.push(this.pair(pair as Pair<ParsedNode, ParsedNode | null>));
    return node;
  }

  private item(from: unknown): Node {
    if (isPair(from)) {
      // `[a: b]` is a sequence of one-pair maps.
      const pair = this.pair(from as Pair<ParsedNode, ParsedNode | null>);
      const map = new Node(MAP, pair.keyStart, pair.end);
      map.flow = true;
      map.children = [pair];
      return map;
    }
    return this.node(from as ParsedNode);
  }

  private pair(from: Pair<ParsedNode, ParsedNode | null>): Node {
    const key = this.node(from.key);
    const value = from.value ? this.node(from.value) : new Node(SCALAR, key.end, key.end);
    if (key.kind === SCALAR) value.key = scalarText(this.source, key);
    value.keyStart = from.key.range[0];
    return value;
  }

  private scalar(start: number, end: number, style: Style): Node {
    if (style === SINGLE || style === DOUBLE) {
      const node = new Node(SCALAR, start + 1, end - 1);
      node.style = style;
      return node;
    }
    if (style === PLAIN) return new Node(SCALAR, start, end);
    // The range of a block scalar begins at its `|` or `>`.
    let content = this.source.indexOf("\n", start);
    content = content < 0 ? end : content;
    while (content < end && /[ \r\n]/.test(this.source[content]!)) content++;
    const node = new Node(SCALAR, content, Math.max(content, end));
    node.style = style;
    return node;
  }
}
