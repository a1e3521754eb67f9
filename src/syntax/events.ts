/** The second reader: js-yaml's event stream, a whole YAML 1.2 parser with offsets. */
import { type Event, parseEvents } from "js-yaml";
import { ALIAS, DOUBLE, FOLDED, LITERAL, MAP, Node, PLAIN, SCALAR, SEQ, SINGLE, type Style, scalarText } from "./tree.ts";

const STYLES: Readonly<Record<number, Style>> = { 1: PLAIN, 2: SINGLE, 3: DOUBLE, 4: LITERAL, 5: FOLDED };

/**
 * Reads a stream: one root per document, offsets into `source`.
 * @throws YAMLException, with `mark.line` counted from 0, when the text is not YAML.
 */
export function readEvents(source: string): Node[] {
  const events = parseEvents(source, {});
  return new Builder(source, events).documents();
}

class Builder {
  private readonly source: string;
  private readonly events: readonly Event[];
  private readonly anchors = new Map<string, Node>();
  private next = 0;
  /** End of the last token read: where an empty value would go. */
  private cursor = 0;

  constructor(source: string, events: readonly Event[]) {
    this.source = source;
    this.events = events;
  }

  documents(): Node[] {
    const roots: Node[] = [];
    while (this.next < this.events.length) {
      this.next++; // DOCUMENT
      this.anchors.clear();
      const event = this.events[this.next];
      roots.push(event && event.type !== 6 ? this.node() : new Node(SCALAR, this.cursor, this.cursor));
      this.next++; // POP
    }
    return roots;
  }

  private node(): Node {
    const event = this.events[this.next++]!;
    switch (event.type) {
      case 2: {
        const node = this.collection(SEQ, event);
        while (this.events[this.next]!.type !== 6) node.children!.push(this.node());
        this.next++;
        return node;
      }
      case 3: {
        const node = this.collection(MAP, event);
        while (this.events[this.next]!.type !== 6) {
          const key = this.node();
          this.afterKey(key);
          const value = this.node();
          if (key.kind === SCALAR) value.key = scalarText(this.source, key);
          value.keyStart = key.start - (key.kind === SCALAR && (key.style === SINGLE || key.style === DOUBLE) ? 1 : 0);
          node.children!.push(value);
        }
        this.next++;
        return node;
      }
      case 4: {
        const empty = event.valueStart < 0;
        const node = new Node(SCALAR, empty ? this.cursor : event.valueStart, empty ? this.cursor : event.valueEnd);
        node.style = STYLES[event.style] ?? PLAIN;
        node.tagged = event.tagStart >= 0;
        if (node.style === LITERAL || node.style === FOLDED) this.toContent(node);
        if (!empty) this.cursor = Math.max(this.cursor, event.valueEnd);
        this.anchor(event, node);
        return node;
      }
      case 5: {
        const node = new Node(ALIAS, event.anchorStart - 1, event.anchorEnd);
        node.target = this.anchors.get(this.source.slice(event.anchorStart, event.anchorEnd));
        this.cursor = event.anchorEnd;
        return node;
      }
      default:
        throw new Error(`unexpected YAML event ${event.type}`);
    }
  }

  private collection(kind: typeof MAP | typeof SEQ, event: Extract<Event, { type: 2 | 3 }>): Node {
    const node = new Node(kind, event.start, -1);
    node.flow = event.style === 2;
    node.children = [];
    this.cursor = Math.max(this.cursor, event.start);
    this.anchor(event, node);
    return node;
  }

  private anchor(event: { anchorStart: number; anchorEnd: number }, node: Node): void {
    if (event.anchorStart < 0) return;
    node.anchored = true;
    this.anchors.set(this.source.slice(event.anchorStart, event.anchorEnd), node);
  }

  /** Events give a block scalar from the line after its header; its content begins behind the indentation. */
  private toContent(node: Node): void {
    while (node.start < node.end && /[ \r\n]/.test(this.source[node.start]!)) node.start++;
  }

  /** An empty value stands behind its key's colon. */
  private afterKey(key: Node): void {
    const colon = this.source.indexOf(":", key.end);
    if (colon >= 0 && colon <= this.nextStart() && /^["']?\s*$/.test(this.source.slice(key.end, colon))) this.cursor = colon + 1;
  }

  private nextStart(): number {
    const event = this.events[this.next];
    if (event?.type === 4 && event.valueStart >= 0) return event.valueStart;
    if (event?.type === 2 || event?.type === 3) return event.start;
    if (event?.type === 5) return event.anchorStart;
    return this.source.length;
  }
}
