/**
 * Strings that hold documents: manifests in ConfigMaps, patches, Helm values in Argo CD Applications,
 * annotations. Any string with an image's key in it, or a kind that is read without one, is looked into; its place
 * says how it is read.
 */
import type { Role } from "../model/site.ts";
import { get, getText, MAP, type Node, PLAIN, SCALAR, SEQ } from "../syntax/tree.ts";
import { KeySearch, keyEndsFor } from "./candidates.ts";
import { fieldsIn } from "./catalogue.ts";
import { KindSearch } from "./kinds.ts";
import type { OwnFields } from "./known-fields.ts";
import { isPattern } from "./policies.ts";
import { isValuesName } from "./roles.ts";
import type { SurfaceDocument } from "./surface.ts";

/** A scalar that holds documents, and how they are to be read. */
export interface EmbeddedField {
  readonly node: Node;
  readonly path: readonly (string | number)[];
  /** Nodes from the root to the scalar, for comments that cover a whole node. */
  readonly ancestors: readonly Node[];
  /** The Kubernetes object around it. */
  readonly resource: Node | undefined;
  /** `manifest`: manifests and patches, by what they say. `function`: the configuration of a KRM function. */
  readonly as: "manifest" | "values" | "function";
  /** Its place says that it is a document: one that cannot be read is named. */
  readonly certain: boolean;
  readonly readOnly?: ReadOnly;
}

/** Why nothing in a string is written, and where it could be. */
interface ReadOnly {
  readonly why: string;
  readonly elsewhere?: string;
  readonly role?: Role;
}

type Kind = Pick<EmbeddedField, "as" | "certain" | "readOnly">;

/** Annotations that tools write, by name. */
const ANNOTATIONS: Readonly<Record<string, Kind>> = {
  "kubectl.kubernetes.io/last-applied-configuration": {
    as: "manifest", certain: true,
    readOnly: { why: "kubectl writes this annotation when the object is applied", elsewhere: "pin the field of the object itself", role: "tracked" },
  },
  "config.kubernetes.io/function": {
    as: "function", certain: true,
    readOnly: { why: "kustomize runs this image where it builds, and no cluster does" },
  },
};

const VALUES: Kind = { as: "values", certain: true };
const MANIFEST: Kind = { as: "manifest", certain: true };
const PERHAPS: Kind = { as: "manifest", certain: false };

/** Keys whose text is Helm values or a manifest whatever object they stand in. */
const KEYS: Readonly<Record<string, Kind>> = {
  valuesContent: VALUES, valuesTemplate: VALUES, podSpecPatch: MANIFEST, templatePatch: MANIFEST,
};

/** The same, for keys that mean it only below another one: `helm.values`, `resource.manifest`. */
const KEYS_BELOW: Readonly<Record<string, Kind>> = {
  "helm.values": VALUES, "resource.manifest": MANIFEST,
  "patches.patch": MANIFEST, "patchesJson6902.patch": MANIFEST, patchesStrategicMerge: MANIFEST,
};

function kindOf(text: string, path: EmbeddedField["path"], resource: Node | undefined): Kind {
  const names = path.filter((step) => typeof step === "string");
  const [key, above] = [names.at(-1) ?? "", names.at(-2)];
  if (above === "annotations" && Object.hasOwn(ANNOTATIONS, key)) return ANNOTATIONS[key]!;
  if (Object.hasOwn(KEYS, key)) return KEYS[key]!;
  const below = typeof path.at(-1) === "number" ? key : `${above}.${key}`;
  if (Object.hasOwn(KEYS_BELOW, below)) return KEYS_BELOW[below]!;
  const kind = getText(text, resource, "kind");
  if ((kind === "ConfigMap" || kind === "Secret") && isValuesName(key)) return { as: "values", certain: false };
  return PERHAPS;
}

