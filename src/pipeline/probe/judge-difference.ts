/**
 * What a difference between two renderings is: the image that was meant, a checksum that follows from it, or
 * something else that a pin must not change.
 */
import { type Digest, type ImageReference, locate, parseReference } from "../../model/reference.ts";
import type { Difference } from "./difference.ts";

/** Why a form of a pin is not taken. */
export type ReasonCode =
  | "ignored" // nothing that is rendered changes: the chart does not know the field, or does not use the image
  | "label" // the tag stands in a label or a selector as well
  | "version" // an operator reads the tag as a version
  | "field" // another field changes
  | "documents" // documents come or go
  | "malformed" // the image is none afterwards
  | "another-tag" // what is rendered has another tag than what stands here
  | "several-images" // one digest cannot be right for several images
  | "no-tag" // no tag is rendered, or several, so none can be written next to the digest
  | "semver" // the chart compares the tag as a version
  | "schema" // the chart's schema knows no such field or value
  | "chart-fails" // the chart ends with `fail` or `required`
  | "fails" // rendering ends with another error
  | "together" // renders alone, and not along with the other pins
  | "limit"; // not tried: the number of renderings is bounded

export interface Reason {
  readonly code: ReasonCode;
  /** A sentence part: "changes the label …". */
  readonly why: string;
}

/** An image that is rendered otherwise. */
export interface ImageChange {
  readonly before: ImageReference;
  readonly after: ImageReference;
}

export type Judged =
  | { readonly is: "image"; readonly changes: readonly ImageChange[] }
  /** A field that holds the digest alone, beside the image: operators have one for old versions of them. */
  | { readonly is: "digest"; readonly digest: Digest }
  /** A digest over something that holds the image; by it a pod is started anew when that changes. */
  | { readonly is: "checksum" }
  /** The recommended label for a version, which stays a label. */
  | { readonly is: "version-label"; readonly why: string }
  | { readonly is: "other"; readonly reason: Reason };

/** Characters of a reference with everything that can be in it. */
const REFERENCE = "[A-Za-z0-9][A-Za-z0-9._/:@-]*";

export function judgeDifference(difference: Difference): Judged {
  const { path, before, after } = difference;
  if (path.length === 0) return other("documents", describeWhole(difference));
  if (isChecksum(difference)) return { is: "checksum" };
  const label = labelIn(path);
  if (label !== undefined) return judgeLabel(difference, label);
  const digest = digestIn(difference);
  if (digest) return { is: "digest", digest };
  if (before === undefined || after === undefined) return other("field", `${before === undefined ? "adds" : "takes away"} ${placeIn(difference)}`);
  const changes = imagesIn(before, after);
  if (changes) return { is: "image", changes };
  if (/sha256:|@/.test(after) && /image/i.test(path.at(-1)!) && !parseReference(after).ok) return other("malformed", `makes "${shorten(after)}" of ${placeIn(difference)}, which is no image`);
  if (path.at(-1) === "version" && path[0] === "spec" && difference.apiVersion.includes(".")) return other("version", `changes the version of ${objectOf(difference)}, which an operator reads, to "${shorten(after)}"`);
  return other("field", `changes ${placeIn(difference)} to "${shorten(after)}"`);
}

const other = (code: ReasonCode, why: string): Judged => ({ is: "other", reason: { code, why } });

const describeWhole = ({ before, after, document, kind, name }: Difference): string =>
  document < 0 ? `makes ${after} of ${before}` : `makes ${after} of ${kind === "" ? before : `${kind} ${name}`}`;

const objectOf = ({ kind, name }: Difference): string => `${kind} ${name}`;

const placeIn = (difference: Difference): string => `${difference.path.join(".")} of ${objectOf(difference)}`;

/** Without the digits of a marker, which name nothing. */
function shorten(text: string): string {
  const plain = text.replace(/5ca1ab1e[0-9a-f]*/g, "…");
  return plain.length > 60 ? `${plain.slice(0, 57)}…` : plain;
}

/** Hex in an annotation that says so by its name, as charts have it: `checksum/config`. */
function isChecksum({ path, before, after }: Difference): boolean {
  return path.at(-2) === "annotations" && path.at(-3) === "metadata" && /checksum|(?:^|[-/.])hash$/i.test(path.at(-1)!) && [before, after].every((text) => text !== undefined && /^[0-9a-f]{8,128}$/.test(text));
}

/** `sha: …` of prometheus-operator's resources. */
function digestIn({ path, before, after }: Difference): Digest | undefined {
  if (!/^(?:sha|digest)$/.test(path.at(-1)!) || after === undefined || !/^(?:sha256:)?[0-9a-f]{64}$/.test(after) || (before !== undefined && !/^(?:(?:sha256:)?[0-9a-f]{64})?$/.test(before))) return undefined;
  return `sha256:${after.replace("sha256:", "")}`;
}

/** What a label is called in a message, when the path leads to one. */
function labelIn(path: readonly string[]): string | undefined {
  const map = path.at(-2);
  return map === "labels" || map === "matchLabels" || (map === "selector" && path.at(-3) === "spec") ? path.at(-1) : undefined;
}

/** Kubernetes validation: 63 characters at most, of a few kinds. */
const LABEL = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

function judgeLabel({ path, ...difference }: Difference, label: string): Judged {
  const where = placeIn({ path: path.slice(0, -1), ...difference });
  const after = difference.after ?? "";
  const why = `changes the label ${label} in ${where} to "${shorten(after)}"`;
  if (!LABEL.test(after)) return other("label", `${why}, which is no label`);
  return path.at(-2) === "labels" && label === "app.kubernetes.io/version" ? { is: "version-label", why } : other("label", why);
}

/** The images that one text has otherwise than another that is the same apart from them. */
function imagesIn(before: string, after: string): readonly ImageChange[] | undefined {
  const found = [...after.matchAll(new RegExp(`${REFERENCE}@sha256:[0-9a-f]{64}(?![A-Za-z0-9._/:@-])`, "g"))].filter(([token]) => !before.includes(token));
  if (found.length === 0) return undefined;
  let pattern = "";
  let position = 0;
  for (const { 0: token, index } of found) {
    pattern += `${escape(after.slice(position, index))}(${REFERENCE})`;
    position = index + token.length;
  }
  const olds = new RegExp(`^${pattern}${escape(after.slice(position))}$`, "s").exec(before);
  if (!olds) return undefined;
  const changes: ImageChange[] = [];
  for (const [i, { 0: token }] of found.entries()) {
    const [old, fresh] = [parseReference(olds[i + 1]!), parseReference(token)];
    // A version alone reads as a name, and is none.
    if (!old.ok || !fresh.ok || (old.reference.tag === undefined && /^v?[0-9]+(?:[._-]|$)/.test(old.reference.name)) || old.reference.name !== fresh.reference.name) return undefined;
    if (fresh.reference.tag !== undefined && fresh.reference.tag !== old.reference.tag) return undefined;
    changes.push({ before: old.reference, after: fresh.reference });
  }
  return changes;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether two references name the same image, however they spell Docker Hub. */
export function sameImage(one: ImageReference, another: ImageReference): boolean {
  const [a, b] = [locate(one.name), locate(another.name)];
  return a.registry === b.registry && a.repository === b.repository && one.tag === another.tag;
}
