import type { Rule } from "../model/finding.ts";

export const literalReference: Rule<never> = {
  id: "literal-reference",
  summary: "A reference stands in the repository as it will run",
  severity: "info",
  needs: [],
  page: `The reference is filled in by another program (\`{{ }}\`, \`\${ }\`, \`$( )\`, \`<NAME>\`), so what will run
cannot be read here. Nothing about it was judged, and nothing is ever edited.

**What to do.** Check the rendered manifests: \`helm template … | lading check -\`, \`kustomize build … | lading check -\`.`,
  *check({ reading }) {
    if (reading.is === "templated")
      yield { message: "what will run cannot be read here", label: "filled in later", help: "check the rendered manifest: `… | lading check -`" };
  },
};
