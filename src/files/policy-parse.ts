/** Text of a policy file → policy, or every mistake in it at once, each with its place. */
import leven from "leven";
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, visit, type YAMLError } from "yaml";
import { policyKeys, type SchemaError, validatePolicy } from "../generated/validators.js";
import type { ImageField } from "../model/field.ts";
import { LadingError, messageOf } from "../model/errors.ts";
import type { Severity } from "../model/severity.ts";
import { DEFAULT_POLICY, type ImagePolicy, type Mirror, type Policy, type Waiver } from "../model/policy.ts";
import { completeField, fieldProblem, type WrittenField } from "../surfaces/field-entry.ts";
import { type Complaint, complaints, select } from "./policy-checks.ts";
import { needOf, type PlaceOf, rootsOf, signatureMistakes, type SignerCode, signersOf, type WrittenSignatures } from "./policy-signers.ts";

type Step = string | number;

/** Codes are for machines and tests, messages for people. */
export interface PolicyProblem {
  readonly code: Complaint["code"] | SignerCode | "syntax" | "duplicate-key" | "alias" | "unknown-key" | "unknown-rule" | "missing-key" | "wrong-type" | "wrong-value" | "bad-field" | "bad-model";
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Every mistake in a policy file. */
export class PolicyError extends LadingError {
  readonly problems: readonly PolicyProblem[];

  constructor(file: string, problems: readonly PolicyProblem[]) {
    super("policy", problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n"));
    this.problems = problems;
  }
}

/** A mistake at an offset of the text. */
interface Mistake {
  readonly code: PolicyProblem["code"];
  readonly message: string;
  readonly at: number;
}

/**
 * Reads a policy.
 * @param file the path as messages show it
 * @param path where it lies, from which its types are looked for
 */
export async function parsePolicy(text: string, file: string, knownRules: readonly string[], path: string): Promise<Policy> {
  const document = read(text, file);
  const found = [...syntaxMistakes(document), ...aliasMistakes(document)];
  // After a syntax error the rest of the tree is a guess; a key written twice leaves it whole.
  if (found.some(({ code }) => code !== "duplicate-key")) throw report(file, text, found);
  const data = plain(document, file, text);
  if (data === null && found.length === 0) return { ...DEFAULT_POLICY, file };
  found.push(...valueMistakes(document, data, knownRules), ...schemaMistakes(document, data));
  if (found.length === 0) found.push(...fieldMistakes(document, data as Written), ...signerMistakes(document, data as Written));
  if (found.length > 0) throw report(file, text, found);
  const { fields, mistakes } = await modelFields(document, data as Written, path);
  if (mistakes.length > 0) throw report(file, text, mistakes);
  return fill(data as Written, fields, file, (path) => positionAt(text, offsetOf(document, path)));
}

function read(text: string, file: string): Document {
  try {
    return parseDocument(text, { prettyErrors: false, uniqueKeys: true, stringKeys: true, version: "1.2" });
  } catch (error) {
    // Nesting of many thousand levels overflows the parser's stack.
    throw new PolicyError(file, [{ code: "syntax", line: 1, column: 1, message: `not readable as YAML: ${messageOf(error)}` }]);
  }
}

function plain(document: Document, file: string, text: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw report(file, text, [{ code: "alias", at: 0, message: messageOf(error) }]);
  }
}

function* syntaxMistakes(document: Document): Generator<Mistake> {
  for (const error of [...document.errors, ...document.warnings] as YAMLError[]) {
    const [at] = error.pos;
    if (error.code === "DUPLICATE_KEY") yield { code: "duplicate-key", at, message: "this key stands here twice; keep one of them" };
    else if (error.code === "MULTIPLE_DOCS") yield { code: "syntax", at, message: "a policy is one YAML document; remove the `---` and what follows" };
    else yield { code: "syntax", at, message: `not valid YAML: ${error.message}` };
  }
}

/** `match: *foo` reads as an alias to YAML, and whoever writes it means a glob. */
function aliasMistakes(document: Document): Mistake[] {
  const found: Mistake[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return;
      found.push({ code: "alias", at: alias.range?.[0] ?? 0, message: `YAML reads *${alias.source} as an alias, and nothing has that name; write globs in quotes: "*${alias.source}"` });
    },
  });
  return found;
}

function* valueMistakes(document: Document, data: unknown, knownRules: readonly string[]): Generator<Mistake> {
  for (const { code, message, path } of complaints(data)) yield { code, message, at: offsetOf(document, path) };
  const [rules] = select(data, "rules");
  if (typeof rules?.value === "object" && rules.value !== null && !Array.isArray(rules.value))
    for (const id of Object.keys(rules.value))
      if (!knownRules.includes(id)) yield { code: "unknown-rule", at: offsetOf(document, ["rules", id], "key"), message: unknownRule(id, knownRules) };
  for (const { path, value } of select(data, "waivers.*.rule"))
    if (typeof value === "string" && value !== "" && !knownRules.includes(value))
      yield { code: "unknown-rule", at: offsetOf(document, path), message: unknownRule(value, knownRules) };
}

