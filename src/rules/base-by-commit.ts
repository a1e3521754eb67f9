import type { ArtifactRule } from "../model/finding.ts";

export const baseByCommit: ArtifactRule = {
  id: "base-by-commit",
  summary: "A remote base of a kustomization is named by its commit",
  severity: "warning",
  page: `kustomize fetches the base each time that it builds. What stands at a branch, at a tag that its owner can move, or
at the default branch when there is no \`ref\`, is whatever somebody pushed last: other manifests and other images, without
a commit here. Only the full hash of a commit cannot change.

**What to do.** Write the commit, with the tag in a comment, or keep a copy of the base in the repository.

\`\`\`yaml
# before
resources:
  - https://github.com/acme/base//web?ref=main
# after
resources:
  - https://github.com/acme/base//web?ref=0123456789abcdef0123456789abcdef01234567 # v1.4.2
\`\`\`

A file of a release (\`…/releases/download/v1.4.2/install.yaml\`) can be replaced under its name; keep a copy of it.`,
  *check({ artifact }) {
    if (artifact.is !== "base") return;
    const { ref, url } = artifact;
    if (ref === undefined)
      yield { message: "the base can change without a commit here", label: /\.ya?ml(?:\?|$)/.test(url) ? "a file that its owner can replace" : "no ref, so whatever the default branch has", help: "write ?ref= with a commit, or keep a copy here" };
    else if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref))
      yield { message: "the base can change without a commit here", label: /^[0-9a-f]{7,39}$/.test(ref) ? `${ref} is no whole commit` : `"${ref}" can be moved`, help: "write the whole hash of the commit" };
  },
};
