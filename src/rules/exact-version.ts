import type { ArtifactRule } from "../model/finding.ts";

export const exactVersion: ArtifactRule = {
  id: "exact-version",
  summary: "A chart or a revision that is deployed is named exactly, not by a range",
  severity: "warning",
  page: `A range (\`^1.2\`, \`1.x\`, \`>=1.0.0\`) is resolved when Argo CD or Flux looks, so the cluster takes a new chart, with
other images in it, that no commit mentions. No version at all is the widest range of all.

Looked at are charts in Argo CD Applications and ApplicationSets (\`targetRevision\`), Flux HelmReleases and HelmCharts
(\`version\`), \`helmCharts:\` of a kustomization, revisions of a Git repository that are ranges of its tags, and
\`ref.semver\` of a Flux OCIRepository. A dependency in a Chart.yaml may be a range, since Chart.lock says which version
it came to: that is locked-dependencies.

**What to do.** Write the version that runs now. A tool such as Renovate proposes the next one as a commit.

\`\`\`yaml
# before
targetRevision: 18.*
# after
targetRevision: 18.4.0
\`\`\``,
  *check({ artifact }) {
    if (artifact.is === "chart") {
      const { name, version, field } = artifact;
      if (version === undefined) yield { message: `the chart ${name} is whatever is newest`, label: "no version", help: `write ${field}: with the version that runs now` };
      else if (!isExact(version)) yield { message: `the chart ${name} can change without a commit`, label: `${version} is not one version`, help: "write the version that runs now" };
    }
    if (artifact.is === "revision" && isRange(artifact.revision))
      yield { message: "the revision can change without a commit", label: `${artifact.revision} is not one version`, help: "write the version or the commit that runs now" };
  },
};

/** One version, or something that is filled in later, or a digest. */
const isExact = (version: string): boolean => /^v?\d+\.\d+\.\d+(?:[-+].*)?$|^sha256:|\{\{|\$\{/.test(version);

/** A branch may be called anything but this. */
const isRange = (revision: string): boolean => !/\{\{|\$\{/.test(revision) && (/[*<>^~|]|^=/.test(revision) || /^v?\d+(?:\.\d+)*\.[xX](?:\.[xX])?$/.test(revision));
