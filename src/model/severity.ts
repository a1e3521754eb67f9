/** How much a finding weighs. */
export type Severity = "error" | "warning" | "info";

/** Rising order of weight. */
export const SEVERITIES: readonly Severity[] = ["info", "warning", "error"];
