import { type Answer, type Gather, type Manifest, type Question, questionKey } from "../model/facts.ts";
import { isDigest } from "../model/reference.ts";
import { createClient } from "./client.ts";
import { connect, type Connection, type ConnectionOptions } from "./connection.ts";
import { type Clock, SYSTEM_CLOCK } from "./limits.ts";

/** Remembers answers between runs. Only `known` ones are handed in: a failure may pass, an absence may end. */
export interface AnswerCache {
  get(key: string): Answer<Manifest> | undefined;
  set(key: string, answer: Answer<Manifest>): void;
}

export interface GatherOptions extends ConnectionOptions {
  /** Shared with others that ask in this run; default: one of its own. */
  readonly connection?: Connection;
  readonly cache?: AnswerCache;
  /** Ask no registry; what the cache does not have is `unknown`, code `not-asked`. Then no age is too old. */
  readonly offline?: boolean;
  /** How long an answer is good: a tag moves, a digest can at worst be deleted. */
  readonly maxAgeSeconds?: { readonly tag?: number; readonly digest?: number };
  /** Called after each answer of a batch. */
  readonly onProgress?: (done: number, total: number) => void;
}

const TAG_SECONDS = 60 * 60;
const DIGEST_SECONDS = 24 * 60 * 60;

/**
 * Asks registries. Each unique question is put once in the life of the gatherer, however often and in
 * whatever order it comes, and the answers do not depend on that order. Throws a LadingError only for
 * what the user has to mend: a broken login file, a certificate that cannot be read, a bad mirror.
 */
export function createGather(options: GatherOptions): Gather {
  const clock = options.clock ?? SYSTEM_CLOCK;
  const asked = new Map<string, Promise<Answer<Manifest>>>();
  const client = options.offline ? undefined : createClient(options.connection ?? connect(options));

  const answer = async (question: Question): Promise<Answer<Manifest>> => {
    const cached = fromCache(question, options, clock);
    if (cached !== undefined) return cached;
    if (client === undefined) return notAsked(question);
    const fresh = await client(question);
    if (fresh.is === "known") options.cache?.set(questionKey(question), fresh);
    return fresh;
  };

  /** Reading the manifest answers whether it is there as well; the two are asked as one. */
  const ask = (question: Question): Promise<Answer<Manifest>> => {
    const key = questionKey(question);
    let promise = asked.get(key);
    if (promise === undefined) {
      const whole = question.body ? undefined : asked.get(questionKey({ ...question, body: true }));
      asked.set(key, (promise = whole === undefined ? answer(question) : whole.then(withoutChildren)));
    }
    return promise;
  };

  return async (questions, heard) => {
    const unique = new Map(questions.map((question) => [questionKey(question), question]));
    const answers = new Map<string, Answer<Manifest>>();
    let done = 0;
    const bodiesFirst = [...unique].sort(([, a], [, b]) => Number(b.body) - Number(a.body));
    const pending = bodiesFirst.map(async ([key, question]) => {
      const answer = await ask(question);
      answers.set(key, answer);
      heard?.(key, answer);
      options.onProgress?.(++done, unique.size);
    });
    await Promise.all(pending);
    return new Map([...unique.keys()].map((key) => [key, answers.get(key) as Answer<Manifest>]));
  };
}

/** What the cache says, if it is young enough and is an answer to this question at all. */
function fromCache(question: Question, options: GatherOptions, clock: Clock): Answer<Manifest> | undefined {
  const cached = options.cache?.get(questionKey(question));
  if (cached?.is !== "known" || !isDigest(cached.value.digest)) return undefined;
  const byDigest = isDigest(question.selector);
  if (byDigest && cached.value.digest !== question.selector) return undefined;
  const age = (clock.now() - Date.parse(cached.value.learned)) / 1000;
  const most = byDigest ? (options.maxAgeSeconds?.digest ?? DIGEST_SECONDS) : (options.maxAgeSeconds?.tag ?? TAG_SECONDS);
  // An answer from the future comes from a clock that was wrong; its age is not known.
  const fresh = age >= -60 && age <= most;
  if (!fresh && !options.offline) return undefined;
  return { is: "known", value: { ...cached.value, from: "cache" } };
}

function notAsked({ registry }: Question): Answer<Manifest> {
  return { is: "unknown", why: { code: "not-asked", registry, message: `${registry}: not asked, as this run is offline and the cache has no answer` } };
}

function withoutChildren(answer: Answer<Manifest>): Answer<Manifest> {
  if (answer.is !== "known") return answer;
  const { children: _, ...value } = answer.value;
  return { is: "known", value };
}
