/** What is known about how some charts take a digest. It orders the attempts, and decides nothing. */
import { PIN_FORMS, type PinForm } from "../../surfaces/pin-forms.ts";

/** By the name of a chart, which is also the key of its values in a parent's. */
const HINTS: Readonly<Record<string, readonly PinForm[]>> = {
  "kube-prometheus-stack": ["sha", "digest"],
  "prometheus-operator": ["sha", "digest"],
  prometheusOperator: ["sha", "digest"],
  grafana: ["sha", "digest"],
  "kube-state-metrics": ["sha-with-prefix", "digest"],
  "prometheus-node-exporter": ["digest"],
  "ingress-nginx": ["digest"],
  "argo-cd": ["tag"],
  "external-dns": ["tag", "digest"],
  traefik: ["digest", "tag"],
  cilium: ["digest", "digest-and-use"],
};

/** Only cilium has a switch beside the digest; elsewhere the form is tried where the switch is there and off. */
const ONLY_BY_HINT: ReadonlySet<PinForm> = new Set(["digest-and-use"]);

/**
 * The forms in the order in which they are tried.
 * @param names from the innermost chart outwards: keys of the values above the image, then the chart's own name
 * @param available the forms that have a place
 */
export function ordered(names: readonly string[], available: ReadonlyMap<PinForm, unknown>): readonly PinForm[] {
  // A digest that a switch beside it turns off has no place of its own.
  const switched = !available.has("digest");
  const hinted = names.map((name) => (Object.hasOwn(HINTS, name) ? HINTS[name]! : undefined)).find((forms) => forms !== undefined) ?? [];
  const rest = PIN_FORMS.filter((form) => !hinted.includes(form) && (!ONLY_BY_HINT.has(form) || switched));
  return [...hinted, ...rest].filter((form) => available.has(form));
}
