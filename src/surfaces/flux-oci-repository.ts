/**
 * Flux's OCIRepository: an artifact in a registry, whose name is `spec.url` and whose version is in `spec.ref`. Flux
 * takes `ref.digest` before `ref.semver` before `ref.tag`, and `latest` without any of them; what it does not look at
 * is not read here either. A pin is `ref.digest`, so the tag stays for people to read.
 */
import { nameProblem, parseReference, type ReferenceProblem, tagProblem } from "../model/reference.ts";
import type { Reading } from "../model/site.ts";
import { FOLDED, get, isNull, LITERAL, MAP, type Node, own, SCALAR, scalarText } from "../syntax/tree.ts";
import { isNumber } from "./field-parts.ts";
import { newField } from "./new-field.ts";
import { isTemplated } from "./reading.ts";
import { fieldSlot, unquotedTemplate } from "./shapes.ts";
import type { Draft, ManifestPlace } from "./surface.ts";

const SCHEME = "oci://";

/** The main place is the first of these that is there. */
const PARTS = ["url", "tag", "digest", "semver"] as const;
type Part = (typeof PARTS)[number];

/** Where each part stands, whether or not it says something. */
type Nodes = Readonly<Partial<Record<Part, Node>>>;
type Values = Readonly<Partial<Record<Part, string>>>;

/** The artifact that an OCIRepository names: `spec.url` with `spec.ref`. */
export function* ociRepositoryArtifact({ document: { text }, manifest, path, ancestors }: ManifestPlace): Generator<Draft> {
  const spec = get(manifest, "spec");
  if (spec?.kind !== MAP) return;
  const ref = get(spec, "ref");
  const nodes = nodesOf(spec, ref);
  const values = valuesOf(text, nodes);
  const main = PARTS.find((part) => values[part] !== undefined);
  if (main === undefined) return;
  // A document that lacks what the schema requires is a patch of another.
  const reading = read(values, get(spec, "interval") !== undefined);
  yield {
    node: nodes[main]!,
    raw: values[main]!,
    path: [...path, "spec", ...(main === "url" ? [] : ["ref"]), main],
    resource: manifest,
    reading,
    slots: [],
    ...(reading.is === "reference" ? placeDigest(text, spec, ref, nodes) : {}),
    ...(reading.is === "incomplete" && values.semver !== undefined ? { elsewhere: "write the digest in spec.ref.digest, which Flux takes before semver; that ends the range" } : {}),
    confidence: "certain",
    because: "spec.url and spec.ref of a Flux OCIRepository",
    parts: Object.values(nodes),
    ancestors: [...ancestors, manifest, spec, ...(main === "url" || !ref ? [] : [ref])],
  };
}

function nodesOf(spec: Node, ref: Node | undefined): Nodes {
  const found = PARTS.map((part) => [part, get(part === "url" ? spec : ref, part)] as const);
  return Object.fromEntries(found.filter(([, node]) => node !== undefined));
}

function valuesOf(text: string, nodes: Nodes): Values {
  const values = Object.entries(nodes).map(([part, node]) => [part, valueOf(text, node)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** What a field says; undefined when it is empty. */
function valueOf(text: string, node: Node): string | undefined {
  const template = unquotedTemplate(text, node);
  if (template !== undefined) return own(template);
  return node.kind !== SCALAR || isNull(text, node) ? undefined : own(scalarText(text, node)) || undefined;
}

function read({ url, tag, semver, digest }: Values, whole: boolean): Reading {
  if ([url, tag, digest].some((value) => value !== undefined && isTemplated(value)) || isTemplatedRange(semver)) return { is: "templated" };
  if (url === undefined) return { is: "incomplete", missing: "the url (in the manifest that this one patches)" };
  const problem = urlProblem(url);
  if (problem) return { is: "invalid", problem };
  const name = url.slice(SCHEME.length);
  if (semver !== undefined && digest === undefined) return { is: "incomplete", missing: `the tag (Flux takes the newest that ref.semver ${semver} allows)` };
  if (tag === undefined && digest === undefined && !whole) return { is: "incomplete", missing: "the ref (in the manifest that this one patches)" };
  const shown = semver === undefined && (digest === undefined || tagProblem(tag) === undefined) ? tag : undefined;
  const wrongTag = refTagProblem(shown);
  if (wrongTag) return { is: "invalid", problem: wrongTag };
  const parsed = parseReference(`${name}${shown === undefined ? "" : `:${shown}`}${digest === undefined ? "" : `@${digest}`}`);
  return parsed.ok ? { is: "reference", reference: parsed.reference } : { is: "invalid", problem: parsed.problem };
}

/** `<` and `>` compare versions here, as they do not elsewhere. */
const isTemplatedRange = (semver: string | undefined): boolean => semver !== undefined && isTemplated(semver.replace(/[<>]/g, ""));

/** Flux refuses a url without the scheme, or with a version in it. */
function urlProblem(url: string): ReferenceProblem | undefined {
  if (!url.startsWith(SCHEME)) return { code: "bad-name", message: `the url of an OCIRepository begins with ${SCHEME}` };
  const name = url.slice(SCHEME.length);
  const parsed = parseReference(name);
  if (!parsed.ok || name === parsed.reference.name) return nameProblem(name);
  return { code: "bad-name", message: "Flux takes no tag or digest in the url; write it in ref" };
}

function refTagProblem(tag: string | undefined): ReferenceProblem | undefined {
  const problem = tagProblem(tag);
  if (!problem || !tag!.includes("@")) return problem;
  return { code: "bad-tag", message: "Flux asks the registry for the whole of ref.tag as a tag; write what follows the @ in ref.digest" };
}

function placeDigest(text: string, spec: Node, ref: Node | undefined, { tag, digest }: Nodes): Pick<Draft, "slots" | "unpinnable"> {
  const cannot = (unpinnable: string): Pick<Draft, "slots" | "unpinnable"> => ({ slots: [], unpinnable });
  if (ref?.kind !== MAP) return cannot("without a ref Flux takes latest; write ref: with the tag that you mean");
  if (spec.anchored || ref.anchored || !spec.children!.includes(ref)) return cannot("an anchor shares this ref; write it out in each object");
  if (tag && isNumber(text, tag)) return cannot(`${scalarText(text, tag)} is a number to YAML, which Flux's schema refuses; put it in quotes`);
  if (digest) {
    if (!ref.children!.includes(digest)) return cannot("ref.digest comes from an anchor; write it out");
    const inLine = digest.kind === SCALAR && digest.style !== LITERAL && digest.style !== FOLDED;
    const slot = inLine ? fieldSlot(text, digest, "digest") : undefined;
    return slot ? { slots: [slot] } : cannot("ref.digest is spelled in an unusual way; write it as digest: \"\"");
  }
  if (!tag) return cannot("without a tag in ref Flux takes latest; write the tag that you mean");
  if (!ref.children!.includes(tag)) return cannot("ref.tag comes from an anchor; write it out");
  const slot = newField(text, ref, tag, "digest", "digest");
  return slot ? { slots: [slot] } : cannot("ref.tag is spelled in an unusual way; write it as tag: \"tag\" on one line");
}
