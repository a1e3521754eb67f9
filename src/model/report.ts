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

/** Every rendered image is traced or not, and every root rendered or not. */
export interface RenderedAccount {
  readonly roots: number;
  /** Of the roots, those that could not be rendered. */
  readonly failed: number;
  readonly images: number;
  readonly traced: number;
  readonly untraced: number;
}

/** One place that had a say in a rendered image. */
export interface ReportedStep {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What the place is, e.g. `images entry`. */
  readonly layer: string;
  readonly sets: readonly ("name" | "tag" | "digest")[];
  /** The image after this step; for Helm, what stands there. */
  readonly reads: string;
}

export interface ReportedImage {
  readonly image: string;
  readonly state: State;
  readonly object: Resource;
  /** In the rendered object. */
  readonly path: Path;
  readonly origin:
    | { readonly is: "traced"; readonly by: "record" | "mark" | "text"; readonly source: ReportedStep; readonly chain: readonly ReportedStep[] }
    | { readonly is: "untraced"; readonly why: string };
}

/** What was rendered, or why it could not be. */
export interface ReportedRoot {
  readonly folder: string;
  readonly tool: "helm" | "kustomize";
  readonly by: string;
  /** What makes it a root. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Why what was rendered is not all that the cluster gets. */
  readonly open: readonly string[];
  readonly program?: string;
  readonly failure?: { readonly code: string; readonly message: string };
  readonly images: readonly ReportedImage[];
}

/** The part of a report that closing lines are made of. */
export type Ending = Pick<Report, "mode" | "seconds" | "summary" | "rules" | "unread" | "rendered">;

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
  /** Only of runs that render. */
  readonly rendered?: { readonly account: RenderedAccount; readonly roots: readonly ReportedRoot[] };
}
