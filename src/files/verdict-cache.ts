/**
 * What earlier runs found proved: one JSON file. Only "verified" is kept, and for an hour, since a signature may be
 * taken away and the registry is where that shows. Whatever decides a verdict is in its key, so another policy, key
 * or verifier never sees it; what ends with time is looked at on every reading.
 */
import { createHash } from "node:crypto";
import type { SignatureVerdict, Subject, Trust } from "../model/evidence.ts";
import type { SignatureNeed } from "../model/policy.ts";
import { readEntries, writeEntries } from "./cache-file.ts";

type Verified = Extract<SignatureVerdict, { is: "verified" }>;

interface Entry {
  /** ISO times. */
  readonly learned: string;
  readonly until: string;
  readonly verdict: Verified;
}

export interface VerdictFile {
  get(subject: Subject, need: SignatureNeed, now: number): Verified | undefined;
  set(subject: Subject, need: SignatureNeed, verdict: SignatureVerdict, now: number): void;
  /** Writes what is new, if anything is. */
  save(now: number): void;
}

const VERSION = 1;
const KEEP_MS = 60 * 60 * 1000;

/**
 * Opens the file.
 * @param trust what signers are known by; only those that a need names are part of its key
 * @param verifier name and version of what verifies
 */
export function openVerdictFile(path: string, trust: Trust, verifier: string): VerdictFile {
  const entries = new Map(readEntries<Entry>(path, VERSION, "verdicts", isEntry));
  let changed = false;
  return {
    get(subject, need, now) {
      const entry = entries.get(keyOf(subject, need, trust, verifier));
      return entry && isCurrent(entry, now) ? { ...entry.verdict, from: "cache" } : undefined;
    },
    set(subject, need, verdict, now) {
      if (verdict.is !== "verified" || verdict.from === "cache") return;
      const until = endOf(verdict, now);
      if (!(until > now)) return;
      // What was signed can be large, and nothing that reads a verdict from here looks at it.
      const statements = verdict.statements.map(({ payload: _payload, ...statement }) => statement);
      entries.set(keyOf(subject, need, trust, verifier), { learned: new Date(now).toISOString(), until: new Date(until).toISOString(), verdict: { ...verdict, statements } });
      changed = true;
    },
    save(now) {
      if (changed) writeEntries(path, VERSION, "verdicts", [...entries].filter(([, entry]) => isCurrent(entry, now)));
    },
  };
}

/** A time from the future comes from a clock that was wrong. */
const isCurrent = ({ learned, until }: Entry, now: number): boolean => Date.parse(learned) <= now + 60_000 && now < Date.parse(until);

/** The earliest moment at which the verdict could be another one. */
function endOf({ statements }: Verified, now: number): number {
  const ends = statements.flatMap(({ verdict }) => (verdict.is === "verified" && verdict.until !== undefined ? [Date.parse(verdict.until)] : []));
  return Math.min(now + KEEP_MS, ...ends);
}

function keyOf({ registry, repository, digest }: Subject, need: SignatureNeed, { signers, roots }: Trust, verifier: string): string {
  const by = signers.filter(({ name }) => need.by.includes(name));
  const withLog = by.some((signer) => signer.is === "key" && signer.requireLog);
  const named = roots.filter(({ name }) => withLog || by.some((signer) => signer.is === "keyless" && signer.root === name));
  return createHash("sha256").update(JSON.stringify([registry, repository, digest, need, by, named, verifier])).digest("hex");
}

const isEntry = ({ learned, until, verdict }: Entry): boolean =>
  !Number.isNaN(Date.parse(learned)) && !Number.isNaN(Date.parse(until)) && verdict?.is === "verified" && isNames(verdict.signers) && Array.isArray(verdict.statements);

const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");
