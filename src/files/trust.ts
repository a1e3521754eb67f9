/** The keys, certificates and roots that a policy names, read and looked at; what is wrong with one names its line. */
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LadingError, messageOf } from "../model/errors.ts";
import type { Signer, Trust, TrustRoot } from "../model/evidence.ts";
import type { NamedFile, NamedRoot, NamedSigner, Policy } from "../model/policy.ts";

/** A root with every certificate of a public instance is some 10 KiB. */
const SIZE_MAX = 1024 * 1024;

type Named = Pick<Policy, "file" | "signers" | "trustRoots">;

/**
 * Reads what the signers of a policy need.
 * @param file where the policy file lies, from which the others are found
 * @param shown the policy file as messages show it
 */
export function readTrust(policy: Named, file: string, shown = policy.file ?? file): Trust {
  const read = reader(file, shown);
  return { signers: policy.signers.map((signer) => readSigner(signer, read)), roots: policy.trustRoots.map((root) => readRoot(root, read)) };
}

/** Reads a file and lets `look` judge its text; what it throws becomes an error at the place that names the file. */
export type Read = <Value>(named: NamedFile, look: (text: string) => Value) => Value;

export function reader(file: string, shown: string): Read {
  return (named, look) => {
    try {
      return look(textOf(resolve(dirname(file), named.path)));
    } catch (error) {
      throw new LadingError("policy", `${shown}:${named.line}:${named.column}: ${named.path} ${messageOf(error)}`, "paths count from the policy file");
    }
  };
}

function textOf(path: string): string {
  let bytes: Buffer;
  try {
    // A pipe or a device named in a stranger's policy would never end.
    const facts = statSync(path);
    if (!facts.isFile()) throw new Error("is not a regular file");
    if (facts.size > SIZE_MAX) throw new Error("is larger than 1 MiB, which no key and no root is");
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(code === "ENOENT" ? "does not exist" : `cannot be read (${code})`);
  }
  return bytes.toString("utf8");
}

function readSigner(signer: NamedSigner, read: Read): Signer {
  if (signer.is === "keyless") return signer;
  if (signer.is === "key") {
    const { name, requireLog, key } = signer;
    return { is: "key", name, pem: read(key, (text) => (publicKey(text), text)), file: key.path, requireLog };
  }
  const certificates = (files: readonly NamedFile[]): string[] => files.flatMap((file) => read(file, authorities).map((one) => one.toString()));
  return { ...signer, authorities: certificates(signer.authorities), signingAuthorities: certificates(signer.signingAuthorities), timestampAuthorities: certificates(signer.timestampAuthorities) };
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** A public key of a kind that signatures are made with. */
export function publicKey(text: string): KeyObject {
  const blocks = [...text.matchAll(PEM)].map(([, kind]) => kind!);
  if (blocks.some((kind) => kind.endsWith("PRIVATE KEY"))) throw new Error("holds a private key, which belongs in no repository; write the public one");
  if (blocks.length !== 1 || !blocks[0]!.endsWith("PUBLIC KEY")) throw new Error(blocks.length > 1 ? "holds more than one key" : `is no public key in PEM${blocks[0] ? ` (${blocks[0].toLowerCase()})` : ""}`);
  let key: KeyObject;
  try {
    key = createPublicKey(text);
  } catch {
    throw new Error("is no public key that can be read");
  }
  const problem = weakness(key);
  if (problem !== undefined) throw new Error(problem);
  return key;
}

const CURVES: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

function weakness({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === "ed25519") return undefined;
  if (type === "ec") return CURVES.includes(details?.namedCurve ?? "") ? undefined : `is on the curve ${details?.namedCurve ?? "?"}; signatures are made on P-256, P-384 and P-521`;
  if (type === "rsa" || type === "rsa-pss") return (details?.modulusLength ?? 0) >= 2048 ? undefined : `is an RSA key of ${details?.modulusLength ?? 0} bits; at least 2048 are needed`;
  return `is a key of type ${type ?? "?"}, which signs no images`;
}

/** Certificates of authorities, each of which may issue others. */
export function authorities(text: string): X509Certificate[] {
  const blocks = [...text.matchAll(PEM)].filter(([, kind]) => kind === "CERTIFICATE").map(([block]) => block);
  if (blocks.length === 0) throw new Error("holds no certificate in PEM");
  return blocks.map((block) => {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(block);
    } catch {
      throw new Error("holds a certificate that cannot be read");
    }
    if (!certificate.ca) throw new Error(`holds the certificate of ${oneLine(certificate.subject)}, which is no authority`);
    return certificate;
  });
}

const oneLine = (subject: string): string => subject.split("\n").reverse().join(", ");

function readRoot({ name, file, thresholds }: NamedRoot, read: Read): TrustRoot {
  return { name, json: read(file, (text) => (trustedRoot(text), text)), file: file.path, thresholds };
}

/** The parts of a `trusted_root.json` that are looked at here; `src/evidence` reads it as a whole. */
export interface TrustedRootFile {
  readonly mediaType: string;
  readonly tlogs?: readonly { readonly baseUrl?: string; readonly publicKey?: { readonly validFor?: Validity } }[];
  readonly ctlogs?: TrustedRootFile["tlogs"];
  readonly certificateAuthorities?: readonly { readonly uri?: string; readonly certChain?: { readonly certificates?: readonly { readonly rawBytes?: string }[] }; readonly validFor?: Validity }[];
  readonly timestampAuthorities?: TrustedRootFile["certificateAuthorities"];
}

export interface Validity {
  readonly start?: string;
  readonly end?: string;
}

export function trustedRoot(text: string): TrustedRootFile {
  let root: TrustedRootFile;
  try {
    root = JSON.parse(text) as TrustedRootFile;
  } catch {
    throw new Error("is not JSON, and should be a trusted_root.json");
  }
  if (typeof root?.mediaType !== "string" || !root.mediaType.startsWith("application/vnd.dev.sigstore.trustedroot")) throw new Error("is no trusted_root.json: its mediaType says something else");
  const parts = [root.tlogs, root.ctlogs, root.certificateAuthorities, root.timestampAuthorities];
  if (parts.some((part) => part !== undefined && !Array.isArray(part))) throw new Error("is no trusted_root.json: one of its parts is no list");
  if (!parts.some((part) => part && part.length > 0)) throw new Error("trusts nobody: it has no authorities and no logs");
  return root;
}
