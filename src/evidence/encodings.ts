/** Base64 and PEM, each in its one canonical form: what can be written in two ways can be read in two ways. */
import { Buffer } from "node:buffer";
import { refuse } from "./codes.ts";

/** The bytes of a base64 text. */
export function fromBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) refuse("base64", what);
  return bytes;
}

/** The bytes of a PEM text with exactly one block, and what the block says that they are. */
export function fromPem(text: string, what: string): { readonly label: string; readonly der: Buffer } {
  const block = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*$/.exec(text);
  if (!block) refuse("malformed", `${what} is not one PEM block`);
  return { label: block[1]!, der: fromBase64(block[2]!.replace(/[\r\n]/g, ""), what) };
}
