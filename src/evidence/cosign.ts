/** cosign's older formats: the signature beside a payload (`.sig`), and the DSSE envelope (`.att`). */
import { Buffer } from "node:buffer";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import type { ArtifactLayer } from "../model/evidence.ts";
import { refuse } from "./codes.ts";
import { fromBase64, fromPem } from "./encodings.ts";
import { judge, type Signed } from "./judge.ts";
import { readerOf } from "./reader.ts";
import { expectSimpleSigning, expectSubject, readEnvelope, readSignature, readStatement, SIGNS } from "./statement.ts";
import { fieldsOf, readJson, textOf } from "./strict-json.ts";

const SIGNATURE = "dev.cosignproject.cosign/signature";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const BUNDLE = "dev.sigstore.cosign/bundle";
const TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";

export const simpleSigning = readerOf("simplesigning", (draft, layer, _artifact, { subject, trust, now }) => {
  draft.kind = "signature";
  const signature = readSignature(layer.annotations[SIGNATURE] ?? "");
  const message = Buffer.from(layer.bytes);
  expectSimpleSigning(message, subject);
  return judge({ message, signature, stamped: [signature], ...attached(layer) }, trust, now);
});

export const envelope = readerOf("dsse", (draft, layer, _artifact, { subject, trust, now }) => {
  const whole = Buffer.from(layer.bytes);
  const { payload, signature, message } = readEnvelope(readJson(whole));
  const statement = readStatement(payload);
  Object.assign(draft, { kind: statement.predicateType === SIGNS ? "signature" : "attestation", predicateType: statement.predicateType, payload });
  expectSubject(statement, subject);
  // cosign has the whole envelope stamped where it keeps no signature beside it.
  return judge({ message, signature, payload, envelope: whole, stamped: [whole, signature], ...attached(layer) }, trust, now);
});

/** What stands in a layer's annotations. The chain that may stand there as well proves nothing and is not read. */
function attached({ annotations }: ArtifactLayer): Pick<Signed, "certificate" | "entries" | "timestamps" | "logIsOnline"> {
  const { [CERTIFICATE]: certificate, [BUNDLE]: entry, [TIMESTAMP]: timestamp } = annotations;
  return {
    ...(certificate ? { certificate: certificateIn(certificate) } : {}),
    entries: entry ? [entryIn(entry)] : [],
    timestamps: timestamp ? [timestampIn(timestamp)] : [],
    logIsOnline: true,
  };
}

function certificateIn(text: string): Buffer {
  const { label, der } = fromPem(text, "the certificate");
  return label === "CERTIFICATE" ? der : refuse("certificate-malformed", `it is a PEM block ${label}`);
}

function timestampIn(text: string): Buffer {
  return fromBase64(textOf(fieldsOf(readJson(text), "the timestamp")["SignedRFC3161Timestamp"], "SignedRFC3161Timestamp"), "the timestamp");
}

/** The log's answer, as cosign keeps it, in the shape that entries have in bundles. Its kind stands only in its body. */
function entryIn(text: string): TransparencyLogEntry {
  const answer = fieldsOf(readJson(text), "the log entry");
  const { body, integratedTime, logIndex, logID } = fieldsOf(answer["Payload"], "Payload");
  if (!Number.isSafeInteger(integratedTime) || !Number.isSafeInteger(logIndex)) refuse("entry-malformed", "its time or index is not a number");
  const canonicalizedBody = fromBase64(textOf(body, "body"), "the log entry");
  const { kind, apiVersion } = fieldsOf(readJson(canonicalizedBody), "the log entry");
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(textOf(logID, "logID"), "hex") },
    kindVersion: { kind: String(kind), version: String(apiVersion) },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: fromBase64(textOf(answer["SignedEntryTimestamp"], "SignedEntryTimestamp"), "SignedEntryTimestamp") },
    inclusionProof: undefined,
    canonicalizedBody,
  };
}
