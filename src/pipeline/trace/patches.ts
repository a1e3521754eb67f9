/** What a patch of kustomize does to one image of one object. */
import { follow, get, getText, isNull, MAP, type Node, SCALAR, scalarText, SEQ } from "../../syntax/tree.ts";
import type { PatchPart } from "./kustomization-parts.ts";
import { indexAt, type NamedPath, nodeAt } from "./named-path.ts";
import type { Located, Sources } from "./sources.ts";
import { doubted, type Way, whole } from "./way.ts";

/** The object that is patched: as it was read, and as it was rendered. */
export interface Subject {
  readonly kind: string | undefined;
  /** Its name in the stream. */
  readonly name: string | undefined;
  /** Where it was read; undefined for one that was generated. */
  readonly read: Located | undefined;
  /** Its name there. */
  readonly readName: string | undefined;
  readonly path: NamedPath;
  /** How many items patches have put behind the lists around the image so far: one without a name is told by its number. */
  readonly appended: Map<number, number>;
}

/** The ways after a patch that may apply to the object. */
export function throughPatch(sources: Sources, ways: readonly Way[], { documents, target }: PatchPart, subject: Subject): readonly Way[] {
  let out = ways;
  for (const document of documents) {
    const operations = document.root.kind === SEQ;
    const aim = target ? aimOf(subject, target.kind, target.name, true) : operations ? undefined : aimOf(subject, getText(document.text, document.root, "kind"), getText(document.text, get(document.root, "metadata"), "name"), false);
    if (aim === undefined) continue;
    const unsure = aim === "perhaps" || target?.more === true;
    out = operations ? throughOperations(sources, out, document, subject, unsure) : throughMerge(sources, out, document, subject, unsure);
  }
  return out;
}

/** Whether a selector means an object: as kustomize has it, by its name as read or as it is by then. */
function aimOf({ kind, name, readName }: Subject, wantedKind: string | undefined, wantedName: string | undefined, pattern: boolean): "surely" | "perhaps" | undefined {
  const fits = (wanted: string | undefined, is: string | undefined): boolean => wanted === undefined || wanted === is || (pattern && is !== undefined && matchesWhole(wanted, is));
  if (!fits(wantedKind, kind)) return undefined;
  if (fits(wantedName, readName) || fits(wantedName, name)) return "surely";
  // Somewhere between the two, with some of the prefixes.
  const between = wantedName !== undefined && readName !== undefined && name !== undefined && (pattern || (wantedName.includes(readName) && name.includes(wantedName)));
  return between ? "perhaps" : undefined;
}

function matchesWhole(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}

const LAYER = "patch";

function throughMerge(sources: Sources, ways: readonly Way[], document: Located, { path }: Subject, unsure: boolean): readonly Way[] {
  const node = nodeAt(document.text, document.root, path);
  if (node?.kind !== SCALAR || isNull(document.text, node)) return ways;
  const value = scalarText(document.text, node);
  const patched = ways.map((way) => whole(way, value, sources.placeOf(document, node), LAYER));
  return unsure ? [...patched, ...ways.map(doubted)] : patched;
}

function throughOperations(sources: Sources, ways: readonly Way[], document: Located, subject: Subject, unsure: boolean): readonly Way[] {
  let out = ways;
  for (const child of document.root.children!) {
    const operation = follow(child);
    const put = operation && valuePut(document.text, operation, subject);
    if (!put) continue;
    const value = scalarText(document.text, put.node);
    // A number may have meant another item by then: what was rendered decides, and the likelier reading where both fit.
    const written = out.map((way) => whole(way, value, sources.placeOf(document, put.node), "JSON patch", put.is === "perhaps" ? 1 : 0));
    out = put.is === "surely" && !unsure ? written : [...written, ...(put.is === "perhaps" && !unsure ? out : out.map(doubted))];
  }
  return out;
}

/** The scalar that an operation puts at the image, if it does. */
function valuePut(text: string, operation: Node, subject: Subject): { node: Node; is: "surely" | "likely" | "perhaps" } | undefined {
  const op = getText(text, operation, "op");
  const pointer = getText(text, operation, "path");
  const value = get(operation, "value");
  if ((op !== "add" && op !== "replace") || !pointer?.startsWith("/") || !value) return undefined;
  const steps = pointer.slice(1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const { path } = subject;
  if (steps.length > path.length) return undefined;
  let is: "surely" | "likely" | "perhaps" = "surely";
  for (const [i, step] of steps.entries()) {
    const at = path[i]!;
    if (typeof at === "string") {
      if (at !== step) return undefined;
      continue;
    }
    if (step !== "-" && !/^\d+$/.test(step)) return undefined;
    // An item that is put whole says its name itself. Of others the number is that of the list at that time.
    if (step === "-" && typeof at === "number") {
      const list = subject.read && nodeAt(subject.read.text, subject.read.root, path.slice(0, i));
      const number = (list?.children?.length ?? 0) + (subject.appended.get(i) ?? 0);
      subject.appended.set(i, (subject.appended.get(i) ?? 0) + 1);
      if (number !== at) return undefined;
      is = "likely";
    } else if (i === steps.length - 1) {
      if (typeof at === "object" && (value.kind !== MAP || getText(text, value, "name") !== at.named)) return undefined;
    } else is = subject.read && indexAt(subject.read.text, subject.read.root, path.slice(0, i + 1)) === Number(step) ? "likely" : "perhaps";
  }
  const node = nodeAt(text, value, path.slice(steps.length));
  return node?.kind === SCALAR && !isNull(text, node) ? { node, is } : undefined;
}
