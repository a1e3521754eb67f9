/** What looking for roots gives, and what those who look are handed. */
import type { Root, SaidAt } from "../../model/render.ts";
import { folderAround } from "../relative-path.ts";
import type { Tree } from "./tree.ts";
import type { Value } from "./value.ts";

/** What a chart or a kustomization reads besides what stands below it. */
export interface Folder {
  readonly folder: string;
  /** The file that makes it one. */
  readonly file: string;
  readonly tool: Root["tool"];
  /** Renders nothing of its own: a component of kustomize, a library chart. */
  readonly part: boolean;
  /** Folders of kustomizations and charts that it builds on. */
  readonly bases: readonly string[];
  /** Files that it names. */
  readonly files: readonly string[];
  /** Why its output is not known from the checked files alone. */
  readonly open: readonly string[];
}

/** An object that deploys something of which there is nothing to render here, or a kustomization that kustomize refuses. */
export interface Aside {
  readonly by: Root["by"];
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

/**
 * Everything to render, with the kustomizations that kustomize refuses: what they deploy was not judged, and only a
 * rendering that fails says so.
 */
export const toRender = ({ roots, aside }: Pick<FoundRoots, "roots" | "aside">): readonly Root[] => [
  ...roots,
  ...aside.filter(({ by }) => by === "folder").map(({ said }): Root => ({ folder: folderAround(said.file), tool: "kustomize", by: "folder", said, kustomize: { images: [] }, open: [] })),
];

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
  /** The ConfigMaps that HelmReleases take values from. Asked for when the first one does. */
  configMaps(): Promise<readonly ObjectHere[]>;
}

/** An object of a kind that matters here. */
export interface ObjectHere {
  readonly kind: string;
  readonly group: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly value: Value;
}
