/**
 * What a text must look like to be taken for an image where no schema says that it is one. Keys named `image`
 * hold pictures, machine images, file names and patterns as well; a text that could be one of those is left alone.
 */
import { locate, parseReference } from "../model/reference.ts";
import { isTemplated, readReference } from "./reading.ts";

/** `image`, `sidecarImage`, `imageName`, `image_ref`, `IMAGE-URL`. */
const IMAGE_NAME = /image(?:[_-]?(?:name|ref|uri|url))?$/i;

/** Names that end in image and never mean a container's: machines, disks, pictures. */
const OTHER_IMAGE = /(?:^|[_-])(?:vm|os|ami|machine|disk|cloud|boot|iso|background|bg|cover|logo|icon|og|hero|social|avatar|preview|featured|thumbnail|banner)[_-]?image(?:[_-]?(?:name|ref|uri|url))?$/i;

/** A name in camel case, split so that {@link OTHER_IMAGE} sees its words. */
const words = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2");

/** Whether a key, a flag or a variable says that an image stands there. */
export function namesImage(name: string): boolean {
  return IMAGE_NAME.test(name) && !OTHER_IMAGE.test(words(name));
}

/** `RELATED_IMAGE_WEB`, the convention of the Operator Lifecycle Manager, besides what {@link namesImage} knows. */
export const variableNamesImage = (name: string): boolean => namesImage(name) || name.startsWith("RELATED_IMAGE_");

const PICTURE = /\.(?:png|jpe?g|gif|svg|ico|webp|bmp|avif|iso|qcow2|img|vmdk|vhdx?|ova|raw|gz|tgz|zip|ya?ml|json|md|sh)$/i;

/** What another program fills in, each hole as a whole. */
const HOLES = /\$?\{\{.*?\}\}|\$\{[^{}]*\}|\$\([^()]*\)|\$\[[^[\]]*\]|<[\w.-]+>|\$[A-Za-z_]\w*/g;

/** A template that makes one reference: holes, and between them only what a reference may hold. */
export function isTemplatedReference(raw: string): boolean {
  if (!isTemplated(raw) || raw.length > 500) return false;
  const rest = raw.replace(HOLES, "");
  return rest.length < raw.length && /^[\w./:@%-]*$/.test(rest) && !raw.includes("://");
}

/** How much of a reference has to stand there to be believed. */
export type Strictness =
  /** The format says that this is an image: any reference, a single word too. */
  | "any"
  /** A name says so: a path, a tag or a digest. */
  | "path"
  /** A name says so where it often means something else: a tag or a digest. */
  | "version";

/** Whether the whole text is a reference, as far as that can be told; also one with a mistake in its digest. */
export function passes(raw: string, strictness: Strictness): boolean {
  if (raw === "" || raw.length > 500) return false;
  if (isTemplated(raw)) return isTemplatedReference(raw);
  if (readReference(raw).is === "placeholder") return raw !== "auto" || strictness === "any";
  const parsed = parseReference(raw);
  if (!parsed.ok) return strictness !== "any" ? /^[\w./:-]+@sha\d/.test(raw) : /^[\w.[/:@-]+$/.test(raw) && parsed.problem.code.startsWith("digest");
  const { name, tag, digest } = parsed.reference;
  if (digest !== undefined) return true;
  if (!/[a-z]/.test(name) || PICTURE.test(raw) || isHostAndPort(name, tag)) return false;
  if (tag !== undefined || strictness === "any") return true;
  return strictness === "path" && name.includes("/");
}

/** `localhost:8080` and `db.example.org:5432` are addresses. */
function isHostAndPort(name: string, tag: string | undefined): boolean {
  return tag !== undefined && /^\d{2,5}$/.test(tag) && !name.includes("/") && (name === "localhost" || /^[\w-]+(?:\.[\w-]+)+$/.test(name));
}

/** Hosts of code, whose paths look like a repository's. */
const CODE_HOSTS = new Set(["github.com", "gitlab.com", "bitbucket.org", "golang.org", "sigs.k8s.io", "gopkg.in"]);

/** Whether the text is a reference whatever stands around it: a registry's host, a path, and a tag or a digest. */
export function isSureReference(raw: string): boolean {
  if (raw.length > 500 || !/^[\w.:-]+\/[\w./-]+[:@]/.test(raw)) return false;
  const parsed = parseReference(raw);
  if (!parsed.ok) return false;
  const { name, tag, digest } = parsed.reference;
  const host = name.slice(0, name.indexOf("/"));
  if (CODE_HOSTS.has(host) || PICTURE.test(raw)) return false;
  if (!/[.:]/.test(host) && host !== "localhost") return false;
  if (locate(name).registry !== host && host !== "index.docker.io") return false;
  return digest !== undefined || tag !== undefined;
}
