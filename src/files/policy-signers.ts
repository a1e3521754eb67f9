/** What a policy says about signatures: mistakes that a schema cannot see, and the signers and roots as the program sees them. */
import { readIdentity } from "../evidence/notation-names.ts";
import { messageOf } from "../model/errors.ts";
import type { EvidencePlace, NamedFile, NamedRoot, NamedSigner, RootSource, SignatureNeed } from "../model/policy.ts";

type Step = string | number;

export type SignerCode =
  | "signer-kind" | "bad-name" | "any-identity" | "bad-issuer" | "bad-subject" | "bad-need" | "bad-mirror" | "unknown-signer" | "unknown-root" | "unused";

export interface SignerMistake {
  readonly code: SignerCode;
  readonly message: string;
  readonly path: readonly Step[];
  readonly part?: "key";
}

interface WrittenSigner {
  readonly key?: string;
  readonly requireLog?: boolean;
  readonly keyless?: { readonly identity: string; readonly match?: "exact" | "glob"; readonly issuer: string; readonly root: string; readonly extensions?: Readonly<Record<string, string>> };
  readonly notation?: { readonly authorities: readonly string[]; readonly signingAuthorities?: readonly string[]; readonly timestampAuthorities?: readonly string[]; readonly identities?: readonly string[] };
}

interface WrittenRoot {
  readonly file: string;
  readonly thresholds?: Partial<NamedRoot["thresholds"]>;
  readonly update?: { readonly mirror: string; readonly initialRoot?: string; readonly target?: string };
}

/** The part of a written policy that is about signatures, once the schema has let it pass. */
export interface WrittenSignatures {
  readonly images?: readonly { readonly signed?: boolean | { readonly by: readonly string[]; readonly need?: string | number } }[];
  readonly signers?: Readonly<Record<string, WrittenSigner>>;
  readonly trustRoots?: Readonly<Record<string, WrittenRoot>>;
  readonly evidence?: readonly EvidencePlace[];
}

/** The nearest of the known words, or what to do without one. */
type Advice = (word: string, known: readonly string[], otherwise: string) => string;

/** The only TUF repository whose first root the program brings along. */
export const PUBLIC_SIGSTORE = "https://tuf-repo-cdn.sigstore.dev";

/** Extensions of Fulcio's certificates, by their place under 1.3.6.1.4.1.57264.1 (fulcio, docs/oid-info.md). */
const EXTENSIONS: Readonly<Record<string, string>> = {
  buildSignerURI: "9", buildSignerDigest: "10", runnerEnvironment: "11", sourceRepositoryURI: "12", sourceRepositoryDigest: "13",
  sourceRepositoryRef: "14", sourceRepositoryIdentifier: "15", sourceRepositoryOwnerURI: "16", sourceRepositoryOwnerIdentifier: "17",
  buildConfigURI: "18", buildConfigDigest: "19", buildTrigger: "20", runInvocationURI: "21", sourceRepositoryVisibility: "22",
};

/** Every mistake about signatures. */
export function* signatureMistakes(written: WrittenSignatures, advice: Advice): Generator<SignerMistake> {
  const { images = [], signers = {}, trustRoots = {} } = written;
  const used = new Set<string>();
  for (const [i, { signed }] of images.entries()) {
    const path = ["images", i, "signed"];
    if (signed === true) yield { code: "bad-need", path, message: "signed is true, which does not say by whom; write for instance {by: [release]}" };
    if (typeof signed !== "object") continue;
    for (const [j, name] of signed.by.entries()) {
      used.add(name);
      if (!Object.hasOwn(signers, name)) yield { code: "unknown-signer", path: [...path, "by", j], message: `there is no signer "${name}"; ${advice(name, Object.keys(signers), "name it under signers")}` };
    }
    const problem = needProblem(signed.need ?? "any", signed.by.length);
    if (problem !== undefined) yield { code: "bad-need", path: [...path, "need"], message: problem };
  }
  const roots = new Set<string>();
  for (const [name, signer] of Object.entries(signers)) {
    yield* signerMistakes(name, signer, trustRoots, advice);
    if (signer.keyless) roots.add(signer.keyless.root);
    // A log entry counts by the keys of any of the roots.
    if (signer.requireLog === true) for (const root of Object.keys(trustRoots)) roots.add(root);
    if (!used.has(name)) yield { code: "unused", path: ["signers", name], part: "key", message: `no image needs a signature by "${name}"; name it in images (signed.by), or remove it` };
  }
  for (const [name, root] of Object.entries(trustRoots)) {
    yield* rootMistakes(name, root);
    if (!roots.has(name)) yield { code: "unused", path: ["trustRoots", name], part: "key", message: `no signer names the root "${name}"; name it in a keyless signer, or remove it` };
  }
}

