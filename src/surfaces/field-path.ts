/** The paths of image fields: `spec.steps[*].image`, `data{*}`, `params[name=bundle].value`. */

/** One step from a node to those below it. */
export type FieldStep =
  | { readonly key: string }
  | { readonly all: "items" | "values" }
  /** The items of a list, or the map itself, where a key has a value. */
  | { readonly where: string; readonly is: string };

const STEP = /\.?(?:\[\*\]|\{\*\}|\[([A-Za-z_][\w.-]*)=([^\]=]+)\]|([A-Za-z_$][\w$-]*))/y;

/** The steps of a path; undefined where it is none. */
export function parseFieldPath(path: string): readonly FieldStep[] | undefined {
  const steps: FieldStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const from = STEP.lastIndex;
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [whole, where, is, key] = match;
    // Keys are told apart by dots; a leading dot belongs to no key.
    if (key !== undefined && whole.startsWith(".") === (from === 0)) return undefined;
    if (key !== undefined) steps.push({ key });
    else if (where !== undefined && is !== undefined) steps.push({ where, is });
    else steps.push({ all: whole.includes("[") ? "items" : "values" });
  }
  return steps.length === 0 ? undefined : steps;
}

/** A step as it is written in a path. */
export const stepText = (step: FieldStep): string => ("key" in step ? step.key : "all" in step ? (step.all === "items" ? "[*]" : "{*}") : `[${step.where}=${step.is}]`);
