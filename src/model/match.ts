/**
 * Globs over `registry/repository`, and which of several is the most specific.
 *
 * Order of specificity, each step only where the one before is equal:
 *  1. a name without any wildcard;
 *  2. the longer literal prefix: `ghcr.io/acme/**` before `ghcr.io/**`;
 *  3. more literal characters: `ghcr.io/**-web` before `ghcr.io/**`;
 *  4. fewer wildcard characters: `ghcr.io/*` before `ghcr.io/**`;
 *  5. code unit order, so that the outcome never depends on the order in the file.
 *
 * The prefix comes before the number of wildcards because a narrower glob often has more of them.
 */
import picomatch from "picomatch";
import type { ImagePolicy, Policy, SignatureNeed } from "./policy.ts";
import type { RepositoryLocation } from "./reference.ts";

const WILDCARD = /[*?[\]{}()|!+@\\]/;
const GROUPS = /\[[^\]]*\]|\{[^{}]*\}|[?*+@!]?\([^()]*\)/g;

/** What holds for an image that no entry names. */
const DEFAULT_IMAGE: ImagePolicy = { match: "**", pin: true };

const compiled = new Map<string, (text: string) => boolean>();

/** Whether a glob covers the whole text. A leading `!` is no negation here, `*` stays between slashes. */
export function matches(glob: string, text: string): boolean {
  let match = compiled.get(glob);
  if (!match) {
    match = picomatch(glob, { dot: true, nonegate: true, strictBrackets: true });
    compiled.set(glob, match);
  }
  return match(text);
}

/** Why the glob does not compile, if so. */
export function globProblem(glob: string): string | undefined {
  if (glob.startsWith("!")) return "a glob here cannot begin with !";
  try {
    picomatch.makeRe(glob, { dot: true, nonegate: true, strictBrackets: true, debug: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The entry that says most exactly which images it means, among those that cover the name. */
export function mostSpecific<Entry extends { readonly match: string }>(images: readonly Entry[], name: string): Entry | undefined {
  return images.filter((image) => matches(image.match, name)).sort((a, b) => compareGlobs(a.match, b.match))[0];
}

/** What the policy says about the images of this repository. */
export function imagePolicyFor(policy: Policy, location: RepositoryLocation): ImagePolicy {
  return mostSpecific(policy.images, `${location.registry}/${location.repository}`) ?? DEFAULT_IMAGE;
}

/**
 * Whose signatures the images of this repository need; undefined: nobody's. The most specific entry that speaks of
 * signatures decides, so that an entry for another purpose, such as `pin: false`, does not take away what a wider one asks.
 */
export function signatureNeedFor(policy: Pick<Policy, "images">, { registry, repository }: RepositoryLocation): SignatureNeed | undefined {
  const entry = mostSpecific(policy.images.filter(({ signed }) => signed !== undefined), `${registry}/${repository}`);
  return entry?.signed === false ? undefined : entry?.signed;
}

/** Negative when the first glob is the more specific one. */
export function compareGlobs(first: string, second: string): number {
  const a = weigh(first);
  const b = weigh(second);
  return (
    Number(a.wildcards > 0) - Number(b.wildcards > 0) ||
    b.prefix - a.prefix ||
    b.literals - a.literals ||
    a.wildcards - b.wildcards ||
    (first < second ? -1 : first > second ? 1 : 0)
  );
}

function weigh(glob: string): { prefix: number; literals: number; wildcards: number } {
  const at = glob.search(WILDCARD);
  const flat = glob.replace(GROUPS, "?");
  const wildcards = [...flat].filter((character) => WILDCARD.test(character)).length;
  return { prefix: at < 0 ? glob.length : at, literals: flat.length - wildcards, wildcards };
}
