/** What a file takes from elsewhere that is no image: charts, remote bases, and the revisions that name them. */
export type TakenArtifact =
  /** An item of `dependencies` in a Chart.yaml. */
  | { readonly is: "dependency"; readonly name: string; readonly repository?: string; readonly version?: string }
  /** A chart that an object or a kustomization names; `version` absent: whatever is newest. */
  | { readonly is: "chart"; readonly name: string; readonly repository?: string; readonly version?: string; readonly field: string }
  /** A revision of a Git repository, or the version of an OCI artifact. */
  | { readonly is: "revision"; readonly of: string; readonly revision: string; readonly field: string }
  /** A resource of a kustomization that is fetched; `ref` absent: none is named. */
  | { readonly is: "base"; readonly url: string; readonly ref?: string }
  /** A field of an `.argocd-source` file that takes the plugin away or gives it other parameters. */
  | { readonly is: "plugin-override"; readonly removes: boolean };

/** What a chart's lock file says of one of its dependencies. */
export type Locked =
  | { readonly is: "locked"; readonly version: string }
  | { readonly is: "no-lock" }
  | { readonly is: "not-named" }
  /** A copy stands in the repository, and is what Helm takes. */
  | { readonly is: "vendored" };
