/** What differs between two rendered streams, field by field. */
import { readStream } from "../../syntax/read.ts";
import { cut } from "../../syntax/stream.ts";
import { ALIAS, getText, get, LITERAL, FOLDED, MAP, type Node, SCALAR, SEQ, scalarText } from "../../syntax/tree.ts";

/** A field that reads otherwise, or is on one side only. */
export interface Difference {
  /** The place of the document in the stream. */
  readonly document: number;
  readonly kind: string;
  readonly name: string;
  readonly apiVersion: string;
  /** Keys and places in lists, from the document's root. Empty: the document as a whole. */
  readonly path: readonly string[];
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Identifies a field from one rendering to the next. */
export const fieldKey = ({ document, path }: Pick<Difference, "document" | "path">): string => `${document} ${path.join("\u0000")}`;

/** All fields in which two streams differ. */
export async function differences(before: string, after: string): Promise<readonly Difference[]> {
  if (before === after) return [];
  const [olds, freshes] = [documentsOf(before), documentsOf(after)];
  if (olds.length !== freshes.length) return [aboutAll(`${olds.length} documents`, `${freshes.length} documents`)];
  const found: Difference[] = [];
  for (const [i, old] of olds.entries()) if (old !== freshes[i]) found.push(...(await inDocument(i, old, freshes[i]!)));
  return found;
}

const NOTHING = { kind: "", name: "", apiVersion: "" };
const aboutAll = (before: string, after: string): Difference => ({ document: -1, ...NOTHING, path: [], before, after });

/** Comments are no part of what a cluster gets; a document of nothing else goes with them. */
function documentsOf(text: string): string[] {
  return (cut(text) ?? [{ from: 0, to: text.length }]).map(({ from, to }) => text.slice(from, to)).filter((piece) => /^(?!\s*(?:#|$)).+/m.test(piece));
}

async function inDocument(document: number, before: string, after: string): Promise<Difference[]> {
  const [old, fresh] = await Promise.all([before, after].map((text) => readStream(text, { wanted: () => true })));
  const [oldRoot, freshRoot] = [old!.documents[0]?.root, fresh!.documents[0]?.root];
  if (!oldRoot || !freshRoot || old!.documents.length > 1 || fresh!.documents.length > 1) {
    const why = fresh!.broken[0]?.message ?? "several documents in one";
    return [{ document, ...NOTHING, path: [], before: "a document", after: `a document that cannot be read (${why})` }];
  }
  const about = {
    document, kind: getText(before, oldRoot, "kind") ?? "", apiVersion: getText(before, oldRoot, "apiVersion") ?? "",
    name: getText(before, get(oldRoot, "metadata"), "name") ?? "",
  };
  const found: Difference[] = [];
  compare({ text: before, node: oldRoot }, { text: after, node: freshRoot }, [], (path, one, other) => found.push({ ...about, path, before: one, after: other }));
  return found;
}

interface Side {
  readonly text: string;
  readonly node: Node;
}

type Tell = (path: readonly string[], before: string | undefined, after: string | undefined) => void;

function compare(old: Side, fresh: Side, path: readonly string[], tell: Tell): void {
  if (old.node.kind !== fresh.node.kind || old.node.kind === SCALAR || old.node.kind === ALIAS) {
    const [before, after] = [valueOf(old), valueOf(fresh)];
    if (before !== after) tell(path, before, after);
    return;
  }
  const [olds, freshes] = [childrenOf(old.node), childrenOf(fresh.node)];
  for (const [step, node] of olds) {
    const other = freshes.get(step);
    if (other) compare({ text: old.text, node }, { text: fresh.text, node: other }, [...path, step], tell);
    else tell([...path, step], valueOf({ text: old.text, node }), undefined);
  }
  for (const [step, node] of freshes) if (!olds.has(step)) tell([...path, step], undefined, valueOf({ text: fresh.text, node }));
}

const childrenOf = ({ kind, children }: Node): Map<string, Node> =>
  new Map(children!.map((child, i) => [kind === MAP ? (child.key ?? `?${i}`) : String(i), child]));

/** A scalar as it reads; a block scalar and anything else as it is written. Kinds are told apart, since `"1"` and `1` are two things to a cluster. */
function valueOf({ text, node }: Side): string {
  if (node.kind === MAP || node.kind === SEQ) return `${node.kind === MAP ? "a map" : "a list"} ${text.slice(node.start, node.end < 0 ? undefined : node.end)}`;
  if (node.kind === ALIAS || node.style === LITERAL || node.style === FOLDED) return text.slice(node.start, node.end);
  return scalarText(text, node);
}
