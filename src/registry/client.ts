import { LadingError } from "../model/errors.ts";
import type { Answer, Failure, Manifest, Question } from "../model/facts.ts";
import type { Connection } from "./connection.ts";
import { endpointsOf } from "./endpoint.ts";
import { lookUp } from "./look-up.ts";
import type { Session } from "./session.ts";

/** Puts one question to the endpoints that may know, in order. Throws only for what the user has to mend. */
export type Client = (question: Question) => Promise<Answer<Manifest>>;

/** A mirror that cannot be asked is passed over; one that refuses or lies is not, or nobody would notice. */
export const PASSED_OVER: ReadonlySet<string> = new Set<Failure["code"]>(["unreachable", "server-error", "timeout"]);

export function createClient(connection: Connection): Client {
  return (question) => askEach(connection, question, (session) => lookUp(session, question, connection));
}

/** The first answer that counts, of the mirrors and then of the registry itself. */
export async function askEach<Value>(
  connection: Connection,
  place: Pick<Question, "registry" | "repository">,
  question: (session: Session) => Promise<Answer<Value>>,
): Promise<Answer<Value>> {
  const passed: string[] = [];
  for (const endpoint of endpointsOf(place, connection.policy.mirrors)) {
    const answer = await connection.ask(endpoint, question);
    if (endpoint.mirror && answer.is === "absent") passed.push(`the mirror ${endpoint.name} does not have it`);
    else if (endpoint.mirror && answer.is === "unknown" && PASSED_OVER.has(answer.why.code)) passed.push(`of the mirror ${answer.why.message}`);
    else return withPassed(answer, passed);
  }
  throw new LadingError("internal", `no endpoint for ${place.registry}`);
}

/**
 * What became of the mirrors is told where the registry itself could not be asked. A mirror's "there is
 * none" is not taken for an answer: a mirror lags, or holds a part only.
 */
function withPassed<Value>(answer: Answer<Value>, passed: readonly string[]): Answer<Value> {
  if (answer.is !== "unknown" || passed.length === 0) return answer;
  return { is: "unknown", why: { ...answer.why, message: `${answer.why.message} (${passed.join("; ")})` } };
}
