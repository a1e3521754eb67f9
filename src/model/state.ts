/** What becomes of a reference in the account of a run. */
import type { ImageSite, Role } from "./site.ts";

/** Every reference is in exactly one state, so the counts add up to the references found. */
export type State =
  | "pinned"
  | "floating"
  | "templated"
  | "placeholder"
  | "incomplete"
  /** Named and not run: what a build pushes, what another tool follows, what a policy matches. */
  | "not-run"
  | "invalid";

/** Roles in which a field only names an image. */
const NOT_RUN: ReadonlySet<Role | undefined> = new Set<Role>(["tracked", "build-output", "pattern"]);

export function stateOf({ reading, role }: ImageSite): State {
  if (NOT_RUN.has(role)) return "not-run";
  if (reading.is !== "reference") return reading.is;
  return reading.reference.digest === undefined ? "floating" : "pinned";
}
