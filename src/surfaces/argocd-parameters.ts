/** `helm.parameters` of an Argo CD source: `image.tag` and its value, one after another. Read as the values that they make. */
import { ALIAS, follow, get, getText, MAP, Node, SCALAR } from "../syntax/tree.ts";
import { type ValuesPlace, valuesIn } from "./helm-values.ts";
import type { Draft } from "./surface.ts";

/** The images that a list of `{name, value}` makes, by the conventions of Helm values. */
export function* parameterImages(place: ValuesPlace): Generator<Draft> {
  const { document: { text }, root: list, path, ancestors } = place;
  const values = new Node(MAP, list.start, list.end);
  values.children = [];
  /** Where each value stands. */
  const places = new Map<Node, { readonly index: number; readonly parameter: Node }>();
  for (const [index, child] of list.children!.entries()) {
    const parameter = follow(child);
    const name = getText(text, parameter, "name");
    const value = get(parameter, "value");
    if (!parameter || !name || value?.kind !== SCALAR) continue;
    places.set(value, { index, parameter });
    put(values, stepsOf(name), value);
  }
  for (const draft of valuesIn({ ...place, root: values })) {
    const { index, parameter } = places.get(draft.node)!;
    yield { ...draft, path: [...path, index, "value"], ancestors: [...ancestors, list, parameter], because: `${draft.because}, by the names of Helm parameters` };
  }
}

/** `a.b\.c.d`, as Helm's --set has it. */
const stepsOf = (name: string): string[] => name.split(/(?<!\\)\./).map((step) => step.replaceAll("\\.", "."));

/** Hangs a value into a tree of maps; an alias, so that the value itself stays where it is. */
function put(map: Node, [key, ...rest]: readonly string[], value: Node): void {
  if (rest.length === 0) {
    const leaf = new Node(ALIAS, value.start, value.end);
    leaf.target = value;
    leaf.key = key;
    map.children!.push(leaf);
    return;
  }
  let below = map.children!.find((child) => child.key === key && child.kind === MAP);
  if (!below) {
    below = new Node(MAP, map.start, map.end);
    below.key = key;
    below.children = [];
    map.children!.push(below);
  }
  put(below, rest, value);
}
