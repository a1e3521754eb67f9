/**
 * The public API: the pipeline and the model. Everything that touches a disk or a network is handed in, so
 * the same steps run in an editor, a bot or a test.
 */
export * from "./model/artifact.ts";
export * from "./model/errors.ts";
export * from "./model/edit.ts";
export * from "./model/evidence.ts";
export * from "./model/facts.ts";
export * from "./model/finding.ts";
export * from "./model/policy.ts";
export * from "./model/reference.ts";
export * from "./model/render.ts";
export * from "./model/report.ts";
export * from "./model/state.ts";
export * from "./model/severity.ts";
export * from "./model/site.ts";
export { check, type CheckOptions, type RunOptions } from "./pipeline/check.ts";
export type { Age, AgeOf, Earlier } from "./pipeline/before.ts";
export { pin, type PinOptions, type PinOutcome } from "./pipeline/pin.ts";
export type { Rewrite } from "./pipeline/pin-steps.ts";
export { affectedBy } from "./pipeline/roots/affected.ts";
export { findRoots, type RootOptions } from "./pipeline/roots/find.ts";
export type { FoundRoots } from "./pipeline/roots/found.ts";
export type { Memory, Workspace } from "./pipeline/survey.ts";
export { formats, type FormatName, textOf } from "./report/index.ts";
export { artifactRules, rules } from "./rules/index.ts";
export { locateFile } from "./surfaces/locate.ts";
export { roleOf } from "./surfaces/roles.ts";
