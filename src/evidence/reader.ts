/** How one layer of an artifact becomes one statement. */
import type { Artifact, ArtifactLayer, Statement, StatementVerdict, Subject, Trust } from "../model/evidence.ts";
import { verdictOf } from "./codes.ts";

/** What a layer is read against. */
export interface Against {
  readonly subject: Subject;
  readonly trust: Trust;
  readonly now: Date;
}

/** Reads a layer. Never throws: what cannot be read is a statement that says so. */
export type Reader = (layer: ArtifactLayer, artifact: Artifact, against: Against) => Statement;

/** What a layer says of itself; filled in while it is read, so that a refusal can still say what was refused. */
export interface Draft {
  kind: Statement["kind"];
  predicateType?: string;
  payload?: Uint8Array;
}

/** Turns a reading that throws for whatever is wrong into a statement. The payload is handed on when it is proved. */
export function readerOf(format: Statement["format"], read: (draft: Draft, layer: ArtifactLayer, artifact: Artifact, against: Against) => StatementVerdict): Reader {
  return (layer, artifact, against) => {
    const draft: Draft = { kind: "other" };
    let verdict: StatementVerdict;
    try {
      verdict = read(draft, layer, artifact, against);
    } catch (error) {
      verdict = verdictOf(error);
    }
    const { payload, ...said } = draft;
    return { ...said, format, artifact: artifact.digest, verdict, ...(verdict.is === "verified" && draft.kind === "attestation" && payload ? { payload } : {}) };
  };
}
