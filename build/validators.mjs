/**
 * Compiles the JSON Schemas of the files that people write to plain functions, so that neither ajv nor
 * `eval` is needed at run time: `node build/validators.mjs`.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

const root = new URL("../", import.meta.url);
const target = new URL("src/generated/", root);

const TYPES = `/** One complaint of a validator; the shape of ajv's error objects. */
export interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}
export interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly SchemaError[] | null;
}
export declare const validatePolicy: Validator;
export declare const validateBaseline: Validator;
export declare const validateEvidenceArchive: Validator;
/** The keys that an object of the policy may have, by the schema path of that object. */
export declare const policyKeys: Readonly<Record<string, readonly string[]>>;
`;

const schema = async (name) => JSON.parse(await readFile(new URL(`schemas/${name}.schema.json`, root), "utf8"));

/** Lists the known keys of every object, so that an unknown one can be answered with the nearest. */
function keysOf(node, path = "#", found = {}) {
  if (node.properties) {
    found[path] = Object.keys(node.properties);
    for (const [key, child] of Object.entries(node.properties)) keysOf(child, `${path}/properties/${key}`, found);
  }
  if (typeof node.additionalProperties === "object") keysOf(node.additionalProperties, `${path}/additionalProperties`, found);
  if (node.items) keysOf(node.items, `${path}/items`, found);
  return found;
}

/** Renamed into place, because tests and builds may import the old file at the same moment. */
async function put(name, text) {
  const path = new URL(name, target);
  const fresh = new URL(`${name}.${process.pid}.tmp`, target);
  await writeFile(fresh, text);
  await rename(fresh, path);
}

export async function buildValidators() {
  const [policy, baseline, archive] = await Promise.all([schema("policy"), schema("baseline"), schema("evidence-archive")]);
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: true },
    schemas: [policy, baseline, archive],
  });
  const code = standalone(ajv, { validatePolicy: policy.$id, validateBaseline: baseline.$id, validateEvidenceArchive: archive.$id });
  const contents = `${code}\nexport const policyKeys = ${JSON.stringify(keysOf(policy))};\n`;
  // Bundling resolves the `require("ajv/dist/runtime/…")` calls that ajv leaves even in ESM output.
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(root), sourcefile: "validators.js" },
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["main"],
    target: "es2022",
    banner: { js: "// Made by build/validators.mjs from schemas/." },
    write: false,
    logLevel: "error",
  });
  // What ajv's own code generator would read; to others it looks like a dependency that is left.
  const text = outputFiles[0].text.replace(/^.*\.code = 'require\(.*\n/gm, "");
  if (/\brequire\(["']ajv|new Function|\beval\(/.test(text))
    throw new Error("the validators still need ajv or eval at run time");
  await mkdir(target, { recursive: true });
  await put("validators.js", text);
  await put("validators.d.ts", TYPES);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildValidators();
