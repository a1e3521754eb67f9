/** Sites → questions to registries → facts about each site. */
import { type Answer, type Facts, type Gather, type Manifest, type Question, questionKey } from "../model/facts.ts";
import { locate } from "../model/reference.ts";
import type { ImageSite } from "../model/site.ts";

/**
 * What is asked: `pin` needs only what unpinned tags name, `check` also whether pins still hold.
 * `pin-verified` reads the manifests and hashes them: a HEAD's digest is the registry's word.
 */
export type Scope = "pin" | "pin-verified" | "check";

export type Answers = ReadonlyMap<string, Answer<Manifest>>;

/** Asks everything that is needed, each question once. */
export async function ask(sites: readonly ImageSite[], scope: Scope, gather: Gather): Promise<Answers> {
  const first = new Map<string, Question>();
  for (const site of sites) {
    const { tag, digest } = questionsFor(site);
    if (tag && (scope === "check" || !digest)) first.set(questionKey(tag), tag);
    if (digest && scope === "check") first.set(questionKey(digest), digest);
  }
  if (scope === "pin-verified") return verified(first, gather);
  const answers = await gather([...first.values()]);
  if (scope === "pin") return answers;
  // An index is read only where it can matter: a single image is pinned, and the tag names an index.
  const second = new Map<string, Question>();
  for (const site of sites) {
    const index = indexQuestion(site, answers);
    if (index) second.set(questionKey(index), index);
  }
  return second.size === 0 ? answers : new Map([...answers, ...(await gather([...second.values()]))]);
}

/** The answers to the same questions, each from a body that was hashed. */
async function verified(questions: ReadonlyMap<string, Question>, gather: Gather): Promise<Answers> {
  const bodies = new Map([...questions].map(([key, question]) => [key, { ...question, body: true }]));
  const answers = await gather([...bodies.values()]);
  return new Map([...bodies].map(([key, question]) => [key, answers.get(questionKey(question))!]));
}

/** The facts about one site. What was not asked is unknown, and says so. */
export function factsOf(site: ImageSite, answers: Answers): Facts {
  if (answers.size === 0) return NOTHING_ASKED;
  const { tag, digest } = questionsFor(site);
  const index = indexQuestion(site, answers);
  const answer = (question: Question | undefined): Answer<Manifest> =>
    (question && answers.get(questionKey(question))) ?? notAsked(question?.registry ?? "");
  return { tagged: answer(tag), pinned: answer(digest), index: answer(index) };
}

const notAsked = (registry: string): Answer<never> =>
  ({ is: "unknown", why: { code: "not-asked", message: "the registry was not asked", registry } });

const NOTHING_ASKED: Facts = { tagged: notAsked(""), pinned: notAsked(""), index: notAsked("") };

function questionsFor(site: ImageSite): { tag?: Question; digest?: Question } {
  if (site.reading.is !== "reference") return {};
  const { name, tag, digest } = site.reading.reference;
  const place = locate(name);
  // Without a tag a registry client asks for `latest`; with a digest the tag is only asked for when it is named.
  const selector = tag ?? (digest === undefined ? "latest" : undefined);
  return {
    ...(selector === undefined ? {} : { tag: { ...place, selector, body: false } }),
    ...(digest === undefined ? {} : { digest: { ...place, selector: digest, body: false } }),
  };
}

function indexQuestion(site: ImageSite, answers: Answers): Question | undefined {
  const { tag, digest } = questionsFor(site);
  if (!tag || !digest) return undefined;
  const tagged = answers.get(questionKey(tag));
  const pinned = answers.get(questionKey(digest));
  if (tagged?.is !== "known" || pinned?.is !== "known") return undefined;
  if (tagged.value.kind !== "index" || pinned.value.kind !== "image") return undefined;
  return { ...tag, selector: tagged.value.digest, body: true };
}
