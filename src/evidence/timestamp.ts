/** RFC 3161 timestamps, by authorities that a trust root names. */
import { Buffer } from "node:buffer";
import { ASN1Obj, RFC3161Timestamp, type X509Certificate } from "@sigstore/core";
import type { CertAuthority } from "@sigstore/verify/dist/trust/index.js";
import { verifyRFC3161Timestamp } from "@sigstore/verify/dist/timestamp/tsa.js";
import { expectAlgorithm, purposesOf } from "./certificate.ts";
import { refuse } from "./codes.ts";

const LARGEST = 64 * 1024;
const EXTENDED_KEY_USAGE = "2.5.29.37";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
/** The token is granted as asked, or with changes (RFC 3161, 2.4.2). */
const GRANTED = [0n, 1n];

/** An RSA authority names its key's algorithm without a hash (RFC 3370, 3.2), which then is that of the contents. */
class Token extends RFC3161Timestamp {
  override get signatureAlgorithm(): string {
    return super.signatureAlgorithm ?? this.signerDigestAlgorithm;
  }
}

/** When the authority says that it saw one of these; undefined when no authority of the root has made the token. */
export function timeOf(bytes: Buffer, stamped: readonly Buffer[], authorities: readonly CertAuthority[]): { readonly authority: string; readonly time: Date } | undefined {
  const token = parse(bytes);
  const makers = authorities.filter(({ certChain: [leaf] }) => leaf && leaf.serialNumber.equals(token.signerSerialNumber) && leaf.issuer.equals(token.signerIssuer));
  if (makers.length === 0) return undefined;
  const time = token.signingTime;
  const meant = stamped.find((one) => isOver(token, one)) ?? refuse("timestamp-imprint");
  const trusted = makers.filter(({ validFor, certChain }) => validFor.start <= time && time <= validFor.end && certChain.every((one) => one.validForDate(time)));
  if (trusted.length === 0) refuse("timestamp-authority-time", time.toISOString());
  const meantFor = trusted.filter(({ certChain: [leaf] }) => isForTimestamps(leaf!));
  if (meantFor.length === 0) refuse("timestamp-authority-purpose");
  for (const { certChain } of meantFor) for (const one of certChain) expectAlgorithm(one);
  try {
    verifyRFC3161Timestamp(token, meant, meantFor);
  } catch {
    refuse("timestamp-signature");
  }
  return { authority: `tsa:${token.signerSerialNumber.toString("hex")}:${token.signerIssuer.toString("hex")}`, time };
}

function parse(bytes: Buffer): Token {
  if (bytes.length > LARGEST) refuse("timestamp-malformed", `${bytes.length} bytes`);
  let token: Token;
  try {
    token = new Token(ASN1Obj.parseBuffer(Buffer.from(bytes)));
    if (GRANTED.includes(token.status)) {
      // Read here what is compared later, so that a token of another shape is told as such.
      void [token.signerSerialNumber.length, token.signerIssuer.length, token.signingTime.toISOString(), token.tstInfo.messageImprintHashedMessage.length];
      return token;
    }
  } catch (error) {
    return refuse("timestamp-malformed", error instanceof Error ? error.message : undefined);
  }
  return refuse("timestamp-status", String(token.status));
}

/** The imprint's hash has to be one of SHA-2; the library knows no others. */
function isOver(token: Token, bytes: Buffer): boolean {
  try {
    token.tstInfo.verify(bytes);
    return true;
  } catch {
    return false;
  }
}

/** RFC 3161, 2.3: this purpose alone, and marked as critical. */
function isForTimestamps(certificate: X509Certificate): boolean {
  const purposes = purposesOf(certificate);
  return purposes?.length === 1 && purposes[0] === TIME_STAMPING && certificate.extension(EXTENDED_KEY_USAGE)!.critical;
}
