/** The policy file as the program sees it: validated, every default filled in. */
import type { ImageField } from "./field.ts";
import type { Severity } from "./severity.ts";

export interface ImagePolicy {
  /** Glob over `registry/repository` after normalisation, e.g. `ghcr.io/acme/**`. */
  readonly match: string;
  /** Whether images that match must be pinned; default true. */
  readonly pin: boolean;
  /** Whose signatures images that match need; `false`: none. Absent: a wider entry decides. */
  readonly signed?: SignatureNeed | false;
}

/** Whose signatures an image needs. */
export interface SignatureNeed {
  /** Names under `signers`. */
  readonly by: readonly string[];
  /** How many of them. */
  readonly need: "any" | "all" | number;
}

/** A file that the policy names, and the place where it does. Read only by runs that need it. */
export interface NamedFile {
  /** Relative to the policy file, or absolute. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Someone who signs without a key of their own. */
export interface KeylessSigner {
  readonly is: "keyless";
  readonly name: string;
  /** Whole identity (SAN); `*` stands for any text without `/`, `**` for any text, where `match` is `glob`. Always anchored. */
  readonly identity: string;
  readonly match: "exact" | "glob";
  /** Exact. */
  readonly issuer: string;
  /** A name under `trustRoots`. */
  readonly root: string;
  /** Values that extensions of the certificate must have, by OID suffix under 1.3.6.1.4.1.57264.1 (`12`: repository URI). */
  readonly extensions: Readonly<Record<string, string>>;
}

/** How many witnesses of each kind a signature without a key needs. */
export interface Thresholds {
  readonly log: number;
  readonly certificateLog: number;
  readonly timestamp: number;
}

/** A signer as the policy writes it; with the contents of its files it is a `Signer` of evidence.ts. */
export type NamedSigner =
  | { readonly is: "key"; readonly name: string; readonly key: NamedFile; readonly requireLog: boolean }
  | KeylessSigner
  | {
      readonly is: "notation";
      readonly name: string;
      readonly authorities: readonly NamedFile[];
      readonly signingAuthorities: readonly NamedFile[];
      readonly timestampAuthorities: readonly NamedFile[];
      readonly identities: readonly string[];
    };

/** A `trusted_root.json` that the policy names. */
export interface NamedRoot {
  readonly name: string;
  readonly file: NamedFile;
  readonly thresholds: Thresholds;
  /** Where `lading trust update` gets it. */
  readonly update?: RootSource;
}

/** A TUF repository. */
export interface RootSource {
  /** URL of its metadata. */
  readonly mirror: string;
  /** The first `root.json` to believe; only the public Sigstore instance has one built in. */
  readonly initialRoot?: NamedFile;
  /** Name of the target there. */
  readonly target: string;
}

/** Where the evidence about images is kept, when not beside them. */
export interface EvidencePlace {
  /** Glob over `registry/repository` of the images. */
  readonly match: string;
  /** `registry/repository` that holds their signatures and attestations. */
  readonly repository: string;
}

export interface Mirror {
  /** Prefix of `registry/repository` that is looked up elsewhere. */
  readonly from: string;
  /** `host[:port][/prefix]` that answers for it. */
  readonly to: string;
}

export interface Waiver {
  readonly rule: string;
  /** Glob over the reference as written, or over `registry/repository`. */
  readonly image?: string;
  /** Glob over the file. */
  readonly path?: string;
  readonly reason: string;
  /** ISO date; the last day on which it holds. */
  readonly until: string;
  /** Line of the policy file. */
  readonly line: number;
}

export interface Policy {
  /** Path of the file, or undefined when these are the defaults. */
  readonly file?: string;
  readonly online: boolean;
  /** Whether `pin` renders what the repository deploys. */
  readonly render: boolean;
  readonly failOn: Severity;
  readonly registries: {
    /** Glob patterns over `registry/repository`. Empty: the rule about our own registries is not run. */
    readonly ours: readonly string[];
    /** `host[:port]` that may be spoken to without TLS, besides loopback. */
    readonly plainHttp: readonly string[];
    /** PEM files with further certificate authorities, relative to the policy file. */
    readonly certificateAuthorities: readonly string[];
  };
  readonly mirrors: readonly Mirror[];
  readonly images: readonly ImagePolicy[];
  readonly signers: readonly NamedSigner[];
  readonly trustRoots: readonly NamedRoot[];
  readonly evidence: readonly EvidencePlace[];
  /** Fields of custom resources that name images, besides those that are known. */
  readonly fields: readonly ImageField[];
  readonly paths: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /** Severity by rule, or "off". */
  readonly rules: Readonly<Record<string, Severity | "off">>;
  readonly waivers: readonly Waiver[];
}

export const DEFAULT_POLICY: Policy = {
  online: false,
  render: false,
  failOn: "warning",
  registries: { ours: [], plainHttp: [], certificateAuthorities: [] },
  mirrors: [],
  images: [],
  signers: [],
  trustRoots: [],
  evidence: [],
  fields: [],
  paths: { include: [], exclude: [] },
  rules: {},
  waivers: [],
};
