import type { Rule } from "../model/finding.ts";
import { matches } from "../model/match.ts";
import { locate } from "../model/reference.ts";

export const registryOfOurs: Rule<never> = {
  id: "registry-of-ours",
  summary: "Images come from registries that the policy calls ours",
  severity: "error",
  needs: [],
  page: `Evidence about an image - signatures, scans - hangs where the image is. The policy names the registries whose
evidence you keep; an image from elsewhere has none.

\`\`\`yaml
registries:
  ours:
    - registry.acme.example/**
    - docker.io/library/*
\`\`\`

**What to do.** Copy the image into one of them and name it there, or add its registry to \`registries.ours\`.`,
  skip: (policy) => (policy.registries.ours.length === 0 ? "the policy names no registries of ours" : undefined),
  *check({ reading }, _facts, policy) {
    if (reading.is !== "reference") return;
    const { registry, repository } = locate(reading.reference.name);
    if (policy.registries.ours.some((glob) => matches(glob, `${registry}/${repository}`))) return;
    yield {
      message: "the image comes from a registry that is not ours",
      label: `from ${registry}`,
      help: "copy it into a registry of yours, or add it to registries.ours",
    };
  },
};
