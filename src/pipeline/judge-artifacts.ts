/** Charts, bases and revisions → findings. They are no references, so the account of a run does not count them. */
import type { ArtifactFacts, ArtifactRule } from "../model/finding.ts";
import type { Policy } from "../model/policy.ts";
import type { ArtifactSite, LocatedFile } from "../model/site.ts";
import type { Locks } from "./chart-locks.ts";
import { describe, type Draft, severityOf } from "./draft.ts";
import type { Exceptions } from "./exceptions.ts";
import { placeKey } from "./reach.ts";

/** What the rules say of the artifacts of a file. */
export function judgeArtifacts(file: LocatedFile, ran: readonly ArtifactRule[], { policy, locks }: { readonly policy: Policy; readonly locks: Locks }, exceptions: Exceptions): Draft[] {
  return (file.artifacts ?? []).flatMap((site) => {
    const facts: ArtifactFacts = { locked: locks.get(placeKey(site)) ?? { is: "absent" } };
    return ran.flatMap((rule) => [...rule.check(site, facts)].map((problem): Draft => {
      const ignored = exceptions.covering(site, file, rule.id);
      return { ...place(site), ...describe(rule.id, severityOf(rule.id, rule.severity, policy), problem), ...(ignored ? { ignored } : {}) };
    }));
  });
}

function place({ file, position, end, excerpt, resource, raw, path }: ArtifactSite): Pick<Draft, "file" | "start" | "end" | "excerpt" | "resource" | "raw" | "path"> {
  return { file, start: position, end, excerpt, resource, raw, path };
}
