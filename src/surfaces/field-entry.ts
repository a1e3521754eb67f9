/**
 * Entries as people write them, in data/image-fields.yaml and in a policy: the defaults that follow from the shape,
 * and what is wrong with an entry.
 */
import { FIELD_SHAPES, type FieldOrigin, type FieldShape, type ImageField, PART_ROLES, type PinWay } from "../model/field.ts";
import type { Role } from "../model/site.ts";
import { parseFieldPath } from "./field-path.ts";

/** An entry without its defaults. */
export interface WrittenField {
  readonly path: string;
  readonly shape?: FieldShape;
  readonly keys?: ImageField["keys"];
  readonly pin?: PinWay;
  readonly role?: Role;
  readonly unless?: readonly string[];
  readonly elsewhere?: string;
  readonly implies?: string;
  readonly unsafe?: string;
  readonly versions?: readonly string[];
}

/** What each shape can be pinned with; the first is what happens when an entry says nothing. */
const WAYS: Readonly<Record<FieldShape, readonly PinWay[]>> = {
  ref: ["append", "report"],
  podSpec: ["append", "report"],
  object: ["tag-suffix", "set", "append", "report"],
  "docker-url": ["append", "report"],
  "oci-url": ["append", "report"],
  repository: ["report"],
  tag: ["report"],
  "version-only": ["report"],
  "version-or-ref": ["append", "report"],
  "embedded-yaml": ["report"],
  "helm-values": ["report"],
  "helm-values-string": ["report"],
  "helm-parameters": ["report"],
  "kustomize-images": ["report"],
};

const REPOSITORY_AND_TAG = { repository: "repository", tag: "tag" } as const;

/** Roles in which a field is never written. */
const NEVER_PINNED: ReadonlySet<Role | undefined> = new Set<Role>(["tracked", "build-output", "pattern"]);

/** The field that an entry means. */
export function completeField(group: string, kind: string, written: WrittenField, origin: FieldOrigin): ImageField {
  const { path, shape = "ref", keys = shape === "object" ? REPOSITORY_AND_TAG : undefined } = written;
  return {
    group, kind, path, shape, origin,
    pin: NEVER_PINNED.has(written.role) ? "report" : (written.pin ?? defaultPin(shape, keys)),
    ...(keys ? { keys } : {}),
    ...(written.role ? { role: written.role } : {}),
    ...(written.unless ? { unless: written.unless } : {}),
    ...(written.elsewhere ? { elsewhere: written.elsewhere } : {}),
    ...(written.implies ? { implies: written.implies } : {}),
    ...(written.unsafe ? { unsafe: written.unsafe } : {}),
    ...(written.versions ? { versions: written.versions } : {}),
  };
}

const defaultPin = (shape: FieldShape, keys: ImageField["keys"]): PinWay =>
  shape === "object" && (keys?.digest !== undefined || keys?.digestHex !== undefined) ? "set"
  : shape === "object" && keys?.tag === undefined ? "report"
  : WAYS[shape][0]!;

/** What is wrong with an entry, if anything, and under which key. The types are checked already. */
export function fieldProblem(written: WrittenField): { key: keyof WrittenField; message: string } | undefined {
  const { path, shape = "ref", keys, pin } = written;
  if (!FIELD_SHAPES.includes(shape)) return { key: "shape", message: `there is no shape "${String(shape)}"; known: ${FIELD_SHAPES.join(", ")}` };
  if (!parseFieldPath(path)) return { key: "path", message: `"${path}" is no path; write for instance spec.steps[*].image, spec.nodes{*}.image or spec.params[name=bundle].value` };
  const unknown = Object.keys(keys ?? {}).find((role) => !(PART_ROLES as readonly string[]).includes(role));
  if (unknown !== undefined) return { key: "keys", message: `"${unknown}" is no part of a reference; known: ${PART_ROLES.join(", ")}` };
  if (keys && shape !== "object") return { key: "keys", message: `keys belong to the shape object, and this is ${shape}` };
  if (keys && Object.keys(keys).length === 0) return { key: "keys", message: "keys name at least one part" };
  if (pin === undefined) return undefined;
  if (!WAYS[shape].includes(pin)) return { key: "pin", message: `the shape ${shape} cannot be pinned by "${pin}"; it can by ${WAYS[shape].join(", ")}` };
  if (pin === "set" && keys?.digest === undefined && keys?.digestHex === undefined) return { key: "pin", message: 'to pin by "set", keys need digest or digestHex' };
  if (pin === "append" && shape === "object" && keys?.ref === undefined) return { key: "pin", message: 'to pin an object by "append", keys need ref' };
  return undefined;
}
