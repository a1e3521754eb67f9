/**
 * The image fields of a type of `@kubernetes-models`, or of one made the same way: the class and the interface of a
 * kind, whose declarations are read (docs/decisions/0016-types.md).
 */
import type { TypeNode } from "ts-morph";
import type { ImageField } from "../../model/field.ts";
import { completeField } from "../field-entry.ts";
import { parseFieldPath } from "../field-path.ts";
import { isCoreModule } from "./core-types.ts";
import { type Declaration, Declarations, type FindModule } from "./declarations.ts";
import { imagesAmong, type ModelField } from "./image-maps.ts";
import { ModelError } from "./model-error.ts";
import { type View, Views } from "./views.ts";

/** No author writes what stands here. */
const NOT_WRITTEN = ["apiVersion", "kind", "metadata", "status"];

/** Keys under which `image` is something else: Ceph's block devices have images of their own. */
const OTHER_IMAGES = new Set(["rbd"]);

/** Types looked into, at most: a type may be made so that it never ends. */
const BUDGET = 200_000;

/**
 * The fields of the type that a path names: `@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application`. Throws a
 * ModelError.
 * @param from the file that names it
 */
export function fieldsOfModel(path: string, from: string, find: FindModule): ImageField[] {
  if (isCoreModule(path)) throw new ModelError(`${path} is a type of Kubernetes itself, whose images are known without an entry`);
  const declarations = new Declarations(find);
  const views = new Views(declarations);
  const view = views.ofDeclaration(declared(declarations, path, from));
  const { group, version, kind } = identity(views, view, path);
  const below = { ...view, members: new Map([...view.members].filter(([key]) => !NOT_WRITTEN.includes(key))) };
  const fields = new Walk(views).inside(below, undefined).map((field) => ({ ...field, path: field.path.replace(/^\./, "") }));
  const usable = unique(fields.filter((field) => parseFieldPath(field.path)));
  if (usable.length === 0) throw new ModelError(`${path} has no field that is named as an image, and none of a Container or a PodSpec; name it by its path instead`);
  return usable.map((field) => completeField(group, kind, { ...field, versions: [version] }, "model"));
}

/** The type at the end of a path: in the module of that path, or in the one above it. */
function declared(declarations: Declarations, path: string, from: string): Declaration {
  const [above, name] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1).replace(/(?:\.d)?\.[cm]?[jt]s$/, "")];
  const module = [path, above].find((one) => declarations.has(one, from));
  // The interface has every field; some classes leave them to their base.
  for (const one of module === undefined ? [] : [`I${name}`, name]) {
    const meaning = declarations.exported(module!, one, from);
    if (meaning?.is === "declared") return meaning.declaration;
  }
  throw new ModelError(`there is no type ${name} in ${above}`);
}

interface Identity {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function identity(views: Views, { members }: View, path: string): Identity {
  const only = (key: string): string | undefined => {
    const found = (members.get(key) ?? []).flatMap((type) => views.of(type).literals);
    return new Set(found).size === 1 ? found[0] : undefined;
  };
  const [apiVersion, kind] = [only("apiVersion"), only("kind")];
  if (apiVersion === undefined || kind === undefined) throw new ModelError(`${path} is no object's type: it does not say its apiVersion and its kind`);
  const slash = apiVersion.indexOf("/");
  return { group: slash < 0 ? "" : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
}

const unique = (fields: readonly ModelField[]): ModelField[] => [...new Map(fields.map((field) => [JSON.stringify(field), field])).values()];

/** Follows a type down to its images. */
class Walk {
  private readonly views: Views;
  private readonly under = new Set<TypeNode>();
  private readonly done = new Map<TypeNode, { readonly key: string | undefined; readonly found: readonly ModelField[] }>();
  private cuts = 0;
  private looked = 0;

  constructor(views: Views) {
    this.views = views;
  }

  /** Fields below what a view shows. `key`: the one that it stands under. */
  inside(view: View, key: string | undefined): ModelField[] {
    const { members } = view;
    const texts = new Set([...members].filter(([, types]) => types.some((type) => this.views.of(type).text)).map(([name]) => name));
    return [
      ...view.known,
      ...(OTHER_IMAGES.has(key ?? "") ? [] : imagesAmong(texts, new Set(members.keys()), key)),
      ...[...members].flatMap(([name, types]) => types.flatMap((type) => this.below(type, name, `.${name}`))),
      ...view.items.flatMap((type) => this.below(type, key, "[*]")),
      ...view.values.flatMap((type) => this.below(type, key, "{*}")),
    ];
  }

  private below(type: TypeNode, key: string | undefined, step: string): ModelField[] {
    return this.fields(type, key).map((field) => ({ ...field, path: step + field.path }));
  }

  /** A type within itself is followed once: how deep it goes, only a document tells. */
  private fields(type: TypeNode, key: string | undefined): readonly ModelField[] {
    if (this.under.has(type)) {
      this.cuts++;
      return [];
    }
    const known = this.done.get(type);
    if (known && known.key === key) return known.found;
    if (++this.looked > BUDGET) throw new ModelError("this type is too large to follow");
    const before = this.cuts;
    this.under.add(type);
    const found = this.inside(this.views.of(type), key);
    this.under.delete(type);
    // What was found inside of a circle depends on where it was entered.
    if (this.cuts === before) this.done.set(type, { key, found });
    return found;
  }
}
