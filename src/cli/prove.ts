/** Puts together what proves signatures: the policy's keys, what registries hold, the verifiers, and what earlier runs proved. */
import { decide } from "../evidence/decide.ts";
import { verifyAll } from "../evidence/index.ts";
import type { VerdictFile } from "../files/verdict-cache.ts";
import type { Collect, Collected, Gap, Prove, ReadSubject, SignatureVerdict, Statement, Subject, Trust } from "../model/evidence.ts";
import type { SignatureNeed } from "../model/policy.ts";

export interface ProveOptions {
  readonly trust: Trust;
  readonly collect: Collect;
  readonly readSubject: ReadSubject;
  readonly verdicts?: VerdictFile | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Everything that is attached to a digest, each piece with what it amounts to. */
export interface Examined {
  readonly collected: Collected;
  readonly statements: readonly Statement[];
  /** What was collected, and what had to be read for it, left open. */
  readonly gaps: readonly Gap[];
}

export function createProve(options: ProveOptions): Prove {
  const { verdicts, now } = options;
  return async (subject, need) => {
    const kept = verdicts?.get(subject, need, now());
    if (kept) return kept;
    const { statements, ...rest } = decideAbout(await examine(subject, options), need);
    // What was attested can be large, and a verdict about signatures says nothing of it.
    const verdict: SignatureVerdict = { ...rest, statements: statements.map(({ payload: _payload, ...statement }) => statement) };
    verdicts?.set(subject, need, verdict, now());
    return verdict;
  };
}

export const decideAbout = ({ statements, gaps }: Examined, { by, need }: SignatureNeed): SignatureVerdict =>
  decide(statements, gaps, { signers: by, atLeast: need === "any" ? 1 : need === "all" ? by.length : need });

/** What a verifier says that needs the manifest itself. */
const NEEDS_MANIFEST: ReadonlySet<string> = new Set(["needs-manifest", "notation-subject-unread"]);

/** Collects and verifies. The manifest costs a question of its own, which is put where a signature is over its bytes. */
export async function examine(subject: Subject, { trust, collect, readSubject, now }: Pick<ProveOptions, "trust" | "collect" | "readSubject" | "now">): Promise<Examined> {
  const collected = await collect(subject);
  const verify = (about: Subject): Statement[] => verifyAll(collected, about, trust, new Date(now()));
  const statements = verify(subject);
  if (!statements.some(({ verdict }) => verdict.is === "unknown" && NEEDS_MANIFEST.has(verdict.code))) return { collected, statements, gaps: collected.gaps };
  const manifest = await readSubject(subject);
  if (manifest.is === "known") return { collected, statements: verify(manifest.value.subject), gaps: collected.gaps };
  const gap: Gap = manifest.is === "unknown" ? manifest.why : { code: "malformed", message: `the registry does not have the manifest of ${subject.digest}` };
  return { collected, statements, gaps: [...collected.gaps, gap] };
}
