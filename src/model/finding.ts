/** What rules say, and what becomes of it. */
import type { Locked } from "./artifact.ts";
import type { Edit, Fix } from "./edit.ts";
import type { Answer, Facts } from "./facts.ts";
import type { Policy } from "./policy.ts";
import type { Severity } from "./severity.ts";
import type { ArtifactSite, ImageSite, Position, Resource } from "./site.ts";

/** A rule's word about one site. */
export interface Problem {
  /** One sentence: what is wrong. */
  readonly message: string;
  /** A few words under the carets. */
  readonly label: string;
  readonly fix?: Fix;
  /** What to do when there is no fix. */
  readonly help?: string;
}

/** A rule is a value: what it is first, what it does last. */
export interface Rule<Need extends keyof Facts = keyof Facts> {
  /** Says what is wanted: `pin-by-digest`. */
  readonly id: string;
  readonly summary: string;
  readonly severity: Severity;
  /** Facts without which the rule says nothing; a run that cannot ask names it as not run. Empty: works offline. */
  readonly needs: readonly Need[];
  /** Facts that the rule reads when they are known, for instance to offer a fix. */
  readonly uses?: readonly Need[];
  /** Markdown of the rule's page: why, and what to do. */
  readonly page: string;
  /** Why the rule does not apply under this policy, if so; the run then says that it was not run. */
  skip?(policy: Policy): string | undefined;
  check(site: ImageSite, facts: Pick<Facts, Need>, policy: Policy): Iterable<Problem>;
}

/** What rules may read about an artifact besides its place. */
export interface ArtifactFacts {
  /** What the lock file says of a dependency; absent for everything else. */
  readonly locked: Answer<Locked, string>;
}

/** A rule about charts, bases and revisions. It works offline, and wishes for nothing that we could write. */
export interface ArtifactRule extends Pick<Rule, "id" | "summary" | "severity" | "page"> {
  check(site: ArtifactSite, facts: ArtifactFacts): Iterable<Problem>;
}

/** Why a finding does not count. */
export interface Ignored {
  readonly by: "comment" | "waiver" | "baseline" | "owner";
  readonly reason: string;
  readonly until?: string;
}

/** A problem at its place, with everything a report needs. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly label: string;
  readonly help?: string;
  /** Relative to the checked folder, with `/`. */
  readonly file: string;
  readonly start: Position;
  /** Exclusive. */
  readonly end: Position;
  /** The text of the first line of the finding, without its line break. */
  readonly excerpt: string;
  readonly resource?: Resource;
  /** What stands there, for instance `nginx:1.27`. */
  readonly image?: string;
  readonly fix?: { readonly text: string; readonly note: string; readonly safe: boolean; readonly edits: readonly PlacedEdit[] };
  readonly ignored?: Ignored;
  /** Stable across line moves: hash of rule, kind, name, path and image. */
  readonly fingerprint: string;
}

/** An edit with its place, for formats that carry fixes. */
export interface PlacedEdit extends Edit {
  readonly start: Position;
  readonly end: Position;
}
