/** The proof behind a change of a TypeScript file: the same syntax tree, but for the literals that were written. */
import { ts } from "ts-morph";
import type { Edit } from "../../model/edit.ts";
import type { SourceFile } from "../../model/site.ts";

/** The first difference between two texts that no edit explains. */
export function sameButFor(before: SourceFile, after: string, edits: readonly Edit[]): string | undefined {
  const [old, fresh] = [parse(before.path, before.text), parse(before.path, after)];
  if (hasErrors(fresh) && !hasErrors(old)) return "it would no longer be TypeScript";
  return difference(old, fresh, old, fresh, edits);
}

const parse = (path: string, text: string): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);

const hasErrors = (file: ts.SourceFile): boolean => (file as ts.SourceFile & { readonly parseDiagnostics: readonly unknown[] }).parseDiagnostics.length > 0;

function difference(old: ts.Node, fresh: ts.Node, before: ts.SourceFile, after: ts.SourceFile, edits: readonly Edit[]): string | undefined {
  const where = `line ${before.getLineAndCharacterOfPosition(old.getStart(before)).line + 1}`;
  if (old.kind !== fresh.kind) return `${where} would read as something else`;
  const [olds, freshes] = [childrenOf(old), childrenOf(fresh)];
  if (olds.length !== freshes.length) return `${where} would have other parts`;
  if (olds.length === 0) {
    const [text, now] = [old.getText(before), fresh.getText(after)];
    const [start, end] = [old.getStart(before), old.getEnd()];
    return text === now || edits.some(({ span }) => span.start > start && span.end < end) ? undefined : `${where} would change`;
  }
  for (const [i, child] of olds.entries()) {
    const found = difference(child, freshes[i]!, before, after, edits);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}
