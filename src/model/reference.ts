/**
 * Image references as people write them: parse, format, and say where a registry would look.
 *
 * The grammar is the distribution project's (`reference/regexp.go`), applied exactly. Nothing is
 * defaulted: an absent tag stays absent. Only {@link locate} knows Docker Hub's short names, and only
 * for look-ups; what stands in a file keeps its spelling.
 */

/** `algorithm:hex`, for instance `sha256:` and 64 hex digits. */
export type Digest = `${string}:${string}`;

/** An image reference as someone wrote it. Nothing is defaulted: an absent tag is not `latest`. */
export interface ImageReference {
  readonly name: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** Why a text is no reference. Codes are for machines and tests, messages for people. */
export interface ReferenceProblem {
  readonly code:
    | "empty"
    | "uppercase-name"
    | "bad-name"
    | "name-too-long"
    | "bad-tag"
    | "bad-digest"
    | "digest-length"
    | "digest-algorithm";
  readonly message: string;
}

export type ParsedReference =
  | { readonly ok: true; readonly reference: ImageReference }
  | { readonly ok: false; readonly problem: ReferenceProblem };

/** Where a registry client has to ask: a host (with port) and a repository on it. */
export interface RepositoryLocation {
  readonly registry: string;
  readonly repository: string;
}

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`;
const NAME = new RegExp(`^(?:${domain}/)?${component}(?:/${component})*$`);
const DOMAIN = new RegExp(`^${domain}$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]*$/;

/** Hex digits of each registered algorithm (OCI image-spec, descriptor.md, "Digests"). */
const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** The longest name that distribution accepts (`NameTotalLengthMax`). */
const NAME_MAX = 255;

const fail = (code: ReferenceProblem["code"], message: string): ParsedReference => ({
  ok: false,
  problem: { code, message },
});

/** Parses the whole text as a reference; a part that does not fit is a problem with a reason. */
export function parseReference(text: string): ParsedReference {
  if (text === "") return fail("empty", "the reference is empty");
  const at = text.indexOf("@");
  const beforeDigest = at < 0 ? text : text.slice(0, at);
  const slash = beforeDigest.lastIndexOf("/");
  const colon = beforeDigest.indexOf(":", slash + 1);
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const problem = nameProblem(name) ?? tagProblem(tag) ?? digestProblem(digest);
  if (problem) return { ok: false, problem };
  return {
    ok: true,
    reference: {
      name,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest: digest as Digest }),
    },
  };
}

/** What is wrong with a repository name, if anything. */
export function nameProblem(name: string): ReferenceProblem | undefined {
  if (name === "") return { code: "bad-name", message: "the reference has no name" };
  if (!NAME.test(name)) {
    if (NAME.test(name.toLowerCase()))
      return { code: "uppercase-name", message: `repository name "${name}" must be lowercase` };
    return { code: "bad-name", message: `"${name}" is not a valid repository name` };
  }
  const { repository } = split(name);
  if (repository.length > NAME_MAX)
    return { code: "name-too-long", message: `repository name is longer than ${NAME_MAX} characters` };
  if (/^[0-9a-f]{64}$/.test(name))
    return { code: "bad-name", message: "64 hex digits alone are an image id, not a repository name" };
  return undefined;
}

/** What is wrong with a tag, if anything. */
export function tagProblem(tag: string | undefined): ReferenceProblem | undefined {
  if (tag === undefined || TAG.test(tag)) return undefined;
  if (tag === "") return { code: "bad-tag", message: "the tag after the colon is empty" };
  if (tag.length > 128) return { code: "bad-tag", message: "the tag is longer than 128 characters" };
  return { code: "bad-tag", message: `"${tag}" is not a valid tag` };
}

/** What is wrong with a digest, if anything: shape, algorithm, length. */
export function digestProblem(digest: string | undefined): ReferenceProblem | undefined {
  if (digest === undefined) return undefined;
  if (!DIGEST.test(digest))
    return { code: "bad-digest", message: `"${digest}" is not a digest (algorithm:hex)` };
  const [algorithm = "", hex = ""] = digest.split(":");
  const length = HEX_LENGTH[algorithm];
  if (length === undefined)
    return { code: "digest-algorithm", message: `digest algorithm "${algorithm}" is not sha256, sha384 or sha512` };
  if (hex.length !== length)
    return { code: "digest-length", message: `a ${algorithm} digest has ${length} hex digits, this one has ${hex.length}` };
  if (/[A-F]/.test(hex))
    return { code: "bad-digest", message: "digest hex digits must be lowercase" };
  return undefined;
}

/** Whether the text is a well-formed digest of a registered algorithm. */
export function isDigest(text: string): text is Digest {
  return digestProblem(text) === undefined;
}

/** Writes a reference: `name[:tag][@digest]`. */
export function formatReference(reference: ImageReference): string {
  const { name, tag, digest } = reference;
  return `${name}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/**
 * Where to ask for this name, with Docker Hub's short names filled in: `nginx` is
 * `docker.io/library/nginx`, `index.docker.io` is `docker.io`. A first part counts as a host when it
 * has a dot, a colon or an uppercase letter, or is `localhost` (distribution `splitDockerDomain`).
 */
export function locate(name: string): RepositoryLocation {
  const { host, repository } = split(name);
  const registry = host === undefined || host === "index.docker.io" ? "docker.io" : host;
  if (registry === "docker.io" && !repository.includes("/"))
    return { registry, repository: `library/${repository}` };
  return { registry, repository };
}

function split(name: string): { host: string | undefined; repository: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = /[.:A-Z]/.test(first) || first === "localhost";
  if (slash < 0 || !isHost || !DOMAIN.test(first)) return { host: undefined, repository: name };
  return { host: first, repository: name.slice(slash + 1) };
}