/** What a schema cannot say about a field: its path, and what goes with its shape. */
function* fieldMistakes(document: Document, { fields = [] }: Written): Generator<Mistake> {
  for (const [i, field] of fields.entries()) {
    const problem = "model" in field ? undefined : fieldProblem(field);
    if (problem) yield { code: "bad-field", message: problem.message, at: offsetOf(document, ["fields", i, problem.key]) };
  }
}

function* signerMistakes(document: Document, written: WrittenSignatures): Generator<Mistake> {
  for (const { code, message, path, part } of signatureMistakes(written, advice)) yield { code, message, at: offsetOf(document, path, part) };
}

/** The fields of the types that the policy names. The compiler is loaded only when it names one. */
async function modelFields(document: Document, { fields = [] }: Written, path: string): Promise<{ fields: ImageField[]; mistakes: Mistake[] }> {
  const found: ImageField[] = [];
  const mistakes: Mistake[] = [];
  for (const [i, field] of fields.entries()) {
    if (!("model" in field)) continue;
    const { readModel } = await import("./policy-models.ts");
    const read = readModel(field.model, path);
    if (typeof read === "string") mistakes.push({ code: "bad-model", message: read, at: offsetOf(document, ["fields", i, "model"]) });
    else found.push(...read);
  }
  return { fields: found, mistakes };
}

function unknownRule(id: string, known: readonly string[]): string {
  return `there is no rule "${id}"; ${advice(id, known, "`lading rules` lists them")}`;
}

/** The nearest of the known words, if it can have been meant; else what is there. */
function advice(word: string, known: readonly string[], otherwise: string): string {
  const near = known
    .map((candidate) => ({ candidate, distance: word.startsWith(candidate) ? 1 : leven(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const meant = near && near.distance <= Math.max(2, near.candidate.length / 3);
  return meant ? `did you mean "${near.candidate}"?` : otherwise;
}

function schemaMistakes(document: Document, data: unknown): Mistake[] {
  if (validatePolicy(data)) return [];
  return (validatePolicy.errors ?? []).flatMap((error) => schemaMistake(document, data, error) ?? []);
}

const WHY_NEEDED: Readonly<Record<string, string>> = {
  reason: "say why the finding is acceptable",
  until: "give the last day on which it holds, as YYYY-MM-DD",
  rule: "name the rule whose findings are waived",
  match: "give a glob over registry/repository",
  from: "give the prefix of registry/repository that is looked up elsewhere",
  group: "give the API group, without a version; an empty one is the core group",
  kinds: "list the kinds that have the field",
  path: "give the way from the object's root, for instance spec.runner.image",
  to: "give host[:port][/prefix] that answers for it",
  by: "list names under signers",
  identity: "give the whole identity that signs; an issuer alone vouches for anybody",
  issuer: "say who vouches for the identity; anybody could issue it otherwise",
  root: "name the trust root, under trustRoots, that certificates are proved by",
  authorities: "list the PEM files of the certificate authorities",
  file: "name the trusted_root.json",
  mirror: "give the URL of the TUF repository",
  repository: "give registry/repository, where the evidence is kept",
};

function schemaMistake(document: Document, data: unknown, error: SchemaError): Mistake | undefined {
  const path = pointer(error.instancePath, data);
  const at = offsetOf(document, path);
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(error.params["additionalProperty"]);
      const known = policyKeys[error.schemaPath.replace(/\/additionalProperties$/, "")] ?? [];
      const message = `unknown key "${key}"; ${advice(key, known, `known here: ${known.join(", ")}`)}`;
      return { code: "unknown-key", at: offsetOf(document, [...path, key], "key"), message };
    }
    case "required": {
      // The alternatives of an anyOf each complain as well; the anyOf itself says it once.
      if (error.schemaPath.includes("/anyOf/")) return undefined;
      const key = String(error.params["missingProperty"]);
      return { code: "missing-key", at, message: `"${key}" is missing; ${WHY_NEEDED[key] ?? "add it"}` };
    }
    case "maxProperties":
      return { code: "wrong-value", at, message: `${name(path)} names a model, which says the kind and the fields; nothing else goes with it` };
    case "if":
      // Its branch has said it.
      return undefined;
    case "anyOf":
      return { code: "missing-key", at, message: 'a waiver needs "image", "path" or both, so that it does not cover everything' };
    case "type":
      return { code: "wrong-type", at, message: wrongType(path, String(error.params["type"]), valueAt(data, path)) };
    case "enum":
    case "const": {
      const allowed = (error.params["allowedValues"] ?? [error.params["allowedValue"]]) as unknown[];
      return { code: "wrong-value", at, message: `${name(path)} is ${show(valueAt(data, path))}; ${allowed.length > 1 ? "it is one of" : "it can only be"} ${allowed.join(", ")}` };
    }
    case "uniqueItems":
      return { code: "wrong-value", at: offsetOf(document, [...path, Math.max(Number(error.params["i"]), Number(error.params["j"]))]), message: `${name(path)} lists the same value twice; keep one of them` };
    case "minItems":
      return { code: "wrong-value", at, message: `${name(path)} is an empty list; write something or remove it` };
    case "minLength":
      return { code: "wrong-value", at, message: `${name(path)} is empty; write something or remove it` };
    case "pattern":
      // The value checks say better what is wrong with a date.
      if (path.at(-1) === "until") return undefined;
      if (path.at(-1) === "model") return { code: "wrong-value", at, message: `${name(path)} is no path of a type; write for instance @kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application` };
      return { code: "wrong-value", at, message: `${name(path)} is empty; ${WHY_NEEDED[String(path.at(-1))] ?? "write something"}` };
    default:
      return { code: "wrong-value", at, message: `${name(path)} ${error.message ?? "is not allowed"}` };
  }
}

const KINDS: Readonly<Record<string, string>> = {
  object: "keys with values",
  array: "a list; begin each entry with `- `",
  boolean: "true or false",
  string: "a text; quote it",
  integer: "a number",
  "object,boolean": "false, or say by whom: {by: [NAME]}",
  "string,integer": "any, all or a number",
};

function wrongType(path: readonly Step[], wanted: string, value: unknown): string {
  return `${name(path)} is ${show(value)}, and should be ${KINDS[wanted] ?? wanted}`;
}

const show = (value: unknown): string =>
  value === null || value === undefined ? "empty" : Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : JSON.stringify(value);

/** `images[2].match`, or "the policy" for the whole. */
const name = (path: readonly Step[]): string =>
  path.length === 0 ? "the policy" : path.map((step, index) => (typeof step === "number" ? `[${step}]` : index ? `.${step}` : step)).join("");

/** A JSON pointer as steps; a number only where the data has a list. */
function pointer(text: string, data: unknown): Step[] {
  const path: Step[] = [];
  for (const part of text.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(valueAt(data, path)) ? Number(key) : key);
  }
  return path;
}

function valueAt(data: unknown, path: readonly Step[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<Step, unknown> | null | undefined)?.[step], data);
}

