import type { ArtifactRule } from "../model/finding.ts";

export const argocdSourceOverridesPlugin: ArtifactRule = {
  id: "argocd-source-overrides-plugin",
  summary: "No .argocd-source file overrides an Application's plugin",
  severity: "error",
  page: `Argo CD merges \`.argocd-source.yaml\` and \`.argocd-source-<application>.yaml\`, which stand beside the manifests, over
the Application's source before it decides how to render. Only \`repoURL\`, \`path\`, \`chart\` and \`targetRevision\` are put
back. A field \`plugin\` in such a file takes the place of the Application's own: \`plugin: null\` drops a config management
plugin that checks images, and \`plugin.env\` or \`plugin.parameters\` give it other settings. Whoever can write to the
repository can so leave the check.

**What to do.** Remove the field. Set the plugin's parameters in the Application, and require the same check for pull
requests and at admission: a plugin alone is no boundary against people who write to the repository.`,
  *check({ artifact }) {
    if (artifact.is !== "plugin-override") return;
    yield artifact.removes
      ? { message: "this file takes the plugin away", label: "Argo CD renders without it", help: "remove the field" }
      : { message: "this file overrides the plugin", label: "in place of what the Application says", help: "remove the field, and set it in the Application" };
  },
};
