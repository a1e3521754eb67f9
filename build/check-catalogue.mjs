/**
 * Holds entries of data/image-fields.yaml that no schema confirms against the types of `@kubernetes-models/*`:
 * `node build/check-catalogue.mjs [--all]`. Downloads the packages with `npm pack` into bench/.cache/types, reads
 * their declarations, and runs nothing of them. `--all` checks every entry of a group that has a package.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Project } from "ts-morph";
import { parse } from "yaml";

const root = new URL("../", import.meta.url);
const cache = fileURLToPath(new URL("bench/.cache/types/", root));

/** The packages that hold the types of a group. */
const PACKAGES = {
  "argoproj.io": ["argo-workflows", "argo-cd", "argo-rollouts"],
  "install.istio.io": ["istio"],
  "extensions.istio.io": ["istio"],
  "image.toolkit.fluxcd.io": ["flux-cd"],
  "kustomize.toolkit.fluxcd.io": ["flux-cd"],
  "helm.toolkit.fluxcd.io": ["flux-cd"],
  "serving.knative.dev": ["knative"],
  "caching.internal.knative.dev": ["knative"],
  "monitoring.coreos.com": ["prometheus-operator"],
  "pingcap.com": ["tidb-operator"],
};

function fetched(name) {
  const folder = `${cache}${name}`;
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    const [file] = execFileSync("npm", ["pack", "--silent", `@kubernetes-models/${name}`, "--pack-destination", folder], { encoding: "utf8" }).trim().split("\n");
    execFileSync("tar", ["xzf", `${folder}/${file}`, "-C", folder]);
  }
  return `${folder}/package`;
}

const project = new Project({ compilerOptions: { strict: false, module: 99, moduleResolution: 100 }, skipAddingFilesFromTsConfig: true });

/** The types of a kind, in every version that the packages of its group have. */
function typesOf(group, kind) {
  return PACKAGES[group].flatMap((name) => project.addSourceFilesAtPaths(`${fetched(name)}/${group}/*/${kind}.d.ts`).flatMap((file) => file.getInterface(`I${kind}`)?.getType() ?? []));
}

/** Whether the path leads to a text in the type; an untyped value on the way is "untyped". */
function leads(type, steps) {
  const [step, ...rest] = steps;
  if (type.isAny() || type.isUnknown()) return "untyped";
  if (step === undefined) return "there";
  if (type.isUnion()) return type.getUnionTypes().map((one) => leads(one, steps)).find((answer) => answer !== "not there") ?? "not there";
  if (step === "[*]") return type.isArray() ? leads(type.getArrayElementTypeOrThrow(), rest) : "not there";
  if (step.startsWith("[")) return leads(type.isArray() ? type.getArrayElementTypeOrThrow() : type, rest);
  if (step === "{*}") {
    const values = type.getStringIndexType() ?? type.getProperties().map((one) => one.getValueDeclaration()?.getType()).find(Boolean);
    return values ? leads(values, rest) : "not there";
  }
  const next = type.getProperty(step)?.getValueDeclaration()?.getType();
  return next ? leads(next, rest) : isOpen(type) ? "untyped" : "not there";
}

/** A type that does not say all that it holds: it extends one of a package that is not here, or leaves out the spec. */
function isOpen(type) {
  const declared = type.getSymbol()?.getDeclarations() ?? [];
  const inherits = declared.some((one) => one.getExtends?.() && [one.getExtends()].flat().some((base) => base.getType().isAny()));
  return inherits || type.getProperties().every((one) => ["apiVersion", "kind", "metadata"].includes(one.getName()));
}

const stepsOf = (path) => path.match(/\[[^\]]*\]|\{\*\}|[^.[\]{}]+/g);

const { groups } = parse(readFileSync(new URL("data/image-fields.yaml", root), "utf8"));
const count = {};
for (const [group, kinds] of Object.entries(groups))
  for (const [kind, entries] of Object.entries(kinds))
    for (const { path, verified = "catalog" } of entries) {
      if (verified !== "recall" && !(process.argv.includes("--all") && PACKAGES[group])) continue;
      const types = PACKAGES[group] ? typesOf(group, kind) : [];
      const answers = types.map((type) => leads(type, stepsOf(path)));
      const answer = types.length === 0 ? "no package" : (["there", "untyped"].find((one) => answers.includes(one)) ?? "not there");
      count[answer] = (count[answer] ?? 0) + 1;
      if (verified === "recall" || answer !== "there") console.log(`${answer.padEnd(10)} ${group} ${kind} ${path} (${verified})`);
    }
console.log(Object.entries(count).map(([answer, number]) => `${number} ${answer}`).join(", "));
