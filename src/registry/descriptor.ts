import { type Digest, isDigest } from "../model/reference.ts";
import { RegistryFault } from "./fault.ts";

/** What a manifest says about something else that it names (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The bytes themselves, where they came along. Not hashed yet. */
  readonly data?: Buffer;
  readonly platform?: string;
}

/** Reads a descriptor; `where` names its place in a clause, such as "an entry of its referrers". */
export function readDescriptor(value: unknown, where: string): Descriptor {
  const { mediaType, digest, size, annotations, data, platform } = objectOf(value, where);
  if (typeof digest !== "string" || !isDigest(digest)) throw malformed(`${where} has no digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw malformed(`${where}, ${digest}, has no size`);
  if (typeof mediaType !== "string") throw malformed(`${where}, ${digest}, has no media type`);
  return {
    mediaType,
    digest,
    size,
    annotations: readAnnotations(annotations, where),
    ...(typeof data === "string" ? { data: Buffer.from(data, "base64") } : {}),
    ...(platform === undefined || platform === null ? {} : { platform: platformOf(objectOf(platform, where)) }),
  };
}

/** A map of texts to texts; absent is empty. */
export function readAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(objectOf(value, where));
  if (entries.some(([, text]) => typeof text !== "string")) throw malformed(`${where} has an annotation that is not a text`);
  return Object.fromEntries(entries) as Record<string, string>;
}

function platformOf({ os, architecture, variant }: Readonly<Record<string, unknown>>): string {
  return [os, architecture, variant].filter((part) => typeof part === "string" && part !== "").join("/");
}

function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(`${where} is not an object`);
  return value as Record<string, unknown>;
}

const malformed = (clause: string): RegistryFault => new RegistryFault("malformed", clause);
