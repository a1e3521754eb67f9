/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). Scheme and names are in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;

/**
 * Reads every challenge of a header. Node joins repeated headers with a comma, and commas also stand
 * between parameters and inside quoted strings, so this is a scanner and not a `split`. What cannot be
 * read ends the list: a half understood challenge is no reason to send a password.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  };
  const skip = (pattern: RegExp): void => void take(pattern);

  for (;;) {
    skip(/[\s,]*/y);
    const scheme = take(TOKEN)?.[0].toLowerCase();
    if (scheme === undefined) return challenges;
    const parameters: Record<string, string> = {};
    challenges.push({ scheme, parameters });
    skip(/[ \t]*/y);
    // `Negotiate abc==`: one opaque value in place of parameters.
    if (take(TOKEN68)) continue;
    for (;;) {
      const start = at;
      skip(/[\s,]*/y);
      const name = take(TOKEN)?.[0].toLowerCase();
      if (name === undefined || !take(/\s*=\s*/y)) {
        at = start;
        break;
      }
      const quoted = take(QUOTED);
      const value = quoted ? quoted[1]?.replace(/\\(.)/g, "$1") : take(TOKEN)?.[0];
      if (value === undefined) return challenges.slice(0, -1);
      parameters[name] = value;
    }
  }
}