/** How a document begins that is a map or a list; scripts and prose do so seldom, and need no parser then. */
const BEGINS = /^\ufeff?(?:\s*#(?!!)[^\n]*\n)*\s*(?:---|%|[[{]|- |["']?[\w$./-]+["']?\s*:(?:\s|$)|\{\{)/;

/** Whether a text can be a document. */
export const mayBeDocument = (text: string): boolean => BEGINS.test(text);

/** What tells that a string may hold images: made once for a text, whose documents are asked about in their order. */
export const stringKeys = (text: string): readonly KeySearch[] => keyEndsFor({ values: true }).map((end) => new KeySearch(text, end));

/** The strings of a document that may hold images. */
export function embeddedFields(document: SurfaceDocument, keys: readonly KeySearch[]): readonly EmbeddedField[] {
  const search = new Search(document, keys);
  search.visit(document.root);
  return search.found;
}

/** Most documents have no such string, so what stands around one is looked at when it is found. */
class Search {
  readonly found: EmbeddedField[] = [];
  private readonly text: string;
  private readonly keys: readonly KeySearch[];
  private readonly fields: OwnFields;
  /** Strings that the catalogue or the policy says are documents, by the manifest around them. */
  private readonly known = new Map<Node, ReadonlyMap<Node, Kind>>();
  private readonly path: (string | number)[] = [];
  private readonly ancestors: Node[] = [];

  constructor({ text, fields }: SurfaceDocument, keys: readonly KeySearch[]) {
    this.text = text;
    this.fields = fields;
    this.keys = keys;
  }

  visit(node: Node): void {
    if (node.kind === SCALAR) {
      // A plain scalar holds no document.
      if (node.style !== PLAIN && this.hasKey(node)) this.emit(node);
      return;
    }
    if (node.kind !== MAP && node.kind !== SEQ) return;
    this.ancestors.push(node);
    for (let i = 0; i < node.children!.length; i++) {
      const child = node.children![i]!;
      if (child.kind === SCALAR && child.style === PLAIN) continue;
      this.path.push(node.kind === SEQ ? i : (child.key ?? ""));
      this.visit(child);
      this.path.pop();
    }
    this.ancestors.pop();
  }

  private emit(node: Node): void {
    const manifests = this.ancestors.filter(isManifest);
    if (manifests.some((manifest) => this.isPassedOver(manifest))) return;
    const known = manifests.map((manifest) => this.knownIn(manifest).get(node)).findLast(Boolean);
    const resource = manifests.at(-1);
    this.found.push({ node, path: [...this.path], ancestors: [...this.ancestors], resource, ...(known ?? kindOf(this.text, this.path, resource)) });
  }

  private knownIn(manifest: Node): ReadonlyMap<Node, Kind> {
    let known = this.known.get(manifest);
    if (!known) this.known.set(manifest, (known = new Map(this.documentsIn(manifest))));
    return known;
  }

  private *documentsIn(manifest: Node): Generator<[Node, Kind]> {
    const [apiVersion, kind] = [getText(this.text, manifest, "apiVersion") ?? "", getText(this.text, manifest, "kind") ?? ""];
    for (const { field, node } of fieldsIn({ text: this.text, manifest, path: [], ancestors: [] }, apiVersion, kind, this.fields)) {
      if (field.shape === "helm-values-string") yield [node, VALUES];
      else if (field.shape === "embedded-yaml") yield [node, MANIFEST];
    }
  }

  /**
   * Schemas hold no images, what a policy matches is no image, and what a controller reports is not what a person
   * asks for.
   */
  private isPassedOver(manifest: Node): boolean {
    return this.path[this.ancestors.indexOf(manifest)] === "status" || getText(this.text, manifest, "kind") === "CustomResourceDefinition" || isPattern(getText(this.text, manifest, "apiVersion") ?? "");
  }

  /** Scalars come in the order of the text, as a search that goes on wants it. */
  private hasKey({ start, end }: Node): boolean {
    for (const key of this.keys) if (key.within(start, end)) return true;
    const string = this.text.slice(start, end);
    return string.includes("apiVersion") && new KindSearch(string, this.fields.toRead).within(0, string.length);
  }
}

const isManifest = (node: Node): boolean => node.kind === MAP && get(node, "apiVersion") !== undefined && get(node, "kind") !== undefined;
