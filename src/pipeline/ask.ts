/** Sites → questions to registries → facts about each site. */
import { type Answer, type Facts, type Gather, type Manifest, type Question, questionKey } from "../model/facts.ts";
import type { EntryReach } from "../model/kustomization.ts";
import { locate } from "../model/reference.ts";
import type { ImageSite } from "../model/site.ts";
import type { Prove } from "../model/evidence.ts";
import type { Policy } from "../model/policy.ts";
import { type Befores, placeOfSite } from "./before.ts";
import { needOf, proveAll, type Proofs, wishKey, wishOf } from "./prove.ts";
import { entryKey, type Reach } from "./reach.ts";

export type Answers = ReadonlyMap<string, Answer<Manifest>>;

/** Asks what a check wants to know: do pins exist, where do tags point. */
export async function ask(sites: readonly ImageSite[], gather: Gather): Promise<Answers> {
  const answers = await gather(unique(sites.flatMap((site) => Object.values(questionsFor(site)))));
  // An index is read only where it can matter: a single image is pinned, and the tag names an index.
  const second = unique(sites.flatMap((site) => indexQuestion(site, answers) ?? []));
  return second.length === 0 ? answers : new Map([...answers, ...(await gather(second))]);
}

/** Proves the images of the sites that the policy wants signed, once their digests are known. */
export function askForProofs(sites: readonly ImageSite[], answers: Answers, policy: Pick<Policy, "images">, prove: Prove): Promise<Proofs> {
  return proveAll(sites.flatMap((site) => wishOf(site, manifestsOf(site, answers), policy) ?? []), prove);
}

/** Answers that are on their way. */
export interface Asked {
  readonly all: Promise<Answers>;
  /** The answers about some of the sites, as soon as they are there. */
  about(sites: readonly ImageSite[]): Promise<Answers>;
}

/**
 * Asks what the tags of unpinned sites name, each question once.
 * @param verify read the manifests and hash them: a HEAD's digest is the registry's word
 */
export function askForPins(sites: readonly ImageSite[], verify: boolean, gather: Gather): Asked {
  const tagOf = (site: ImageSite): Question[] => {
    const { tag } = questionsFor(site);
    return tag ? [tag] : [];
  };
  const put = (question: Question): Question => ({ ...question, body: verify });
  const waiting = new Map<string, { promise: Promise<Answer<Manifest>>; resolve: (answer: Answer<Manifest>) => void; reject: (error: unknown) => void }>();
  const questions = unique(sites.flatMap(tagOf)).map(put);
  for (const question of questions) waiting.set(questionKey(question), deferred());
  const heard = (key: string, answer: Answer<Manifest>): void => waiting.get(key)?.resolve(answer);
  const all = gather(questions, heard).then((answers) => {
    for (const [key, answer] of answers) heard(key, answer);
    return answers;
  });
  // Whoever waits gets the error; a promise that nobody waits for must not count as unhandled.
  all.catch((error: unknown) => waiting.forEach(({ reject }) => reject(error)));
  const about = async (some: readonly ImageSite[]): Promise<Answers> =>
    new Map(await Promise.all(unique(some.flatMap(tagOf)).map(async (question) => [questionKey(question), await waiting.get(questionKey(put(question)))!.promise] as const)));
  const rest = all.then(() => about(sites));
  rest.catch(() => undefined);
  return { all: rest, about };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((done, fail) => { resolve = done; reject = fail; });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

const unique = (questions: readonly Question[]): Question[] => [...new Map(questions.map((question) => [questionKey(question), question])).values()];

/** What is known beside the answers of registries. Absent: nobody asked. */
export interface Beside {
  readonly policy: Pick<Policy, "images">;
  readonly proofs?: Proofs | undefined;
  readonly befores?: Befores | undefined;
}

/** The facts about one site. What was not asked is unknown, and says so. */
export function factsOf(site: ImageSite, answers: Answers, entries: Reach, beside?: Beside): Facts {
  const reach = reachFrom(site, entries);
  if (answers.size === 0 && !beside?.proofs) return reach === NO_ENTRY ? NOTHING_ASKED : { ...NOTHING_ASKED, reach };
  const manifests = manifestsOf(site, answers);
  return { ...manifests, reach, signed: signedOf(site, manifests, beside), before: beside?.befores?.get(placeOfSite(site)) ?? NOTHING_BEFORE };
}

function manifestsOf(site: ImageSite, answers: Answers): Pick<Facts, "tagged" | "pinned" | "index"> {
  const { tag, digest } = questionsFor(site);
  const index = indexQuestion(site, answers);
  const answer = (question: Question | undefined): Answer<Manifest> =>
    (question && answers.get(questionKey(question))) ?? notAsked(question?.registry ?? "");
  return { tagged: answer(tag), pinned: answer(digest), index: answer(index) };
}

function signedOf(site: ImageSite, manifests: Pick<Facts, "tagged" | "pinned" | "index">, { policy, proofs }: Beside = NOBODY): Facts["signed"] {
  if (!needOf(site, policy)) return { is: "absent" };
  if (!proofs) return notAsked("");
  const wish = wishOf(site, manifests, policy);
  const verdict = wish && proofs.get(wishKey(wish));
  if (verdict) return { is: "known", value: verdict };
  const { tagged, pinned } = manifests;
  const gone = (site.reading.is === "reference" && site.reading.reference.digest !== undefined ? pinned : tagged).is === "absent";
  if (gone) return { is: "known", value: { is: "unknown", why: "the registry has no such image", statements: [] } };
  return wish || tagged.is !== "unknown" ? notAsked("") : tagged;
}

const NOBODY: Beside = { policy: { images: [] } };

const notAsked = (registry: string): Answer<never> =>
  ({ is: "unknown", why: { code: "not-asked", message: "the registry was not asked", registry } });

const NO_ENTRY: Facts["reach"] = { is: "absent" };

const NOTHING_BEFORE: Facts["before"] = { is: "absent" };

const NOTHING_ASKED: Facts = { tagged: notAsked(""), pinned: notAsked(""), index: notAsked(""), reach: NO_ENTRY, signed: notAsked(""), before: NOTHING_BEFORE };

/** What the entry at a site does. */
function reachFrom({ surface, file, path }: ImageSite, entries: Reach): Answer<EntryReach, string> {
  if (surface !== "kustomize" || path[0] !== "images" || typeof path[1] !== "number") return NO_ENTRY;
  return entries.get(entryKey(file, path[1])) ?? { is: "unknown", why: "this is not one kustomization" };
}

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
