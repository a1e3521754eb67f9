import type { Locked } from "../model/artifact.ts";
import type { ArtifactRule, Problem } from "../model/finding.ts";

export const lockedDependencies: ArtifactRule = {
  id: "locked-dependencies",
  summary: "Chart.lock says which version each dependency of a chart came to",
  severity: "warning",
  page: `Without a Chart.lock, \`helm dependency build\` resolves the dependencies anew: a range can come to another version
on every machine and in every run, and with it to other images. A lock that does not name the dependency, or names a
version that Chart.yaml does not mean, is refused by Helm as out of sync.

A dependency by \`file://\`, and one whose chart stands in the chart's own \`charts/\`, need no lock. What Chart.lock holds
is versions, no digests: \`digest\` in it is the hash of the list of dependencies (helm/helm#9662). A registry of charts
can still give other content for the same version, and Helm knows no dependency by digest (helm/helm#32133); a copy in
\`charts/\` is the only pin.

**What to do.** Run \`helm dependency update\` and commit Chart.lock.`,
  *check({ artifact }, { locked }) {
    if (artifact.is !== "dependency" || locked.is !== "known" || artifact.repository === undefined) return;
    if (/^file:|\{\{/.test(artifact.repository)) return;
    const problem = problemOf(artifact.name, artifact.version, locked.value);
    if (problem) yield problem;
  },
};

function problemOf(name: string, version: string | undefined, locked: Locked): Problem | undefined {
  const help = "run `helm dependency update` and commit Chart.lock";
  switch (locked.is) {
    case "vendored": return undefined;
    case "no-lock": return { message: `the dependency ${name} is not locked`, label: "there is no Chart.lock", help };
    case "not-named": return { message: `the dependency ${name} is not locked`, label: "Chart.lock does not name it", help };
    case "locked": return isOther(version, locked.version) ? { message: `Chart.lock has another version of ${name}`, label: `${locked.version} is locked`, help } : undefined;
  }
}

/** Only of exact versions: what a range allows is Helm's to say. */
const isOther = (version: string | undefined, locked: string): boolean =>
  version !== undefined && /^v?\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version) && version.replace(/^v/, "") !== locked.replace(/^v/, "").replace(/\+.*$/, "");
