import type { Problem, Rule } from "../model/finding.ts";
import type { EntryReach } from "../model/kustomization.ts";

export const entryReachesAnImage: Rule<"reach"> = {
  id: "entry-reaches-an-image",
  summary: "An entry of a Kustomize images: list changes an image",
  severity: "warning",
  needs: [],
  uses: ["reach"],
  page: `The entry matches no image of the resources that this kustomization reaches, so it changes nothing, and kustomize
does not say so. A digest that stands in it protects nothing.

The resources are followed through the checked files: \`resources\`, \`bases\`, \`components\`, patches, transformers.
Where one of them is remote, generated (\`helmCharts\`, \`generators\`) or outside of the checked files, nothing is
claimed, and the run says for how many entries.

An entry's name is put into an expression as it is: \`^name(:tag)?(@sha256:digest)?$\`. So \`nginx\` is not
\`docker.io/library/nginx\`; a dot stands for any character; a tag with other characters than letters, digits and
\`_.{}-\` never matches. Entries are applied one after the other, and an overlay sees the name that its base gave.
kustomize looks at items of \`containers\` and \`initContainers\` at any depth, and since 5.7 at image volumes; not at
\`ephemeralContainers\`, fields such as \`spec.image\` of custom resources, or arguments.

**What to do.** Write the name as it stands in the manifests at that point, or remove the entry. For a field that
kustomize does not know, name it in a file under \`configurations:\`

\`\`\`yaml
images:
  - path: spec/image
    kind: MyApp
\`\`\``,
  *check(_site, { reach }) {
    if (reach.is === "known" && reach.value.matched === 0) yield problemOf(reach.value);
  },
};

function problemOf({ badPattern, beyond, near }: EntryReach): Problem {
  if (badPattern !== undefined)
    return { message: "kustomize cannot use this entry", label: `its name is no expression: ${badPattern}`, help: "write the name as the manifests have it" };
  const message = "this entry changes no image";
  if (beyond !== undefined)
    return { message, label: `kustomize does not look at ${beyond}`, help: "pin it there, or name the field in a file under configurations:" };
  if (near !== undefined) return { message, label: `the manifests spell it ${near}`, help: "write the name as the manifests have it at this point" };
  return { message, label: "no image of this name in its resources", help: "write the name as the manifests have it at this point, or remove the entry" };
}
