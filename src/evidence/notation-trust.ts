/** Whether a signature whose chain and signature are right is by somebody that a signer of the policy means. */
import type { Signer } from "../model/evidence.ts";
import { type Certificate, readPem, validAt } from "./notation-certificate.ts";
import { NotationFault } from "./notation-codes.ts";
import type { Envelope } from "./notation-envelope.ts";
import { isNamed, nameOf, readIdentity } from "./notation-names.ts";
import { verifyTimestamp } from "./notation-timestamp.ts";

export type NotationSigner = Extract<Signer, { is: "notation" }>;

export type Trusted =
  | ({ readonly is: "trusted" } & Validity)
  /** Somebody else: why. */
  | { readonly is: "stranger"; readonly why: string }
  /** The one who is meant, and something is wrong with it; or the policy cannot be read. */
  | { readonly is: "fault"; readonly fault: NotationFault };

interface Validity {
  /** When somebody trusted saw the signature. */
  readonly time?: Date;
  /** Without such a time, trust ends with the first certificate. */
  readonly until?: Date;
}

/** Clocks differ; a signing authority that is further ahead than this is not believed. */
const MOST_AHEAD_MS = 5 * 60_000;

export function trustOf(signer: NotationSigner, envelope: Envelope, chain: readonly Certificate[], now: Date): Trusted {
  try {
    const why = strangerTo(signer, envelope, chain);
    return why === undefined ? { is: "trusted", ...checkTimes(signer, envelope, chain, now) } : { is: "stranger", why };
  } catch (error) {
    if (error instanceof NotationFault) return { is: "fault", fault: error };
    throw error;
  }
}

function strangerTo(signer: NotationSigner, { attributes }: Envelope, chain: readonly Certificate[]): string | undefined {
  const leaf = chain[0]!;
  // A signing authority's word replaces the clock, so an ordinary authority's certificate may not claim to be one.
  const byAuthority = attributes.scheme === "notary.x509.signingAuthority";
  const anchors = (byAuthority ? (signer.signingAuthorities ?? []) : signer.authorities).flatMap(readPem);
  const issuers = chain.length === 1 ? chain : chain.slice(1);
  if (!issuers.some(({ der }) => anchors.some((anchor) => anchor.der.equals(der))))
    return `${nameOf(leaf)} is not issued by ${byAuthority ? "a signing authority" : "an authority"} of "${signer.name}", but under ${nameOf(chain.at(-1)!)}`;
  const identities = signer.identities.map(readIdentity);
  if (identities.length === 0 || identities.some((identity) => identity === undefined || isNamed(leaf, identity))) return undefined;
  return `${nameOf(leaf)} is none of the identities of "${signer.name}"`;
}

/** Every certificate is valid at a time that somebody trusted vouches for, else now. */
function checkTimes(signer: NotationSigner, { attributes, signature, timestamp }: Envelope, chain: readonly Certificate[], now: Date): Validity {
  const { authenticTime } = attributes;
  if (authenticTime !== undefined) {
    if (authenticTime.getTime() > now.getTime() + MOST_AHEAD_MS) throw new NotationFault("notation-time", `the signing authority says ${authenticTime.toISOString()}, which is still to come`);
    checkValidity(chain, authenticTime, authenticTime, "when the signing authority signed");
    return { time: authenticTime };
  }
  if (timestamp === undefined || signer.timestampAuthorities.length === 0) {
    checkValidity(chain, now, now, "now, and there is no timestamp of a trusted authority");
    return { until: new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime()))) };
  }
  const { time, from, to } = verifyTimestamp(timestamp, signature, signer.timestampAuthorities.flatMap(readPem));
  if (time.getTime() > now.getTime() + MOST_AHEAD_MS) throw new NotationFault("notation-time", `the timestamp says ${time.toISOString()}, which is still to come`);
  checkValidity(chain, from, to, "at the time of the timestamp");
  return { time };
}

function checkValidity(chain: readonly Certificate[], from: Date, to: Date, when: string): void {
  const outside = chain.find((certificate) => !validAt(certificate, from, to));
  if (outside === undefined) return;
  const span = `${outside.notBefore.toISOString()} to ${outside.notAfter.toISOString()}`;
  throw new NotationFault("notation-certificate-expired", `the certificate of ${nameOf(outside)} is valid from ${span}, not ${when}`);
}
