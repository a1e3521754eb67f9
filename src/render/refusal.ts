/** How the rooms of rendering say no: thrown on the way, answered at the door. */
import type { RenderFailure, SaidAt } from "../model/render.ts";

/** Carries why something is not rendered to where the answer is made. */
export class Refusal extends Error {
  readonly why: RenderFailure;

  constructor(code: RenderFailure["code"], message: string, said?: SaidAt) {
    super(message);
    this.why = { code, message: said ? `${said.file}:${said.position.line}: ${message}` : message, ...(said ? { said } : {}) };
  }
}

/** The sandbox will not run it. */
export const refused = (message: string, said?: SaidAt): Refusal => new Refusal("refused", message, said);

/** The start of a file, for what is wrong with all of it. */
export const startOf = (file: string): SaidAt => ({ file, position: { line: 1, column: 1 } });

/** What somebody wrote, for a message: on one line, not too long, and without a login in an address. */
export function quoted(text: string): string {
  const line = withoutLogins(text.replace(/\s+/g, " ").trim());
  return JSON.stringify(line.length > 120 ? `${line.slice(0, 120)}…` : line);
}

/** `https://name:secret@host` without what stands before the host. */
export const withoutLogins = (text: string): string => text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*@/gi, "$1");
