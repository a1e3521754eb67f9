/** What a text amounts to: a reference, a template, a placeholder, or a mistake. */
import { parseReference } from "../model/reference.ts";
import type { Reading } from "../model/site.ts";

/**
 * Marks of text that another program fills in: Go templates and Jinja, shell and Kustomize variables,
 * `$(params.x)`, `<OWNER>`, `__TAG__`, and names such as `CONTAINER_REGISTRY/app`, whose uppercase host
 * with underscores no registry can have.
 */
const TEMPLATED = /\{\{|[$<>]|(?:^|[/:@])__[A-Z][A-Z0-9_]*__(?=$|[/:@])|^[A-Z][A-Z0-9]*_[A-Z0-9_]*\/|%[A-Z_]+%/;

/** A `scheme://` that a build tool replaces by the image it built. */
const BUILT = /^(ko|strict\.ko):\/\//;

export function isTemplated(text: string): boolean {
  return TEMPLATED.test(text);
}

export function readReference(text: string): Reading {
  if (isTemplated(text)) return { is: "templated" };
  if (BUILT.test(text)) return { is: "placeholder", tool: "ko" };
  if (text === "auto") return { is: "placeholder", tool: "istio" };
  const parsed = parseReference(text);
  return parsed.ok ? { is: "reference", reference: parsed.reference } : { is: "invalid", problem: parsed.problem };
}
