/** Everything in a repository that a cluster gets by rendering. */
import type { Root } from "../../model/render.ts";
import { applicationOf, applicationRoots } from "./argocd.ts";
import { applicationSetRoots } from "./applicationset.ts";
import { fluxKustomization } from "./flux-kustomization.ts";
import { helmRelease } from "./flux-helmrelease.ts";
import { foldersOf, key, openBelow, refused, topFolders } from "./folders.ts";
import { type Aside, type Deployed, type FoundRoots, isRoot, type ObjectHere, type Search } from "./found.ts";
import { changedOnTheWay } from "./on-the-way.ts";
import { configMapsFor, objectsIn } from "./objects.ts";
import { type CheckedFiles, Tree } from "./tree.ts";

export interface RootOptions {
  /** Addresses of the repository, as `git remote` has them. Without any, what an object points at is taken for this repository where its path exists here. */
  readonly remotes?: readonly string[];
  /** The way from the repository's top to the checked folder, with a `/` at the end. */
  readonly prefix?: string;
}

/** Finds the roots among the checked files. Reads every manifest's text, and parses those that name the right kinds. */
export async function findRoots(checked: CheckedFiles, { remotes, prefix = "" }: RootOptions = {}): Promise<FoundRoots> {
  const tree = new Tree(checked, prefix);
  const folders = await foldersOf(tree);
  const objects = await objectsIn(tree);
  let maps: Promise<readonly ObjectHere[]> | undefined;
  const search: Search = { tree, remotes, folders, objects, configMaps: () => (maps ??= configMapsFor(objects, tree)) };
  const deployed: Deployed[] = [];
  for (const object of search.objects) deployed.push(...(await deployedBy(object, search)));
  const byObject = deployed.filter(isRoot);
  // What an object deploys is rendered as that object has it.
  const taken = new Set(byObject.flatMap(({ tool, folder, elsewhere }) => (elsewhere === undefined ? [key(tool, folder)] : [])));
  const byFolder = (await topFolders(folders, tree)).filter(({ tool, folder }) => !taken.has(key(tool, folder)));
  const opened = byObject.map((root) => withOpen(root, folders));
  return {
    roots: [...byFolder, ...opened].sort((a, b) => compare(a.said.file, b.said.file) || a.said.position.line - b.said.position.line),
    aside: [...deployed.filter((one): one is Aside => !isRoot(one)), ...(await refused(tree))],
    folders,
  };
}

/** What an object deploys, with what the repository itself changes in the object before a cluster gets it. */
async function deployedBy(object: ObjectHere, search: Search): Promise<Deployed[]> {
  const open = changedOnTheWay(object, search.objects);
  const deployed = await deployedAsWritten(object, search);
  return open.length === 0 ? deployed : deployed.map((one) => (isRoot(one) ? { ...one, open: [...one.open, ...open] } : one));
}

async function deployedAsWritten(object: ObjectHere, search: Search): Promise<Deployed[]> {
  switch (object.kind) {
    case "Application": {
      const application = applicationOf(object);
      return application ? applicationRoots(application, search) : [];
    }
    case "ApplicationSet": return applicationSetRoots(object, search);
    case "Kustomization": return fluxKustomization(object, search);
    case "HelmRelease": return helmRelease(object, search);
    default: return [];
  }
}

/** A kustomization that builds on what is not here is as open when an object deploys it. */
function withOpen(root: Root, folders: FoundRoots["folders"]): Root {
  const starts = root.elsewhere === undefined ? [key(root.tool, root.folder), ...(root.kustomize?.resources ?? []).map((one) => key("kustomize", one))] : [];
  const open = [...new Set(starts.flatMap((start) => openBelow(start, folders)))];
  return open.length > 0 ? { ...root, open: [...root.open, ...open] } : root;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
