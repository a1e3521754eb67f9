/** References that are only a part of a scalar: behind a flag, in lines of `key=reference`, in a `docker://` URI. */
import { DOUBLE, FOLDED, LITERAL, Node, PLAIN, SCALAR, SINGLE } from "../syntax/tree.ts";
import { isSureReference, namesImage, passes, variableNamesImage } from "./guess-gate.ts";
import { readReference } from "./reading.ts";
import { type Shape, wholeReference } from "./shapes.ts";

/** A part of a scalar, in the file's text. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** The shape of a reference that is a part of a scalar. Only what is spelled plainly can be cut out of it. */
export function partialReference(text: string, scalar: Node, { start, end }: Part): Shape | undefined {
  const node = new Node(SCALAR, start, end);
  node.key = scalar.key;
  node.keyStart = scalar.keyStart;
  const shape = wholeReference(text, node);
  return shape && { ...shape, parts: [node, scalar] };
}

/** Whether a scalar's source text is its content, so that a part of the one is a part of the other. */
function isSpelledPlainly(text: string, node: Node): boolean {
  const source = text.slice(node.start, node.end);
  if (node.style === LITERAL || node.style === FOLDED) return true;
  if (node.style === PLAIN) return !source.includes("\n");
  if (node.style === SINGLE) return !source.includes("\n") && !source.includes("''");
  return node.style === DOUBLE && !/[\\\n]/.test(source);
}

const FLAG = /^--?[A-Za-z][\w.-]*/;

/** `--sidecar-image=reference`: the part behind the sign, where the flag or the value says that it is an image. */
export function afterFlag(text: string, node: Node): Part | undefined {
  const source = text.slice(node.start, node.end);
  const flag = FLAG.exec(source)?.[0];
  if (flag === undefined || source[flag.length] !== "=" || !isSpelledPlainly(text, node)) return undefined;
  const value = source.slice(flag.length + 1).trimEnd();
  if (!isSureReference(value) && !(namesImage(flag) && passes(value, "path")) && readReference(value).is !== "placeholder") return undefined;
  const start = node.start + flag.length + 1;
  return { start, end: start + value.length };
}

/** Whether an argument is a flag that takes an image as the next one. */
export const isImageFlag = (argument: string): boolean => FLAG.exec(argument)?.[0] === argument && namesImage(argument.replace(/s$/, ""));

const SCHEME = "docker://";

/** The reference of a `docker://` URI, or undefined. */
export function inDockerUri(text: string, node: Node): Part | undefined {
  if (!text.startsWith(SCHEME, node.start) || !isSpelledPlainly(text, node)) return undefined;
  const start = node.start + SCHEME.length;
  const value = text.slice(start, node.end).trimEnd();
  return passes(value, "any") ? { start, end: start + value.length } : undefined;
}

const ASSIGNMENT = /^[ \t]*([\w.-]+)[ \t]*=[ \t]*(\S*)[ \t\r]*$/;

/** References in a text that is nothing but lines of `key=value`; a script or a document has other lines as well. */
export function inAssignments(text: string, node: Node): Part[] {
  if (!isSpelledPlainly(text, node)) return [];
  const found: Part[] = [];
  for (let at = node.start; at < node.end; ) {
    let end = text.indexOf("\n", at);
    if (end < 0 || end > node.end) end = node.end;
    const line = text.slice(at, end);
    const [whole, key = "", value = ""] = ASSIGNMENT.exec(line) ?? [];
    if (whole === undefined && !/^\s*(?:#.*)?$/.test(line)) return [];
    if (isSureReference(value) || (variableNamesImage(key) && passes(value, "version"))) {
      const start = at + line.lastIndexOf(value);
      found.push({ start, end: start + value.length });
    }
    at = end + 1;
  }
  return found;
}
