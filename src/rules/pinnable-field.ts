import type { Rule } from "../model/finding.ts";

export const pinnableField: Rule<never> = {
  id: "pinnable-field",
  summary: "A field that decides an image can take its digest, or another place does",
  severity: "info",
  needs: [],
  page: `Some fields hold only a part of a reference: a version from which an operator makes the image, a tag whose
repository is the operator's own, a registry that is put in front of every component. No digest can be written there,
so what runs is pinned elsewhere or not at all. The finding says where: a field beside it, a flag of the operator, a
value of its chart. It is information and fails no run, because nothing is wrong in the place it names; a policy that
wants every image pinned raises it:

\`\`\`yaml
rules:
  pinnable-field: error
\`\`\`

**What to do.** Follow the advice of the finding, then suppress the finding where the place has to stay:
\`# lading: ignore[pinnable-field] pinned in spec.image\`.`,
  *check({ reading, elsewhere }) {
    if (elsewhere === undefined || reading.is !== "incomplete") return;
    yield { message: "this field decides an image and takes no digest", label: `lacks ${reading.missing}`, help: elsewhere };
  },
};