function needProblem(need: string | number, signers: number): string | undefined {
  if (need === "any" || need === "all") return undefined;
  if (typeof need === "string") return `need is ${JSON.stringify(need)}; it is any, all or a number`;
  if (need < 1) return `need is ${need}, which asks for no signature; write signed: false if that is meant`;
  return need > signers ? `need is ${need}, and only ${signers} can sign` : undefined;
}

/** A name stands in messages and lists; one with a line break in it would make those say something else. */
const badName = (name: string): boolean => !/^[^\s\p{C}](?:[^\p{C}]{0,62}[^\s\p{C}])?$/u.test(name);

function* signerMistakes(name: string, signer: WrittenSigner, roots: Readonly<Record<string, unknown>>, advice: Advice): Generator<SignerMistake> {
  const path = ["signers", name];
  if (badName(name)) yield { code: "bad-name", path, part: "key", message: `"${name}" is no name for a signer; write up to 64 visible characters` };
  const kinds = (["key", "keyless", "notation"] as const).filter((kind) => signer[kind] !== undefined);
  if (kinds.length !== 1)
    yield { code: "signer-kind", path, part: "key", message: kinds.length === 0 ? `"${name}" needs a key, keyless or notation` : `"${name}" has ${kinds.join(" and ")}; write one signer for each` };
  if (signer.requireLog !== undefined && signer.key === undefined)
    yield { code: "signer-kind", path: [...path, "requireLog"], part: "key", message: "requireLog is for keys; a keyless signer's root says it by its thresholds" };
  if (signer.requireLog === true && Object.keys(roots).length === 0)
    yield { code: "unknown-root", path: [...path, "requireLog"], message: "a log entry is proved by a trust root, and the policy names none; add one under trustRoots" };
  if (signer.keyless) yield* keylessMistakes(signer.keyless, [...path, "keyless"], roots, advice);
  for (const [i, identity] of (signer.notation?.identities ?? []).entries()) {
    const problem = identityProblem(identity);
    if (problem !== undefined) yield { code: "bad-subject", path: [...path, "notation", "identities", i], message: `${problem}; write for instance x509.subject: C=US, ST=WA, O=acme` };
  }
}

