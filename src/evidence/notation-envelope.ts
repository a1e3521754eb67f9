/** What a JWS and a COSE envelope have in common, once read, and the rules for their signed attributes. */
import { NotationFault } from "./notation-codes.ts";

export type Algorithm = "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512";

export interface Envelope {
  readonly format: "notation-jws" | "notation-cose";
  /** As the envelope says, in the names of JWS. The key decides; this has to agree. */
  readonly algorithm: string;
  readonly attributes: Attributes;
  /** DER, the signing certificate first. */
  readonly chain: readonly Uint8Array[];
  readonly payload: Uint8Array;
  /** The bytes that are signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** An RFC 3161 TimeStampToken. Not covered by the signature: it covers the signature. */
  readonly timestamp?: Uint8Array;
}

/** The signed attributes that a verifier acts on. */
export interface Attributes {
  readonly scheme: "notary.x509" | "notary.x509.signingAuthority";
  /** The time that a signing authority vouches for. What `signingTime` says is not kept: nobody vouches for it. */
  readonly authenticTime?: Date;
  readonly expiry?: Date;
  readonly plugin?: string;
}

export const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";
const SCHEME = "io.cncf.notary.signingScheme";
const SIGNING_TIME = "io.cncf.notary.signingTime";
const AUTHENTIC_TIME = "io.cncf.notary.authenticSigningTime";
const EXPIRY = "io.cncf.notary.expiry";
const PLUGIN = "io.cncf.notary.verificationPlugin";
const PLUGIN_VERSION = "io.cncf.notary.verificationPluginMinVersion";
/** Every attribute that may be critical, and may stand nowhere but in the signed part. */
export const SIGNED_NAMES = [SCHEME, SIGNING_TIME, AUTHENTIC_TIME, EXPIRY, PLUGIN, PLUGIN_VERSION];

/** The signed part as its format has it. */
export interface SignedPart {
  readonly contentType: unknown;
  readonly critical: unknown;
  readonly named: ReadonlyMap<unknown, unknown>;
  /** A time in the format's own spelling. */
  readonly time: (value: unknown) => Date | undefined;
}

export function readAttributes({ contentType, critical, named, time }: SignedPart): Attributes {
  if (contentType !== PAYLOAD_TYPE) throw new NotationFault("notation-content-type", `the content type is not ${PAYLOAD_TYPE}`);
  const scheme = named.get(SCHEME);
  if (scheme !== "notary.x509" && scheme !== "notary.x509.signingAuthority") throw new NotationFault("notation-scheme", `the signing scheme is not known: ${String(scheme)}`);
  const byAuthority = scheme === "notary.x509.signingAuthority";
  checkCritical(critical, named, [SCHEME, ...(byAuthority ? [AUTHENTIC_TIME] : []), ...[EXPIRY, PLUGIN, PLUGIN_VERSION].filter((name) => named.has(name))]);

  const [mine, other] = byAuthority ? [AUTHENTIC_TIME, SIGNING_TIME] : [SIGNING_TIME, AUTHENTIC_TIME];
  if (named.has(other)) throw new NotationFault("notation-scheme", `${other} does not belong to the signing scheme ${scheme}`);
  const signedAt = readTime(mine, named, time);
  const expiry = named.has(EXPIRY) ? readTime(EXPIRY, named, time) : undefined;
  if (expiry !== undefined && expiry <= signedAt) throw new NotationFault("notation-time", "the signature expires before it was made");
  const plugin = named.get(PLUGIN) ?? named.get(PLUGIN_VERSION);
  return {
    scheme,
    ...(byAuthority ? { authenticTime: signedAt } : {}),
    ...(expiry === undefined ? {} : { expiry }),
    ...(plugin === undefined ? {} : { plugin: String(plugin) }),
  };
}

/** Every critical attribute is known and there, once; and those that have to be critical are. */
function checkCritical(critical: unknown, named: ReadonlyMap<unknown, unknown>, required: readonly string[]): void {
  if (!Array.isArray(critical)) throw new NotationFault("notation-critical", "the list of critical attributes is missing");
  const listed = new Set<unknown>(critical);
  if (listed.size !== critical.length) throw new NotationFault("notation-critical", "the list of critical attributes names one twice");
  for (const name of critical as unknown[]) {
    if (!SIGNED_NAMES.includes(name as string)) throw new NotationFault("notation-critical", `the critical attribute ${JSON.stringify(name)} is not known`);
    if (!named.has(name)) throw new NotationFault("notation-critical", `the critical attribute ${JSON.stringify(name)} is missing`);
  }
  const missing = required.find((name) => !listed.has(name));
  if (missing !== undefined) throw new NotationFault("notation-critical", `${missing} is not marked as critical`);
}

function readTime(name: string, named: ReadonlyMap<unknown, unknown>, time: SignedPart["time"]): Date {
  const read = time(named.get(name));
  if (read === undefined || Number.isNaN(read.getTime())) throw new NotationFault("notation-time", `${name} is missing, or not a time`);
  return read;
}
