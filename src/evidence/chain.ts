/** From a certificate to an authority of the trust root, at each time that counts; and its entries in certificate logs. */
import type { Buffer } from "node:buffer";
import type { X509Certificate } from "@sigstore/core";
import type { TrustMaterial } from "@sigstore/verify";
import { verifyCertificateChain } from "@sigstore/verify/dist/key/certificate.js";
import { verifySCTs } from "@sigstore/verify/dist/key/sct.js";
import { expectAlgorithm, type Leaf, mayIssueFor } from "./certificate.ts";
import { refuse } from "./codes.ts";

/** Whether an authority of this root signed the certificate, at whatever time. */
export function isIssuedBy(material: TrustMaterial, { certificate }: Leaf): boolean {
  return material.certificateAuthorities.some(({ certChain }) => certChain.some((issuer) => issued(issuer, certificate)));
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return issuer.subject.equals(certificate.issuer) && certificate.verify(issuer);
  } catch {
    return false;
  }
}

/** Refuses unless the chain holds at every one of the times. The chain that came with a signature is never asked. */
export function expectChain(material: TrustMaterial, leaf: Leaf, times: readonly Date[]): readonly X509Certificate[] {
  const paths = times.map((time) => pathAt(material, leaf, time));
  for (const [, ...authorities] of paths) {
    for (const authority of authorities) {
      expectAlgorithm(authority);
      if (!mayIssueFor(authority)) refuse("certificate-chain", "an authority in it is not for code signing");
    }
  }
  return paths[0]!;
}

function pathAt(material: TrustMaterial, leaf: Leaf, time: Date): readonly X509Certificate[] {
  try {
    return verifyCertificateChain(time, leaf.certificate, material.certificateAuthorities);
  } catch {
    return refuse(...whyNot(material, leaf, time));
  }
}

/** The library says that there is no chain; which of the reasons it was is told here. */
function whyNot(material: TrustMaterial, { certificate }: Leaf, time: Date): [code: "certificate-time" | "authority-time" | "certificate-chain", detail: string] {
  if (!certificate.validForDate(time)) {
    return ["certificate-time", `signed ${time.toISOString()}, valid from ${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`];
  }
  const issuing = material.certificateAuthorities.filter(({ certChain }) => certChain.some((issuer) => issued(issuer, certificate)));
  const trusted = issuing.filter(({ validFor, certChain }) => validFor.start <= time && time <= validFor.end && certChain.every((one) => one.validForDate(time)));
  return trusted.length === 0 ? ["authority-time", time.toISOString()] : ["certificate-chain", "it does not reach the root"];
}

/** Refuses unless the certificate is in as many certificate logs of the root as are wanted. */
export function expectCertificateLogs(material: TrustMaterial, [leaf, issuer]: readonly X509Certificate[], wanted: number): void {
  if (material.ctlogs.length === 0) return wanted === 0 ? undefined : refuse("sct-missing", "the trust root names no such log; its threshold certificateLog has to be 0 then");
  let logs: readonly Buffer[];
  try {
    logs = verifySCTs(leaf!, issuer!, material.ctlogs);
  } catch {
    return refuse("sct-invalid");
  }
  const distinct = new Set(logs.map((log) => log.toString("hex"))).size;
  if (distinct < wanted) refuse("sct-missing", `it is in ${distinct} of ${wanted}`);
}
