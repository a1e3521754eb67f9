import type { ArtifactRule } from "../model/finding.ts";

export const chartByDigest: ArtifactRule = {
  id: "chart-by-digest",
  summary: "A chart that Argo CD takes from an OCI registry is named by its digest",
  severity: "info",
  page: `A chart's version in an OCI registry is a tag, and its owner can move it. Argo CD takes a digest as
\`targetRevision\` of a source whose \`repoURL\` begins with \`oci://\`.

It is information and fails no run: in Flux the same is \`ref.digest\` of an OCIRepository, which pin-by-digest asks for;
a HelmRepository, a repository of charts by HTTP and a dependency in a Chart.yaml take no digest at all, and are not
reported for it.

**What to do.** Write the digest in \`targetRevision\`, with the version in a comment:

\`\`\`yaml
repoURL: oci://ghcr.io/acme/charts/web
targetRevision: sha256:… # 1.4.2
\`\`\``,
  *check({ artifact }) {
    if (artifact.is !== "revision" || artifact.field !== "targetRevision" || !artifact.of.startsWith("oci://")) return;
    if (/^sha256:|\{\{|[*<>^~|]/.test(artifact.revision)) return;
    yield { message: "the chart can change after review", label: `the tag ${artifact.revision} can be moved`, help: "write the digest in targetRevision" };
  },
};
