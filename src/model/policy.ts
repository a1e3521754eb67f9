/** The policy file as the program sees it: validated, every default filled in. */
import type { ImageField } from "./field.ts";
import type { Severity } from "./severity.ts";

export interface ImagePolicy {
  /** Glob over `registry/repository` after normalisation, e.g. `ghcr.io/acme/**`. */
  readonly match: string;
  /** Whether images that match must be pinned; default true. */
  readonly pin: boolean;
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
  fields: [],
  paths: { include: [], exclude: [] },
  rules: {},
  waivers: [],
};
