/** Images in what a manifest hands on as text: variables and parameters, arguments, annotations, ConfigMaps. */
import { FOLDED, get, getText, LITERAL, MAP, type Node, own, SCALAR, SEQ, scalarText } from "../syntax/tree.ts";
import type { Collector } from "./guess-collector.ts";
import { isSureReference, namesImage, passes, variableNamesImage } from "./guess-gate.ts";
import { afterFlag, isImageFlag } from "./guess-parts.ts";
import { isTemplated } from "./reading.ts";

/** Names of parameters that say where a build puts its image. */
const OUTPUT = /(?:^|[_.-])(?:output|destination|dest|target|push|built|result)(?=$|[_.-])/i;

type Read = (into: Collector, collection: Node) => void;

const isBlock = ({ style }: Node): boolean => style === LITERAL || style === FOLDED;

/** Lists that are read by the key that they stand under. */
export const LISTS: Readonly<Record<string, Read>> = {
  env: (into, list) => pairs(into, list, ["value"], "a variable", variableNamesImage),
  params: (into, list) => pairs(into, list, ["value", "default"], "a parameter", namesImage),
  parameters: (into, list) => pairs(into, list, ["value", "default"], "a parameter", namesImage),
  args: readArguments,
  command: readArguments,
  literals: (into, list) => into.scalars(list, (item) => into.assignments(item, "a line of key=reference")),
};

/** Any other list whose name says that it holds images. */
export function readImages(into: Collector, list: Node, key: string): void {
  into.scalars(list, (item, raw) => passes(raw, "version") && into.whole(item, { because: `the list ${own(key)}` }));
}

/** A map whose name says that its values are images. */
export function readImageMap(into: Collector, map: Node, key: string): void {
  into.scalars(map, (item, raw) => isSureReference(raw) && into.whole(item, { because: `a value below ${own(key)}` }));
}

/** `{name, value}` items. What is filled in from elsewhere is judged there. */
function pairs(into: Collector, list: Node, keys: readonly string[], what: string, names: (name: string) => boolean): void {
  if (list.kind !== SEQ) return;
  into.each(list, (item) => {
    const name = item.kind === MAP ? getText(into.text, item, "name") : undefined;
    if (name === undefined) return;
    into.ancestors.push(item);
    for (const key of keys) {
      const value = get(item, key);
      if (value?.kind === SCALAR) into.within(key, () => pair(into, name, value, what, names(name)));
    }
    into.ancestors.pop();
  });
}

function pair(into: Collector, name: string, value: Node, what: string, named: boolean): void {
  if (isBlock(value)) return into.assignments(value, `a line of key=reference in ${what}`);
  const raw = scalarText(into.text, value);
  if (isTemplated(raw)) return;
  const role = OUTPUT.test(name) ? "build-output" : undefined;
  if (named && passes(raw, "path")) into.whole(value, { because: `${what} named ${own(name)}`, role });
  else if (isSureReference(raw)) into.whole(value, { because: `${what} that holds a whole reference`, role });
}

function readArguments(into: Collector, list: Node): void {
  let before = "";
  into.scalars(list, (item, raw) => {
    if (isImageFlag(before) && passes(raw, "path")) into.whole(item, { because: `the argument behind ${own(before)}` });
    else if (isSureReference(raw) || /^ko:\/\/[\w./-]+$/.test(raw)) into.whole(item, { because: "an argument that is a whole reference" });
    else if (raw.startsWith("-")) into.part(item, afterFlag(into.text, item), { because: `the argument ${own(raw.slice(0, raw.indexOf("=") + 1))}` });
    before = raw;
  });
}

export function readAnnotations(into: Collector, map: Node): void {
  into.scalars(map, (item, raw, name) => {
    // Argo CD Image Updater: names that it follows, with a constraint in the place of a tag.
    if (name.endsWith("image-list")) return passes(raw, "version") && into.whole(item, { because: "an annotation with images that a tool follows", role: "tracked" });
    return (isSureReference(raw) || (namesImage(name) && passes(raw, "version"))) && into.whole(item, { because: `the annotation ${own(name)}` });
  });
}

/** The data of a ConfigMap or a Secret. */
export function readData(into: Collector, map: Node): void {
  into.scalars(map, (item, raw, name) => {
    if (!isBlock(item) && (isSureReference(raw) || (variableNamesImage(name) && passes(raw, "version")))) into.whole(item, { because: `the entry ${own(name)}` });
  });
}
