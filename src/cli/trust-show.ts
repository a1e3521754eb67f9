/** What a policy trusts, as `lading trust show` prints it. */
import { createHash, X509Certificate } from "node:crypto";
import { resolve, dirname } from "node:path";
import { readRecord } from "../files/root-source.ts";
import { authorities, publicKey, reader, type TrustedRootFile, trustedRoot, type Validity } from "../files/trust.ts";
import { sha256 } from "../files/write.ts";
import type { NamedFile, NamedRoot, NamedSigner, Policy } from "../model/policy.ts";

interface ShownCertificate {
  readonly subject: string;
  /** ISO times. */
  readonly from?: string;
  readonly until?: string;
  readonly fingerprint?: string;
}

export interface Shown {
  readonly name: string;
  readonly kind: "key" | "keyless" | "notation" | "trust root";
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Reads everything that the policy trusts and describes it.
 * @param maxAge days after which a fetched root is called old
 */
export function describeTrust(policy: Pick<Policy, "signers" | "trustRoots">, file: string, shown: string, now: number, maxAge: number): Shown[] {
  const read = reader(file, shown);
  const at = (named: NamedFile): string => resolve(dirname(file), named.path);
  return [...policy.signers.map((signer) => ({ ...describeSigner(signer, read, now), name: signer.name })), ...policy.trustRoots.map((root) => describeRoot(root, read, at, now, maxAge))];
}

type Read = ReturnType<typeof reader>;

function describeSigner(signer: NamedSigner, read: Read, now: number): Omit<Shown, "name"> {
  switch (signer.is) {
    case "key": {
      const key = read(signer.key, publicKey);
      const { asymmetricKeyType: type = "", asymmetricKeyDetails: details } = key;
      const fingerprint = createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest("hex");
      const kind = type === "ec" ? `EC ${details?.namedCurve ?? ""}` : type === "ed25519" ? "Ed25519" : `RSA ${details?.modulusLength ?? ""}`;
      return { kind: "key", lines: [`${signer.key.path}: ${kind}`, `sha256:${fingerprint}`, ...(signer.requireLog ? ["counts only with an entry in a transparency log"] : [])], warnings: [] };
    }
    case "keyless": {
      const extensions = Object.entries(signer.extensions).map(([oid, value]) => `extension 1.3.6.1.4.1.57264.1.${oid} is ${value}`);
      return { kind: "keyless", lines: [`identity (${signer.match}): ${signer.identity}`, `issuer: ${signer.issuer}`, `proved by the trust root "${signer.root}"`, ...extensions], warnings: [] };
    }
    case "notation": {
      const found = [...signer.authorities.map((one) => ["authority", one] as const), ...signer.signingAuthorities.map((one) => ["signing authority", one] as const), ...signer.timestampAuthorities.map((one) => ["timestamp authority", one] as const)]
        .flatMap(([what, named]) => read(named, authorities).map((certificate) => ({ what, certificate: describeCertificate(certificate) })));
      const who = signer.identities.length === 0 ? ["any certificate of these authorities signs"] : signer.identities;
      return { kind: "notation", lines: [...found.map(({ what, certificate }) => `${what}: ${certificateLine(certificate)}`), ...who], warnings: found.flatMap(({ certificate }) => ended(certificate, now)) };
    }
  }
}

function describeCertificate(certificate: X509Certificate): ShownCertificate {
  return {
    subject: certificate.subject.split("\n").reverse().join(", "),
    from: new Date(certificate.validFrom).toISOString(),
    until: new Date(certificate.validTo).toISOString(),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

const certificateLine = ({ subject, from, until, fingerprint }: ShownCertificate): string =>
  `${subject}, ${validity({ ...(from ? { start: from } : {}), ...(until ? { end: until } : {}) })}${fingerprint === undefined ? "" : `, sha256:${fingerprint}`}`;

function ended({ subject, until }: ShownCertificate, now: number): string[] {
  return until !== undefined && Date.parse(until) < now ? [`the certificate of ${subject} ended on ${day(until)}`] : [];
}

const day = (time: string): string => time.slice(0, 10);

const validity = ({ start, end }: Validity): string => `valid from ${start === undefined ? "ever" : day(start)} ${end === undefined ? "on" : `to ${day(end)}`}`;

function describeRoot({ name, file, thresholds, update }: NamedRoot, read: Read, at: (named: NamedFile) => string, now: number, maxAge: number): Shown {
  const [root, hash] = read(file, (text) => [trustedRoot(text), sha256(Buffer.from(text))] as const);
  const record = readRecord(at(file));
  const warnings: string[] = [];
  let origin = "age unknown: no `lading trust update` fetched it";
  if (record) {
    const days = Math.floor((now - Date.parse(record.fetched)) / DAY_MS);
    origin = `fetched ${day(record.fetched)} (${days} d ago) from ${record.mirror}`;
    if (record.sha256 !== hash) warnings.push("it has changed since it was fetched");
    if (days > maxAge) warnings.push(`it was fetched more than ${maxAge} d ago; run \`lading trust update${update ? ` ${name}` : ""}\``);
  }
  const { lines, current } = partsOf(root, now);
  if (!current.authority) warnings.push("none of its certificate authorities is valid now, so nothing that is signed from now on can be verified");
  if (thresholds.log > 0 && !current.log) warnings.push(`a signature needs ${thresholds.log} log entries, and none of its logs is valid now`);
  return {
    name,
    kind: "trust root",
    lines: [`${file.path}: ${origin}`, `sha256:${hash}`, ...lines, `a signature needs: log entries ${thresholds.log}, certificate log entries ${thresholds.certificateLog}, trusted times ${thresholds.timestamp}`],
    warnings,
  };
}

function partsOf(root: TrustedRootFile, now: number): { lines: string[]; current: { authority: boolean; log: boolean } } {
  const { tlogs = [], ctlogs = [], certificateAuthorities = [], timestampAuthorities = [] } = root;
  const isCurrent = (validFor: Validity | undefined): boolean => (validFor?.end === undefined || Date.parse(validFor.end) > now) && (validFor?.start === undefined || Date.parse(validFor.start) <= now);
  const authority = (what: string, list: NonNullable<TrustedRootFile["certificateAuthorities"]>): string[] => list.map(({ uri, validFor = {} }) => `${what}: ${uri ?? "(unnamed)"}, ${validity(validFor)}`);
  const log = (what: string, list: NonNullable<TrustedRootFile["tlogs"]>): string[] => list.map(({ baseUrl, publicKey: key }) => `${what}: ${baseUrl ?? "(unnamed)"}, ${validity(key?.validFor ?? {})}`);
  return {
    lines: [...authority("certificate authority", certificateAuthorities), ...log("certificate log", ctlogs), ...log("log", tlogs), ...authority("timestamp authority", timestampAuthorities)],
    current: { authority: certificateAuthorities.some(({ validFor }) => isCurrent(validFor)), log: tlogs.some(({ publicKey: key }) => isCurrent(key?.validFor)) },
  };
}
