/** Where a walk stands, and what it has found there that no other surface had. */
import type { Confidence, Role } from "../model/site.ts";
import { follow, isNull, type Node, SCALAR, scalarText } from "../syntax/tree.ts";
import { inAssignments, type Part, partialReference } from "./guess-parts.ts";
import { type Shape, wholeReference } from "./shapes.ts";
import type { Draft } from "./surface.ts";

/** The name under which guesses are reported. */
const GUESSES = "guesses";

/** What says that something is an image. */
export interface Why {
  readonly because: string;
  readonly confidence?: Confidence;
  readonly role?: Role | undefined;
}

/** Longer than any reference: names end at 255 characters, tags at 128, digests at 135. */
const LONGEST = 600;

export class Collector {
  readonly text: string;
  readonly found: Draft[] = [];
  readonly path: (string | number)[] = [];
  readonly ancestors: Node[] = [];
  /** The manifest around the current node. */
  resource: Node | undefined;
  private readonly taken: Taken;

  constructor(text: string, drafts: readonly Draft[]) {
    this.text = text;
    this.taken = new Taken(drafts);
  }

  within(key: string | number, work: () => void): void {
    this.path.push(key);
    work();
    this.path.pop();
  }

  /** The items of a list or the values of a map, aliases followed. */
  each(collection: Node, use: (item: Node, key: string | number) => void): void {
    this.ancestors.push(collection);
    collection.children!.forEach((child, i) => {
      const item = follow(child);
      const key = child.key ?? i;
      if (item) this.within(key, () => use(item, key));
    });
    this.ancestors.pop();
  }

  /** Those that are scalars with something in them. What is too long for a reference is not decoded: `raw` is empty. */
  scalars(collection: Node, use: (item: Node, raw: string, key: string) => void): void {
    this.each(collection, (item, key) => {
      if (item.kind !== SCALAR || isNull(this.text, item)) return;
      use(item, item.end - item.start > LONGEST ? "" : scalarText(this.text, item), String(key));
    });
  }

  /** A scalar that is a reference. */
  whole(node: Node, why: Why): boolean {
    const shape = wholeReference(this.text, node);
    return shape !== undefined && this.emit(shape, why);
  }

  /** A part of a scalar that is one. */
  part(node: Node, part: Part | undefined, why: Why): boolean {
    const shape = part && partialReference(this.text, node, part);
    return shape !== undefined && this.emit(shape, why);
  }

  assignments(node: Node, because: string): void {
    for (const part of inAssignments(this.text, node)) this.part(node, part, { because });
  }

  emit(shape: Shape, { because, confidence = "guess", role }: Why): boolean {
    if (shape.parts.some((node) => this.taken.has(node))) return true;
    this.taken.add(shape.node);
    const { resource } = this;
    this.found.push({ ...shape, surface: GUESSES, path: [...this.path], resource, confidence, because, ...(role ? { role } : {}), ancestors: [...this.ancestors] });
    return true;
  }
}

/** The places that are images already. */
class Taken {
  private readonly starts = new Set<number>();
  private readonly ordered: readonly number[];

  constructor(drafts: readonly Draft[]) {
    for (const { parts } of drafts) for (const { start } of parts) this.starts.add(start);
    this.ordered = [...this.starts].sort((a, b) => a - b);
  }

  add({ start }: Node): void {
    this.starts.add(start);
  }

  /** Whether the node is one, or holds one of another surface, as a manifest in a string. */
  has({ start, end }: Node): boolean {
    if (this.starts.has(start)) return true;
    let low = 0;
    let high = this.ordered.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ordered[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low < this.ordered.length && this.ordered[low]! < end;
  }
}
