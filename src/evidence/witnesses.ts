/** Who else saw a signature: transparency logs and timestamp authorities, and when. */
import { Buffer } from "node:buffer";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import { verifyCheckpoint } from "@sigstore/verify/dist/tlog/checkpoint.js";
import { verifyMerkleInclusion } from "@sigstore/verify/dist/tlog/merkle.js";
import { verifyTLogSET } from "@sigstore/verify/dist/tlog/set.js";
import type { TLogAuthority } from "@sigstore/verify/dist/trust/index.js";
import { type EvidenceCode, refuse } from "./codes.ts";
import { expectEntry, type Logged } from "./log-entry.ts";
import { timeOf } from "./timestamp.ts";
import type { Witnesses } from "./trust-root.ts";

/** What the witnesses are asked about. */
export interface Witnessed extends Logged {
  readonly entries: readonly TransparencyLogEntry[];
  readonly timestamps: readonly Buffer[];
  /** What a timestamp may be over; the signature, or with old attestations the whole envelope. */
  readonly stamped: readonly Buffer[];
}

export interface Seen {
  /** Each witness of a time once, with the time it tells. */
  readonly times: readonly Date[];
  readonly sources: number;
  /** How many logs have it. Two entries of one log, or one entry twice, are one log. */
  readonly logs: number;
  /** There is an entry of a log, or a timestamp of an authority, that is not known here. */
  readonly strangers: "log" | "authority" | undefined;
}

/** Clocks of witnesses may run ahead of ours by this. */
const AHEAD = 5 * 60_000;

/** Asks every witness that is known. One that is known and says something wrong refuses; strangers count for nothing. */
export function ask(witnesses: Witnesses, about: Witnessed, now: Date): Seen {
  const times = new Map<string, Date>();
  const logs = new Set<string>();
  const unpromised: TLogAuthority[][] = [];
  let strangers: Seen["strangers"];
  const told = (source: string, time: Date): void => {
    if (time.getTime() > now.getTime() + AHEAD) refuse("time-in-future", time.toISOString());
    times.set(`${source} ${time.toISOString()}`, time);
  };
  for (const entry of about.entries) {
    const known = witnesses.tlogs.filter((log) => log.logID.equals(entry.logId.keyId));
    if (known.length === 0) {
      strangers = "log";
      continue;
    }
    const time = prove(entry, known);
    expectEntry(entry, about);
    const log = entry.logId.keyId.toString("hex");
    logs.add(log);
    if (time) told(log, time);
    else unpromised.push(known);
  }
  for (const token of about.timestamps) {
    const answer = timeOf(token, about.stamped, witnesses.timestampAuthorities);
    if (answer) told(answer.authority, answer.time);
    else strangers ??= "authority";
  }
  const seen = [...times.values()];
  for (const known of unpromised) expectPeriod(known, seen.length > 0 ? seen : [now]);
  return { times: seen, sources: new Set([...times.keys()].map((key) => key.split(" ")[0])).size, logs: logs.size, strangers };
}

/** Proves an entry to be in its log. A promise is over a time as well; a proof is not, so it gives none. */
function prove(entry: TransparencyLogEntry, known: TLogAuthority[]): Date | undefined {
  const { inclusionPromise, inclusionProof } = entry;
  const time = new Date(Number(entry.integratedTime) * 1000);
  if (inclusionPromise) {
    if (!(time.getTime() > 0)) refuse("log-promise", "it is without a time");
    expectPeriod(known, [time]);
    attempt("log-promise", () => verifyTLogSET({ ...entry, inclusionPromise }, known));
  }
  // Bundles of version 0.1 may hold a proof without the checkpoint that it leads to; it proves nothing.
  const { checkpoint } = inclusionProof ?? {};
  if (!inclusionPromise && !checkpoint) refuse("log-unproved");
  if (inclusionProof && checkpoint) {
    const proved = { ...entry, inclusionProof: { ...inclusionProof, checkpoint } };
    const signed = attempt("log-checkpoint", () => verifyCheckpoint(proved, known));
    attempt("log-proof", () => verifyMerkleInclusion(proved, signed));
  }
  return inclusionPromise ? time : undefined;
}

function expectPeriod(known: readonly TLogAuthority[], times: readonly Date[]): void {
  const covers = ({ validFor }: TLogAuthority, time: Date): boolean => validFor.start <= time && time <= validFor.end;
  const outside = times.find((time) => !known.some((log) => covers(log, time)));
  if (outside) refuse("log-time", outside.toISOString());
}

function attempt<T>(code: EvidenceCode, prove: () => T): T {
  try {
    return prove();
  } catch (error) {
    return refuse(code, error instanceof Error ? error.message : undefined);
  }
}
