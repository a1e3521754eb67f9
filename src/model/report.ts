/** The outcome of a run: what every output format prints, and what the exit code is made from. */
import type { SignatureVerdict } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import type { Digest } from "./reference.ts";
import type { State } from "./state.ts";
import type { Confidence, Owner, Path, Resource, Role, Unread } from "./site.ts";

export interface ReportedReference {
  readonly file: string;
  /** 1-based; columns count code points. */
  readonly line: number;
  readonly column: number;
  readonly raw: string;
  /** The reference that the parts make, where they make one. */
  readonly reference?: string;
  readonly surface: string;
  readonly path: Path;
  readonly resource: Resource;
  readonly confidence: Confidence;
  /** What says that this is an image. */
  readonly because: string;
  readonly role?: Role;
  readonly state: State;
  readonly digest?: Digest;
  readonly owner?: Owner;
  /** Whether `lading pin` can write a digest here. */
  readonly pinnable: boolean;
  /** Why not, or why only with --unsafe-fixes. */
  readonly why?: string;
  /** Where the policy wants the image signed, and signatures were looked at. */
  readonly signature?: SignatureState;
  /** Every finding here is ignored, by a suppression, a waiver, the baseline or the owner. */
  readonly ignored: boolean;
}

/** What the signatures of an image amount to. */
export interface SignatureState {
  readonly is: SignatureVerdict["is"];
  /** Names in the policy of those who signed. */
  readonly signers?: readonly string[];
  /** The index whose signature covers this image. */
  readonly through?: Digest;
  readonly why?: string;
}

export interface Summary {
  readonly references: number;
  /** Files that were looked at. */
  readonly files: number;
  /** Files with at least one reference. */
  readonly filesWithReferences: number;
  /** References by state; those that are ignored are counted in `ignored` alone. */
  readonly states: Readonly<Record<State, number>>;
  readonly ignored: number;
  /** Floating references that `lading pin` would rewrite (safe fixes). */
  readonly fixable: number;
  readonly findings: Readonly<Record<"error" | "warning" | "info" | "ignored", number>>;
  /** References whose image has to be signed; absent when signatures were not looked at. */
  readonly signatures?: Readonly<Record<SignatureState["is"], number>>;
  readonly templates: number;
  readonly unreadable: number;
}

/** The part of a report that closing lines are made of. */
export type Ending = Pick<Report, "mode" | "seconds" | "summary" | "rules" | "unread">;

export interface Report {
  readonly version: 1;
  readonly tool: { readonly name: "lading"; readonly version: string };
  readonly mode: "offline" | "online" | "cache";
  /** The folder checked, as it was given. */
  readonly root: string;
  /** ISO time. */
  readonly started: string;
  readonly seconds: number;
  readonly summary: Summary;
  readonly rules: {
    readonly ran: readonly string[];
    readonly skipped: readonly { readonly rule: string; readonly why: string }[];
  };
  /** By file and place. Made anew by each walk over them. */
  readonly references: Iterable<ReportedReference>;
  readonly findings: readonly Finding[];
  readonly unread: readonly Unread[];
}