function identityProblem(identity: string): string | undefined {
  try {
    readIdentity(identity);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function* keylessMistakes({ identity, match, issuer, root }: NonNullable<WrittenSigner["keyless"]>, path: readonly Step[], roots: Readonly<Record<string, unknown>>, advice: Advice): Generator<SignerMistake> {
  if (match === "exact" && identity.includes("*"))
    yield { code: "any-identity", path: [...path, "identity"], message: "no identity has a * in it, so match: exact never holds; write match: glob" };
  const open = match === "exact" ? undefined : openIdentity(identity);
  if (open !== undefined) yield { code: "any-identity", path: [...path, "identity"], message: `"${identity}" ${open}` };
  if (issuer.includes("*") || !/^https?:\/\/[^\s/]+(?:\/\S*)?$/.test(issuer))
    yield { code: "bad-issuer", path: [...path, "issuer"], message: `"${issuer}" is no issuer; write its whole URL, which is compared exactly, for instance https://token.actions.githubusercontent.com` };
  if (!Object.hasOwn(roots, root)) yield { code: "unknown-root", path: [...path, "root"], message: `there is no trust root "${root}"; ${advice(root, Object.keys(roots), "name it under trustRoots")}` };
}

/** Forges on which everybody may have a name: there the first part of the path says whose it is. */
const SHARED = /^(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)$/;

/** Why a glob lets strangers sign, if it does: what stands before the first `*` must say whose identities are meant. */
function openIdentity(identity: string): string | undefined {
  const star = identity.indexOf("*");
  if (star < 0) return undefined;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//.exec(identity)?.[0];
  if (scheme === undefined) {
    const domain = identity.slice(identity.lastIndexOf("@") + 1);
    return identity.includes("@") && !domain.includes("*") && domain.includes(".") ? undefined : "fits identities of anybody; write the part behind the @ out, for instance *@acme.example";
  }
  const [host = "", owner] = identity.slice(scheme.length, star).split("/");
  if (owner === undefined) return "fits identities on other hosts; write the host out, with a / behind";
  const whole = identity.slice(scheme.length, star).split("/").length > 2;
  return SHARED.test(host) && !whole ? `fits identities of anybody on ${host}; write the owner out, with a / behind` : undefined;
}

const LOOPBACK = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/|$)/;

function* rootMistakes(name: string, { update }: WrittenRoot): Generator<SignerMistake> {
  const path = ["trustRoots", name];
  if (badName(name)) yield { code: "bad-name", path, part: "key", message: `"${name}" is no name for a trust root; write up to 64 visible characters` };
  if (!update) return;
  if (!URL.canParse(update.mirror) || !(update.mirror.startsWith("https://") || LOOPBACK.test(update.mirror)))
    yield { code: "bad-mirror", path: [...path, "update", "mirror"], message: `"${update.mirror}" is no https:// URL` };
  if (update.initialRoot === undefined && withoutSlash(update.mirror) !== PUBLIC_SIGSTORE)
    yield { code: "bad-mirror", path: [...path, "update"], message: `"initialRoot" is missing; give the root.json that ${update.mirror} began with, from somebody you trust` };
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");

/** Where in the policy file a value stands. */
export type PlaceOf = (path: readonly Step[]) => Pick<NamedFile, "line" | "column">;

export const needOf = (signed: { readonly by: readonly string[]; readonly need?: string | number }): SignatureNeed => ({ by: signed.by, need: (signed.need ?? "any") as SignatureNeed["need"] });

export function signersOf({ signers = {} }: WrittenSignatures, placeOf: PlaceOf): NamedSigner[] {
  return Object.entries(signers).map(([name, { key, requireLog = false, keyless, notation }]): NamedSigner => {
    const file = (path: string, ...steps: Step[]): NamedFile => ({ path, ...placeOf(["signers", name, ...steps]) });
    if (key !== undefined) return { is: "key", name, key: file(key, "key"), requireLog };
    if (keyless) {
      const extensions = Object.fromEntries(Object.entries(keyless.extensions ?? {}).map(([extension, value]) => [EXTENSIONS[extension]!, value]));
      return { is: "keyless", name, identity: keyless.identity, match: keyless.match ?? (keyless.identity.includes("*") ? "glob" : "exact"), issuer: keyless.issuer, root: keyless.root, extensions };
    }
    const files = (list: "authorities" | "signingAuthorities" | "timestampAuthorities"): NamedFile[] => (notation?.[list] ?? []).map((path, i) => file(path, "notation", list, i));
    return { is: "notation", name, authorities: files("authorities"), signingAuthorities: files("signingAuthorities"), timestampAuthorities: files("timestampAuthorities"), identities: notation?.identities ?? [] };
  });
}

export function rootsOf({ trustRoots = {} }: WrittenSignatures, placeOf: PlaceOf): NamedRoot[] {
  return Object.entries(trustRoots).map(([name, { file, thresholds, update }]): NamedRoot => ({
    name,
    file: { path: file, ...placeOf(["trustRoots", name, "file"]) },
    thresholds: { log: 1, certificateLog: 1, timestamp: 1, ...thresholds },
    ...(update ? { update: sourceOf(update, placeOf(["trustRoots", name, "update", "initialRoot"])) } : {}),
  }));
}

const sourceOf = ({ mirror, initialRoot, target = "trusted_root.json" }: NonNullable<WrittenRoot["update"]>, place: ReturnType<PlaceOf>): RootSource => ({
  mirror: withoutSlash(mirror),
  ...(initialRoot === undefined ? {} : { initialRoot: { path: initialRoot, ...place } }),
  target,
});
