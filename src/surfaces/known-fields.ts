/** The catalogue and a policy's own fields, as the surfaces ask for them. */
import type { ImageField } from "../model/field.ts";
import { KINDS_TO_READ } from "../generated/catalogue-kinds.ts";
import { type Branch, buildTrees, type FieldEnd, type FieldTrees, kindKey, kindsToRead } from "./field-tree.ts";
import { KINDS_WITH_ARTIFACTS, OCI_REPOSITORY } from "./kinds.ts";

/** One source's fields of one kind. */
export interface KindFields {
  readonly branch: Branch;
  readonly ends: readonly FieldEnd[];
}

/** A policy's own fields, compiled. */
export interface OwnFields {
  readonly trees: FieldTrees;
  /** Of types, which say less than the catalogue does. */
  readonly ofTypes: FieldTrees;
  /** `group/kind` of kinds whose documents are read whatever keys they have: the catalogue's, the policy's and Flux's. */
  readonly toRead: ReadonlySet<string>;
}

const compiled = new WeakMap<readonly ImageField[], OwnFields>();

/** Compiles fields once. */
export function ownFields(fields: readonly ImageField[]): OwnFields {
  let own = compiled.get(fields);
  if (!own) {
    const [trees, ofTypes] = [false, true].map((ofType) => buildTrees(fields.filter(({ origin }) => (origin === "model") === ofType))) as [FieldTrees, FieldTrees];
    compiled.set(fields, (own = { trees, ofTypes, toRead: new Set([...KINDS_TO_READ, OCI_REPOSITORY, ...KINDS_WITH_ARTIFACTS, ...kindsToRead(fields)]) }));
  }
  return own;
}

/** What a run without a policy's fields goes by. */
export const NO_OWN_FIELDS: OwnFields = ownFields([]);

/** A manifest that is not of Kubernetes itself; anything that cannot be told counts as one. */
const CUSTOM = /apiVersion[\\"']*\s*:(?![ \t]*[\\"']*(?:v1|apps\/v1|batch\/v1)\b)/;

let catalogue: FieldTrees | undefined;

/** Loads the catalogue when a text may need it. Loaded on demand: most files hold kinds of Kubernetes alone. */
export async function loadCatalogueFor(text: string): Promise<void> {
  if (catalogue === undefined && (CUSTOM.test(text) || text.includes("\\x"))) await loadCatalogue();
}

export async function loadCatalogue(): Promise<void> {
  catalogue ??= JSON.parse((await import("../generated/catalogue.ts")).CATALOGUE) as FieldTrees;
}

/** Who may know a kind: the policy, then the catalogue, then types. */
const sources = (own: OwnFields): readonly (FieldTrees | undefined)[] => [own.trees, catalogue, own.ofTypes];

/** Whether anything is known of a kind. */
export function isKnown(group: string, kind: string, own: OwnFields): boolean {
  const key = kindKey(group, kind);
  return sources(own).some((trees) => trees !== undefined && Object.hasOwn(trees.kinds, key));
}

/** What is known of a kind. */
export function fieldsOfKind(group: string, kind: string, own: OwnFields): readonly KindFields[] {
  const key = kindKey(group, kind);
  return sources(own).flatMap((trees) => (trees && Object.hasOwn(trees.kinds, key) ? [{ branch: trees.kinds[key]!, ends: trees.ends }] : []));
}
