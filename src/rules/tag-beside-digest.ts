import type { Rule } from "../model/finding.ts";

export const tagBesideDigest: Rule<never> = {
  id: "tag-beside-digest",
  summary: "A digest in Helm values has its tag beside it",
  severity: "warning",
  needs: [],
  page: `Most charts let \`digest\` win over \`tag\`, and take the chart's \`appVersion\` where there is no tag. With a digest alone,
the next version of the chart looks like an upgrade, with new arguments and a new version in its labels, and still runs
the old image: the digest has frozen it, and nothing says so.

**What to do.** Write the tag that the digest belongs to in the same map. \`tag-stands\` (\`--online\`) then says when the two
part.

\`\`\`yaml
# before
image:
  repository: acme/web
  digest: sha256:…
# after
image:
  repository: acme/web
  tag: 1.4.2
  digest: sha256:…
\`\`\``,
  *check({ surface, reading, raw, path }) {
    if (reading.is !== "reference" || reading.reference.digest === undefined || reading.reference.tag !== undefined) return;
    // A whole reference says all that there is, and elsewhere no chart puts in a tag of its own.
    if (raw.includes("@") || !PARTS.has(path.at(-1)!) || !(surface === "helm-values" || path.some((step) => VALUES.has(step)))) return;
    yield { message: "the digest freezes the image", label: "no tag beside it, so the chart's next version changes nothing here", help: "write the tag that the digest belongs to" };
  },
};

/** Where objects and kustomizations hold values. */
const VALUES: ReadonlySet<string | number> = new Set(["values", "valuesObject", "valuesInline", "parameters"]);

/** What the last step of the path is where an image stands in parts. */
const PARTS: ReadonlySet<string | number> = new Set(["digest", "sha", "sha256", "repository", "image", "name", "registry"]);
