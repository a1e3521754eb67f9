/**
 * Which texts name a kind that is read whatever keys it has, told without parsing them: by an `apiVersion` and a
 * `kind` near it. A kind that is not near, or cannot be told, counts.
 */
import { groupOf } from "./policies.ts";
import { RangeSearch } from "./range-search.ts";

const API_VERSION = "apiVersion";

/** Read whatever keys it has: no key of it speaks of an image, and no entry of the catalogue. */
export const OCI_REPOSITORY = "source.toolkit.fluxcd.io/OCIRepository";

/** Read for the charts and revisions that they name (artifacts-gitops.ts). */
export const KINDS_WITH_ARTIFACTS: readonly string[] = ["argoproj.io/Application", "argoproj.io/ApplicationSet", "helm.toolkit.fluxcd.io/HelmRelease", "source.toolkit.fluxcd.io/HelmChart"];

const BYTES = Buffer.from(API_VERSION);

/** How far a `kind` is looked for on either side. Most stand on the next line, or two above. */
const NEAR = 160;

const COLON = 58, SPACE = 32, DQUOTE = 34, SQUOTE = 39, BACKSLASH = 92, V = 118, ONE = 49, SLASH = 47;

/** `"v1` and the like: where the value behind `apiVersion` begins. */
function valueAt(at: (position: number) => number | undefined, from: number): number {
  let i = from;
  for (let code = at(i); code === COLON || code === SPACE || code === DQUOTE || code === SQUOTE || code === BACKSLASH; code = at(i)) i++;
  return i;
}

/** Whether the place can name one of the kinds; `window` gives the text around it. */
function fits(at: (position: number) => number | undefined, position: number, kinds: ReadonlySet<string>, window: (from: number, to: number) => string, core: boolean): boolean {
  const value = valueAt(at, position + API_VERSION.length);
  // Most manifests are of the core group.
  if (!core && at(value) === V && at(value + 1) === ONE && at(value + 2) !== SLASH) return false;
  const behind = window(value, value + 80);
  const written = /^[A-Za-z0-9.-]+(?:\/[A-Za-z0-9]+)?/.exec(behind)?.[0];
  // An alias, an anchor or a tag: it cannot be told. Schemas and patterns have no value here.
  if (written === undefined) return /^[*&!]/.test(behind);
  const group = groupOf(written);
  if (!groupsOf(kinds).has(group)) return false;
  const around = window(position - NEAR, position + API_VERSION.length + NEAR);
  const near = [...around.matchAll(/\bkind[\\"']*[ \t]*:[ \t]*[\\"']*([A-Za-z]\w*)/g)];
  // A name that ends where the window does may go on behind it.
  return near.length === 0 || near.some(({ 0: { length }, 1: kind, index }) => kinds.has(`${group}/${kind}`) || kind!.endsWith("List") || index + length === around.length);
}

const groups = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();

function groupsOf(kinds: ReadonlySet<string>): ReadonlySet<string> {
  let known = groups.get(kinds);
  if (!known) groups.set(kinds, (known = new Set([...kinds].map(groupOf))));
  return known;
}

/** Whether the bytes of a UTF-8 file name one of the kinds, as `group/kind`. */
export function namesKind(bytes: Buffer, kinds: ReadonlySet<string>): boolean {
  const at = (position: number): number | undefined => bytes[position];
  const window = (from: number, to: number): string => bytes.toString("latin1", Math.max(0, from), Math.min(bytes.length, to));
  const core = groupsOf(kinds).has("");
  for (let i = bytes.indexOf(BYTES); i >= 0; i = bytes.indexOf(BYTES, i + BYTES.length)) if (fits(at, i, kinds, window, core)) return true;
  return false;
}

/** Finds one of the kinds in the documents of one text. */
export class KindSearch extends RangeSearch {
  private readonly source: string;
  private readonly kinds: ReadonlySet<string>;

  constructor(source: string, kinds: ReadonlySet<string>) {
    super();
    this.source = source;
    this.kinds = kinds;
  }

  protected find(from: number): number {
    const { source, kinds } = this;
    const at = (position: number): number => source.charCodeAt(position);
    const window = (start: number, end: number): string => source.slice(Math.max(0, start), end);
    const core = groupsOf(kinds).has("");
    for (let i = source.indexOf(API_VERSION, from); i >= 0; i = source.indexOf(API_VERSION, i + API_VERSION.length)) if (fits(at, i, kinds, window, core)) return i;
    return -1;
  }
}
