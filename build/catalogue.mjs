/**
 * Compiles data/image-fields.yaml to src/generated/: `catalogue.ts`, the trees as one JSON text that is loaded when a
 * custom resource is met, and `catalogue-kinds.ts`, the kinds whose documents no key gives away. `node build/catalogue.mjs`.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { LineCounter, parseDocument } from "yaml";

const root = new URL("../", import.meta.url);
const source = new URL("data/image-fields.yaml", root);
const target = new URL("src/generated/", root);

const KNOWN = ["path", "shape", "keys", "pin", "role", "unless", "elsewhere", "implies", "unsafe", "versions", "verified", "source", "note"];
const ROLES = ["prefetch", "managed", "tracked", "build-output", "pattern"];
const VERIFIED = ["catalog", "source", "npm", "docs", "recall"];

/** The compiler itself, from src/: a policy's own fields are compiled by the same functions. */
async function compiler() {
  const { outputFiles } = await build({
    stdin: { contents: 'export * from "./field-entry.ts"; export * from "./field-tree.ts";', resolveDir: fileURLToPath(new URL("src/surfaces/", root)) },
    bundle: true, format: "esm", platform: "neutral", write: false, logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** What is wrong with an entry, in the words of its author. */
function problemOf(entry, fieldProblem) {
  if (typeof entry !== "object" || entry === null || typeof entry.path !== "string") return "an entry is a map with a path";
  const unknown = Object.keys(entry).find((key) => !KNOWN.includes(key));
  if (unknown) return `unknown key "${unknown}"`;
  if (entry.role !== undefined && !ROLES.includes(entry.role)) return `there is no role "${entry.role}"`;
  if (entry.verified !== undefined && !VERIFIED.includes(entry.verified)) return `verified is one of ${VERIFIED.join(", ")}`;
  if ((entry.verified ?? "catalog") !== "catalog" && !entry.source) return "what is not verified by the catalog names its source";
  if (entry.shape === "version-only" && !entry.elsewhere) return "a version says elsewhere how its image is pinned";
  return fieldProblem(entry)?.message;
}

/** Every field of the file; throws with all that is wrong in it, each with its line. */
export function readCatalogue(text, { fieldProblem, completeField }) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  if (document.errors.length > 0) throw new Error(`data/image-fields.yaml: ${document.errors[0].message}`);
  const fields = [];
  const wrong = [];
  const seen = new Set();
  for (const { key: group, value: kinds } of document.get("groups").items)
    for (const { key: kind, value: entries } of kinds.items)
      for (const node of entries.items) {
        const entry = node.toJS(document);
        const same = JSON.stringify([group.value, kind.value, entry?.path, entry?.keys]);
        const problem = problemOf(entry, fieldProblem) ?? (seen.has(same) ? "this entry stands here twice" : undefined);
        seen.add(same);
        if (problem) wrong.push(`data/image-fields.yaml:${lines.linePos(node.range[0]).line}: ${group.value} ${kind.value} ${entry?.path ?? ""}: ${problem}`);
        else fields.push(completeField(String(group.value), String(kind.value), entry, entry.verified === "recall" ? "recall" : "catalogue"));
      }
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  return fields;
}

async function put(name, text) {
  const fresh = new URL(`${name}.${process.pid}.tmp`, target);
  await writeFile(fresh, text);
  await rename(fresh, new URL(name, target));
}

export async function buildCatalogue() {
  const code = await compiler();
  const fields = readCatalogue(await readFile(source, "utf8"), code);
  const from = "// Made by build/catalogue.mjs from data/image-fields.yaml.\n";
  await mkdir(target, { recursive: true });
  await put("catalogue.ts", `${from}export const CATALOGUE = ${JSON.stringify(JSON.stringify(code.buildTrees(fields)))};\n`);
  await put("catalogue-kinds.ts", `${from}export const KINDS_TO_READ: readonly string[] = ${JSON.stringify(code.kindsToRead(fields))};\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildCatalogue();
