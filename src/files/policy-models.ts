/** The fields that a policy takes from types of packages: read when the policy is, so that all that follows sees plain fields. */
import { realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { ImageField } from "../model/field.ts";
import { isCoreModule } from "../surfaces/models/core-types.ts";
import { ModelError } from "../surfaces/models/model-error.ts";
import { fieldsOfModel } from "../surfaces/models/model-fields.ts";
import { gitRoot } from "./git.ts";
import { toSlash } from "./paths.ts";
import { hasPackage, isRelative, modulesUnder, packageOf } from "./type-modules.ts";

/** The fields of a type, or what is wrong with its name. `policy` is the path of the policy file. */
export function readModel(name: string, policy: string): readonly ImageField[] | string {
  const folder = realpathSync(dirname(policy));
  const root = gitRoot(folder) ?? folder;
  const from = `/${toSlash(relative(root, join(folder, "lading.yaml")))}`;
  try {
    if (!isRelative(name) && !isCoreModule(name) && !hasPackage(root, name, from)) return `the package ${packageOf(name)} is not installed: no node_modules beside the policy or above it, up to the repository's root, has it`;
    return fieldsOfModel(name, from, modulesUnder(root));
  } catch (error) {
    if (error instanceof ModelError) return error.message;
    // What the system says: a folder that may not be read, a link in a circle.
    if (error instanceof Error && "syscall" in error) return `the types of ${name} cannot be read: ${error.message}`;
    throw error;
  }
}
