/** Distinguished names: those of certificates as text, and those that a policy trusts (RFC 4514, as far as Notation takes it). */
import { Buffer } from "node:buffer";
import type { Certificate } from "./notation-certificate.ts";
import { NotationFault } from "./notation-codes.ts";

const NAMES: ReadonlyMap<string, string> = new Map([
  ["2.5.4.6", "C"], ["2.5.4.8", "ST"], ["2.5.4.7", "L"], ["2.5.4.10", "O"], ["2.5.4.11", "OU"], ["2.5.4.3", "CN"],
  ["2.5.4.9", "STREET"], ["2.5.4.17", "POSTALCODE"], ["2.5.4.5", "SERIALNUMBER"],
  ["0.9.2342.19200300.100.1.25", "DC"], ["0.9.2342.19200300.100.1.1", "UID"], ["1.2.840.113549.1.9.1", "EMAILADDRESS"],
]);
const KNOWN = new Set(NAMES.values());
/** Without these three a name could belong to anybody (trust-store-trust-policy.md). */
const REQUIRED = ["C", "ST", "O"];
const PREFIX = "x509.subject:";

/** The subject, written so that it can be put into a policy. */
export function nameOf(certificate: Certificate): string {
  if (certificate.attributes === undefined) return certificate.x509.subject.replaceAll("\n", ", ");
  return certificate.attributes.map(([oid, value]) => `${NAMES.get(oid) ?? oid}=${escape(value)}`).join(", ") || "a certificate without a name";
}

/** RFC 4514, 2.4; what cannot be seen is written in hex, so that no name can change a terminal's or a report's lines. */
const escape = (value: string): string =>
  value.replace(/[,;\\+"<>]|^[ #]| $/g, "\\$&").replace(/\p{C}/gu, (hidden) => Buffer.from(hidden).toString("hex").replace(/../g, "\\$&"));

/** A name that the policy trusts: `x509.subject: C=US, ST=WA, O=acme`, or `*` for every subject, which is `undefined`. */
export function readIdentity(text: string): ReadonlyMap<string, string> | undefined {
  const fault = (what: string): NotationFault => new NotationFault("notation-policy", `the trusted identity "${text}" ${what}`, "unknown");
  const body = text.trim().startsWith(PREFIX) ? text.trim().slice(PREFIX.length) : text;
  if (body.trim() === "*") return undefined;
  const found = new Map<string, string>();
  for (const part of splitUnescaped(body)) {
    const [, type, value] = /^\s*([A-Za-z]+)\s*=(.*)$/s.exec(part) ?? [];
    if (type === undefined || value === undefined) throw fault("is not a list of NAME=VALUE");
    const name = type.toUpperCase() === "S" ? "ST" : type.toUpperCase();
    if (!KNOWN.has(name)) throw fault(`has the attribute ${type}, which is not known`);
    if (found.has(name)) throw fault(`has ${type} twice`);
    const plain = unescape(value);
    if (plain === undefined || plain === "") throw fault(`has no value that can be read for ${type}`);
    found.set(name, plain);
  }
  const missing = REQUIRED.find((name) => !found.has(name));
  if (missing !== undefined) throw fault(`has no ${missing}; country (C), state (ST) and organisation (O) are required`);
  return found;
}

/** At commas and semicolons that no backslash stands before. */
const splitUnescaped = (text: string): string[] => text.match(/(?:[^\\,;]|\\.)+/gs) ?? [text];

/** Without the spaces around it and the backslashes in it; `undefined` for what has a meaning of its own in RFC 4514. */
function unescape(value: string): string | undefined {
  const trimmed = value.trimStart().replace(/(?<!\\)\s+$/, "");
  if (/^#|(?<!\\)[+"<>]/.test(trimmed)) return undefined;
  return trimmed.replace(/\\(.)/gs, "$1");
}

/** Every attribute of the identity stands in the certificate's subject, once, with that value. */
export function isNamed(certificate: Certificate, identity: ReadonlyMap<string, string>): boolean {
  const attributes = certificate.attributes;
  if (attributes === undefined) return false;
  return [...identity].every(([name, value]) => {
    const values = attributes.filter(([oid]) => NAMES.get(oid) === name);
    return values.length === 1 && values[0]![1] === value;
  });
}
