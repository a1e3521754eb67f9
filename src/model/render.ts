/** What Helm and Kustomize are asked to render, and what comes of it. */
import type { Answer } from "./facts.ts";
import type { Position, Span } from "./site.ts";

/** A place in a file that says something about a root. */
export interface SaidAt {
  readonly file: string;
  readonly position: Position;
}

/** One source of Helm values, as Helm merges them: each wins over those before it. */
export type ValuesLayer =
  /** A file, relative to the checked folder. */
  | { readonly is: "file"; readonly path: string; readonly said: SaidAt; readonly optional: boolean }
  /** Text inside a manifest: `values:` or `valuesObject:`. `span` is where it stands in `file`. */
  | { readonly is: "inline"; readonly text: string; readonly file: string; readonly span: Span; readonly said: SaidAt }
  /** `--set` or `--set-string`; `span` is the value's place. */
  | { readonly is: "parameter"; readonly name: string; readonly value: string; readonly asString: boolean; readonly file: string; readonly span: Span; readonly said: SaidAt };

/** How a chart is called. The layers of the chart and its subcharts themselves come before `layers` and are not listed. */
export interface HelmCall {
  readonly release: string;
  readonly namespace?: string;
  readonly layers: readonly ValuesLayer[];
  readonly kubeVersion?: string;
  readonly apiVersions: readonly string[];
  readonly includeCrds: boolean;
}

/** What is added to a kustomization from outside of it. */
export interface KustomizeCall {
  /** Items of Argo CD's `kustomize.images` or Flux's `spec.images`, in the spelling of `kustomize edit set image`. */
  readonly images: readonly string[];
  /**
   * Where the folder has no kustomization and Flux makes one: the files and folders that it names as resources,
   * relative to the checked folder. Absent: the folder has its own.
   */
  readonly resources?: readonly string[];
}

/** Something that a cluster gets by rendering. */
export interface Root {
  /** The chart or the kustomization, relative to the checked folder, with `/`; "" is the folder itself. */
  readonly folder: string;
  readonly tool: "helm" | "kustomize";
  /** What makes it a root: its own folder, or an object that deploys it. */
  readonly by: "folder" | "argocd-application" | "argocd-applicationset" | "flux-kustomization" | "flux-helmrelease";
  readonly said: SaidAt;
  readonly helm?: HelmCall;
  readonly kustomize?: KustomizeCall;
  /** Why what is rendered here is not all that the cluster gets, e.g. values from a Secret of the cluster. */
  readonly open: readonly string[];
  /** Why it cannot be rendered from this repository at all, e.g. a chart that is elsewhere. */
  readonly elsewhere?: string;
}

export interface RenderRequest {
  readonly root: Root;
  /** Texts that stand in place of what is on disk, by path relative to the checked folder. */
  readonly instead: ReadonlyMap<string, string>;
  /** Ask kustomize for its origin and transformer annotations. Helm's `# Source:` comments are always there. */
  readonly provenance: boolean;
}

export interface Rendered {
  /** The YAML stream, as the program printed it. */
  readonly text: string;
  /** Name and version, e.g. `helm 3.19.0`. */
  readonly program: string;
  readonly milliseconds: number;
}

/** Why something could not be rendered. Each code is told apart to the user. */
export interface RenderFailure {
  readonly code:
    | "no-program" // neither helm, nor kustomize or kubectl, is on PATH
    | "refused" // the sandbox will not run it: what it asks for could leave the folder or run a program
    | "failed" // the program ended with an error, which is in the message
    | "timeout"
    | "too-large"
    | "elsewhere"; // not in this repository
  readonly message: string;
  /** Where the cause stands, when it is known. */
  readonly said?: SaidAt;
}

export type RenderAnswer = Exclude<Answer<Rendered, RenderFailure>, { is: "absent" }>;

/** Renders in a sandbox: no network, no plugins, nothing outside of the checked folder, nothing written. Never throws for a failure of the program. */
export type Render = (request: RenderRequest) => Promise<RenderAnswer>;
