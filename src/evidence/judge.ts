/** One signature, whatever it came packed in: whose it is, proved from the trust that the policy gives. */
import { Buffer } from "node:buffer";
import type { StatementVerdict, Trust, TrustRoot } from "../model/evidence.ts";
import { type Leaf, readLeaf } from "./certificate.ts";
import { expectCertificateLogs, expectChain, isIssuedBy } from "./chain.ts";
import { isOthers, Refusal, refuse } from "./codes.ts";
import { fits, keyOf } from "./keys.ts";
import { difference } from "./signer.ts";
import { allWitnesses, materialOf } from "./trust-root.ts";
import { ask, type Seen, type Witnessed } from "./witnesses.ts";

/** A signature with all that came along. */
export interface Signed extends Omit<Witnessed, "signer"> {
  readonly certificate?: Buffer;
  /** cosign's name of the key, when it says one. */
  readonly hint?: string;
  /** The format leaves the log entry in the log, where it is not attached. */
  readonly logIsOnline: boolean;
}

/** Throws a {@link Refusal} for everything but a proved signature. */
export function judge(signed: Signed, trust: Trust, now: Date): StatementVerdict {
  return byKey(signed, trust, now) ?? (signed.certificate ? byCertificate(signed, signed.certificate, trust, now) : refuseKey(signed, trust));
}

/** By keys of the policy; undefined when none of them signed. One key may have several names. */
function byKey(signed: Signed, trust: Trust, now: Date): StatementVerdict | undefined {
  const signers = trust.signers.filter((signer) => signer.is === "key").filter((signer) => fits(keyOf(signer).key, signed.message, signed.signature));
  if (signers.length === 0) return undefined;
  const { id, spki } = keyOf(signers[0]!);
  const signer = signed.certificate ? { certificate: signed.certificate } : { spki };
  const seen = ask(allWitnesses(trust), { ...signed, signer }, now);
  const names = signers.filter(({ requireLog }) => !requireLog || seen.logs > 0).map(({ name }) => name);
  if (names.length === 0) refuseLogs(signed, seen, 1);
  return { is: "verified", signers: names, identity: { is: "key", key: id }, times: iso(seen.times) };
}

function refuseKey({ hint }: Signed, { signers }: Trust): never {
  const named = signers.find((signer) => signer.is === "key" && keyOf(signer).hint === hint);
  return named ? refuse("signature-mismatch", `it names the key of ${named.name}`) : refuse("no-key-fits");
}

function byCertificate(signed: Signed, certificate: Buffer, trust: Trust, now: Date): StatementVerdict {
  const leaf = readLeaf(certificate);
  if (!fits(leaf.key, signed.message, signed.signature)) refuse("signature-mismatch");
  const proofs = trust.roots.map((root) => ({ root, proof: attempt(() => prove(signed, leaf, root, now)) }));
  const proved = proofs.flatMap(({ root, proof }) => (proof instanceof Refusal ? [] : [{ root: root.name, times: proof }]));
  if (proved.length === 0) throw mostTelling(proofs.map(({ proof }) => proof as Refusal));
  return nameSigners(leaf, trust, proved.map(({ root }) => root), proved[0]!.times);
}

/** Everything that makes a certificate's signature genuine under one trust root; the times at which it was seen. */
function prove(signed: Signed, leaf: Leaf, root: TrustRoot, now: Date): readonly Date[] {
  const material = materialOf(root);
  if (!isIssuedBy(material, leaf)) refuse("certificate-root-unknown");
  const seen = ask(material, { ...signed, signer: { certificate: leaf.der } }, now);
  if (seen.sources < Math.max(1, root.thresholds.timestamp)) refuseTimes(signed, seen);
  const path = expectChain(material, leaf, seen.times);
  expectCertificateLogs(material, path, root.thresholds.certificateLog);
  if (seen.logs < root.thresholds.log) refuseLogs(signed, seen, root.thresholds.log);
  return seen.times;
}

function refuseTimes({ logIsOnline, entries }: Signed, { strangers, times }: Seen): never {
  if (logIsOnline && entries.length === 0) refuse("needs-online-log");
  if (strangers) refuse(strangers === "log" ? "log-unknown" : "timestamp-authority-unknown");
  return refuse("no-trusted-time", times.length > 0 ? "too few witnesses of the time" : undefined);
}

function refuseLogs({ logIsOnline, entries }: Signed, { logs, strangers }: Seen, wanted: number): never {
  if (logIsOnline && entries.length === 0) refuse("needs-online-log");
  return strangers === "log" ? refuse("log-unknown") : refuse("log-missing", `it is in ${logs} of ${wanted}`);
}

function nameSigners(leaf: Leaf, { signers }: Trust, roots: readonly string[], times: readonly Date[]): StatementVerdict {
  const identity = { is: "keyless", identity: leaf.identity, issuer: leaf.issuer } as const;
  const candidates = signers.filter((signer) => signer.is === "keyless").map((signer) => ({ signer, why: roots.includes(signer.root) ? difference(signer, leaf) : `${signer.name} is trusted by the root ${signer.root}` }));
  const names = candidates.filter(({ why }) => why === undefined).map(({ signer }) => signer.name);
  if (names.length > 0) return { is: "verified", signers: names, identity, times: iso(times) };
  const why = candidates.map((one) => one.why).slice(0, 3).join("; ");
  return { is: "untrusted", identity, message: `signed by ${leaf.identity}, vouched for by ${leaf.issuer}, whom the policy does not name${why ? ` (${why})` : ""}` };
}

/** With several roots, the one that issued the certificate knows best what is wrong with it. */
function mostTelling(refusals: readonly Refusal[]): Refusal {
  return refusals.find(({ code }) => !isOthers(code)) ?? refusals[0] ?? new Refusal("certificate-root-unknown", "the policy names no trust root");
}

function attempt<T>(prove: () => T): T | Refusal {
  try {
    return prove();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

const iso = (times: readonly Date[]): string[] => times.map((time) => time.toISOString());
