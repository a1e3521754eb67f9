/** The rules for a chain of certificates ("Certificate Requirements" of the Notary Project's signature specification). */
import { basicConstraints, type Certificate, EXTENDED_KEY_USAGE, isStrong, issuedBy, keyUsage } from "./notation-certificate.ts";
import { NotationFault } from "./notation-codes.ts";
import { nameOf } from "./notation-names.ts";

export const MOST_CERTIFICATES = 16;

const DIGITAL_SIGNATURE = 0;
const CONTENT_COMMITMENT = 1;
const KEY_CERT_SIGN = 5;
const ANY_PURPOSE = "2.5.29.37.0";
const PURPOSE = "1.3.6.1.5.5.7.3.";
const TIME_STAMPING = `${PURPOSE}8`;
/** TLS server and client, mail, timestamps, OCSP. */
const NOT_FOR_CODE = new Set([ANY_PURPOSE, ...[1, 2, 4, 8, 9].map((number) => PURPOSE + number)]);

/** The chain is whole and in order, and each certificate may do what it does in it. Whether anybody trusts the root is another question. */
export function checkChain(chain: readonly Certificate[], purpose: "code signing" | "timestamping"): void {
  const [leaf, ...authorities] = chain as [Certificate, ...Certificate[]];
  const root = chain.at(-1)!;
  chain.slice(0, -1).forEach((certificate, index) => {
    if (issuedBy(certificate, certificate)) throw new NotationFault("notation-chain-order", `${nameOf(certificate)} is self-signed and not the last of its chain`);
    if (!issuedBy(certificate, chain[index + 1]!)) throw new NotationFault("notation-chain-order", `${nameOf(certificate)} is not issued by the next of its chain, ${nameOf(chain[index + 1]!)}`);
  });
  if (!issuedBy(root, root)) throw new NotationFault("notation-chain-root", `the chain ends with ${nameOf(root)}, which is not self-signed`);
  for (const certificate of chain) if (!isStrong(certificate)) throw new NotationFault("notation-weak-certificate", `${nameOf(certificate)} is signed with an algorithm that is not believed any more, such as SHA-1`);
  authorities.forEach((authority, below) => checkAuthority(authority, below, purpose));
  checkLeaf(leaf, purpose);
}

function checkAuthority(certificate: Certificate, below: number, purpose: string): void {
  const fault = (what: string): NotationFault => new NotationFault("notation-certificate-authority", `${nameOf(certificate)} issues certificates, and ${what}`);
  const constraints = basicConstraints(certificate);
  if (constraints === undefined || !constraints.authority || !constraints.critical) throw fault("is not marked as an authority");
  if (constraints.below !== undefined && constraints.below < below) throw fault(`may have ${constraints.below} authorities below it, not ${below}`);
  const usage = keyUsage(certificate);
  if (!usage?.bits.includes(KEY_CERT_SIGN) || (purpose === "code signing" && !usage.critical)) throw fault("its key usage does not say so");
}

function checkLeaf(certificate: Certificate, purpose: "code signing" | "timestamping"): void {
  const fault = (what: string): NotationFault => new NotationFault("notation-leaf", `${nameOf(certificate)} cannot be used for ${purpose}: ${what}`);
  if (basicConstraints(certificate)?.authority) throw fault("it is an authority");
  const usage = keyUsage(certificate);
  if (usage === undefined || (purpose === "code signing" && !usage.critical)) throw fault("it has no critical key usage");
  if (!usage.bits.includes(DIGITAL_SIGNATURE) || usage.bits.some((bit) => bit !== DIGITAL_SIGNATURE && bit !== CONTENT_COMMITMENT)) throw fault("its key usage is not digital signatures alone");
  const extended = certificate.extensions.get(EXTENDED_KEY_USAGE);
  const purposes = extended?.value.subs.map((part) => part.toOID()) ?? [];
  if (purpose === "timestamping") {
    if (!extended?.critical || purposes.length !== 1 || purposes[0] !== TIME_STAMPING) throw fault("its extended key usage is not timestamping alone, and critical");
  } else {
    const other = purposes.find((oid) => NOT_FOR_CODE.has(oid));
    if (other !== undefined) throw fault(`its extended key usage allows ${other}`);
  }
}
