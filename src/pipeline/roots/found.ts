/** What looking for roots gives, and what those who look are handed. */
import type { Root, SaidAt } from "../../model/render.ts";
import type { Folder } from "./folders.ts";
import type { Tree } from "./tree.ts";
import type { Value } from "./value.ts";

/** An object that deploys something, of which there is nothing to render here. */
export interface Aside {
  readonly by: Exclude<Root["by"], "folder">;
  readonly said: SaidAt;
  readonly why: string;
}

export interface FoundRoots {
  /** By the file that says so. */
  readonly roots: readonly Root[];
  readonly aside: readonly Aside[];
  /** Charts and kustomizations, with what each reads. */
  readonly folders: ReadonlyMap<string, Folder>;
}

/** What one object, or one element of an ApplicationSet, comes to. */
export type Deployed = Root | Aside;

export const isRoot = (one: Deployed): one is Root => "folder" in one;

/** What a search knows while it reads objects. */
export interface Search {
  readonly tree: Tree;
  /** Addresses of the repository itself; none known: a path that exists is taken for one in it. */
  readonly remotes: readonly string[] | undefined;
  readonly objects: readonly ObjectHere[];
  readonly folders: ReadonlyMap<string, Folder>;
}

/** An object of a kind that matters here. */
export interface ObjectHere {
  readonly kind: string;
  readonly group: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly value: Value;
}
