/**
 * Paths that survive rendering: items of a list are told by their names, since a merge puts new ones in front of
 * those that were there.
 */
import type { Path } from "../../model/site.ts";
import { follow, get, getText, MAP, type Node, SEQ } from "../../syntax/tree.ts";

/** A key, an item by its name, or one by its number where items have no names. */
export type NamedStep = string | { readonly named: string } | number;
export type NamedPath = readonly NamedStep[];

/** The path of a site, up to the string that it stands in if it is in one. */
export function namedPath(text: string, root: Node, path: Path): NamedPath {
  const named: NamedStep[] = [];
  let at: Node | undefined = root;
  for (const step of path) {
    if (step === "|") break;
    if (typeof step === "string") {
      at = get(at, step);
      named.push(step);
    } else {
      at = follow(at?.children?.[step]);
      const name = at?.kind === MAP ? getText(text, at, "name") : undefined;
      named.push(name === undefined ? step : { named: name });
    }
  }
  return named;
}

/** What stands at a path in another version of the object. */
export function nodeAt(text: string, root: Node | undefined, path: NamedPath): Node | undefined {
  let at = follow(root);
  for (const step of path) {
    if (at === undefined) return undefined;
    if (typeof step === "string") at = get(at, step);
    else if (at.kind !== SEQ) return undefined;
    else if (typeof step === "number") at = follow(at.children![step]);
    else at = at.children!.map(follow).find((item) => item?.kind === MAP && getText(text, item, "name") === step.named);
  }
  return at;
}

/** The number of an item in the list that it stands in; -1 when it is not there. */
export function indexAt(text: string, root: Node, path: NamedPath): number {
  const step = path.at(-1);
  if (typeof step === "number") return step;
  const list = nodeAt(text, root, path.slice(0, -1));
  if (typeof step !== "object" || list?.kind !== SEQ) return -1;
  return list.children!.findIndex((item) => getText(text, follow(item), "name") === step.named);
}
