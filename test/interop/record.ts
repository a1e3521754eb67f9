/** Records what Helm and kustomize make of the trees in test/fixtures/render, and what tracing says of it: read the difference. */
import { writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "../../bench/tools/install.ts";
import type { Render, RenderAnswer } from "../../src/model/render.ts";
import { createRender } from "../../src/render/render.ts";
import { CASES, expectedOf, keyOf, recordingOf, traceAll, treeOf, workspaceOf } from "../pipeline/recorded.ts";

/** The PATH on which helm 3 and kustomize are, or why they are not. */
export async function programs(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const tools = [await install("helm"), await install("kustomize")];
  const lacking = tools.find((tool) => "missing" in tool);
  if (lacking && "missing" in lacking) return lacking;
  return { path: [...tools.flatMap((tool) => ("path" in tool ? [dirname(tool.path)] : [])), process.env["PATH"] ?? ""].join(delimiter) };
}

/** A renderer for a case, with the programs. */
export const renderOf = (name: string, path: string): Render => createRender({ root: treeOf(name), env: { ...process.env, PATH: path } });

async function record(): Promise<void> {
  const found = await programs();
  if ("missing" in found) throw new Error(found.missing);
  for (const name of CASES) {
    const renders: Record<string, RenderAnswer> = {};
    const render = renderOf(name, found.path);
    const said = await traceAll(workspaceOf(name), async (request) => {
      const answer = await render(request);
      // The time differs each time.
      return (renders[keyOf(request)] = answer.is === "known" ? { is: "known", value: { ...answer.value, milliseconds: 0 } } : answer);
    });
    writeFileSync(recordingOf(name), `${JSON.stringify({ renders }, null, 1)}\n`);
    writeFileSync(expectedOf(name), `${JSON.stringify(said, null, 1)}\n`);
    console.log(`${name}: ${said.length} images, ${Object.keys(renders).length} renders`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await record();
