/**
 * Names for findings that outlive edits elsewhere in the file. Lines, columns and list indices are left
 * out, because a new sidecar or comment above must not make an old finding new. The text of the image
 * goes in as written: another tag is another image to judge.
 */
import { hash } from "node:crypto";
import type { Path, Resource } from "./site.ts";

export interface Identity {
  readonly rule: string;
  readonly file: string;
  readonly resource?: Resource;
  readonly path?: Path;
  /** The image as written. */
  readonly raw?: string;
}

/** 128 bits in hex. Two findings that agree in all of this have the same one; see {@link fingerprints}. */
export function fingerprint(finding: Identity): string {
  const { kind, namespace, name } = finding.resource ?? {};
  const path = (finding.path ?? []).map((step) => (typeof step === "number" ? "*" : `.${step}`)).join("");
  // The API version is left out: moving from apps/v1beta1 to apps/v1 does not change the image.
  const parts = [1, finding.rule, finding.file, kind ?? "", namespace ?? "", name ?? "", path, finding.raw ?? ""];
  return hash("sha256", JSON.stringify(parts)).slice(0, 32);
}

/** Fingerprints in the order given, which must be the order in the file; a repeated one gets `:2`, `:3`, … */
export function fingerprints(findings: readonly Identity[]): string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const base = fingerprint(finding);
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base}:${count}`;
  });
}
