/**
 * Trees with what Helm and kustomize made of them: test/fixtures/render. Every render that tracing asks for is
 * recorded, so that tests need no program. `node --import tsx test/interop/record.ts` records them again.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Render, RenderAnswer, RenderRequest } from "../../src/model/render.ts";
import { renderRoots, reportedRoots } from "../../src/pipeline/rendered.ts";
import { findRoots } from "../../src/pipeline/roots/find.ts";
import type { Workspace } from "../../src/pipeline/survey.ts";
import { Sources } from "../../src/pipeline/trace/sources.ts";
import { type Files, workspace } from "./memory.ts";

export const FOLDER = fileURLToPath(new URL("../fixtures/render/", import.meta.url));
export const CASES = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, "tree")));

/** What is recorded beside a tree. */
export interface Recording {
  /** Answers by {@link keyOf}. */
  readonly renders: Readonly<Record<string, RenderAnswer>>;
}

export const treeOf = (name: string): string => join(FOLDER, name, "tree");
export const recordingOf = (name: string): string => join(FOLDER, name, "renders.json");
export const expectedOf = (name: string): string => join(FOLDER, name, "expected.json");

export function filesOf(folder: string): Files {
  const files: Files = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join("/")] = readFileSync(path);
  }
  return files;
}

/** One request is another one when anything in it differs. */
export const keyOf = ({ root, instead, provenance }: RenderRequest): string =>
  createHash("sha256").update(JSON.stringify([root, [...instead].sort(), provenance])).digest("hex").slice(0, 32);

/** Answers from a recording; a request that was never made of the program is an error. */
export function replay(name: string): Render {
  const { renders } = JSON.parse(readFileSync(recordingOf(name), "utf8")) as Recording;
  return async (request) => {
    const answer = renders[keyOf(request)];
    if (!answer) throw new Error(`${name}: this render is not recorded; record again: node --import tsx test/interop/record.ts`);
    return answer;
  };
}

/** What is said of one image, with places as `file:line:column`. */
export interface Said {
  readonly root: string;
  readonly image: string;
  readonly object: string;
  readonly by: string;
  readonly source: string;
  readonly chain: readonly string[];
}

/** Renders and traces every root of a workspace. */
export async function traceAll(place: Workspace, render: Render): Promise<Said[]> {
  const { roots } = await findRoots(place);
  const done = await renderRoots(roots, new Sources(place), render);
  return reportedRoots(done).flatMap(({ folder, tool, by, images, failure }): Said[] => {
    const root = `${folder || "."} ${tool} ${by}`;
    if (failure) return [{ root, image: "", object: "", by: failure.code, source: failure.message, chain: [] }];
    return images.map(({ image, object, origin }): Said => {
      const base = { root, image, object: `${object.kind}/${object.name}` };
      if (origin.is === "untraced") return { ...base, by: "untraced", source: origin.why, chain: [] };
      const at = ({ file, line, column, layer }: (typeof origin)["source"]): string => `${file}:${line}:${column} ${layer}`;
      return { ...base, by: origin.by, source: at(origin.source), chain: origin.chain.map(at) };
    });
  });
}

export const workspaceOf = (name: string): Workspace => workspace(filesOf(treeOf(name)));