/** Where the value at a path begins, or its key. What cannot be followed is placed at the last step that can. */
function offsetOf(document: Document, path: readonly Step[], part: "key" | "value" = "value"): number {
  let node = document.contents as Node | null;
  let at = node?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const pair: Pair | undefined = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step) : undefined;
    const next = (pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined) as Node | null | undefined;
    const key = (pair?.key as Node | undefined)?.range?.[0];
    at = (part === "key" && index === path.length - 1 ? key : next?.range?.[0]) ?? key ?? at;
    node = next ?? null;
  }
  return at;
}

function report(file: string, text: string, mistakes: readonly Mistake[]): PolicyError {
  const sorted = [...mistakes].sort((a, b) => a.at - b.at);
  return new PolicyError(file, sorted.map(({ code, message, at }) => ({ code, message: printable(message), ...positionAt(text, at) })));
}

/** Values are quoted from a file that may come from a stranger's pull request: no terminal escapes. */
const printable = (message: string): string => message.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");

/** 1-based; columns count code points, and a byte order mark counts as nothing. */
function positionAt(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  return { line: lines.length, column: [...(lines.at(-1) ?? "")].length + 1 };
}

type WrittenOwnField = WrittenField & { readonly group: string; readonly kinds: readonly string[] };

/** A policy as written, once the schema has let it pass. */
interface Written extends Omit<WrittenSignatures, "images"> {
  readonly online?: boolean;
  readonly render?: boolean;
  readonly failOn?: Severity;
  readonly registries?: Partial<Policy["registries"]>;
  readonly mirrors?: readonly Mirror[];
  readonly images?: readonly { readonly match: string; readonly pin?: boolean; readonly signed?: false | { readonly by: readonly string[]; readonly need?: string | number } }[];
  readonly fields?: readonly (WrittenOwnField | { readonly model: string })[];
  readonly paths?: Partial<Policy["paths"]>;
  readonly rules?: Policy["rules"];
  readonly waivers?: readonly Omit<Waiver, "line">[];
}

function fill(written: Written, ofModels: readonly ImageField[], file: string, placeOf: PlaceOf): Policy {
  return {
    file,
    online: written.online ?? DEFAULT_POLICY.online,
    render: written.render ?? DEFAULT_POLICY.render,
    failOn: written.failOn ?? DEFAULT_POLICY.failOn,
    registries: { ...DEFAULT_POLICY.registries, ...written.registries },
    mirrors: written.mirrors ?? [],
    images: (written.images ?? []).map(({ match, pin, signed }): ImagePolicy => ({ match, pin: pin ?? true, ...(signed === undefined ? {} : { signed: signed && needOf(signed) }) })),
    signers: signersOf(written, placeOf),
    trustRoots: rootsOf(written, placeOf),
    evidence: written.evidence ?? [],
    fields: [...(written.fields ?? []).flatMap((field) => ("model" in field ? [] : ownField(field))), ...ofModels],
    paths: { ...DEFAULT_POLICY.paths, ...written.paths },
    rules: { ...written.rules },
    waivers: (written.waivers ?? []).map((waiver, index) => ({ ...waiver, line: placeOf(["waivers", index]).line })),
  };
}

const ownField = ({ group, kinds, ...field }: WrittenOwnField): ImageField[] => kinds.map((kind) => completeField(group, kind, field, "policy"));
