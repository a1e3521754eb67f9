/** A report as a run makes it, to be varied by tests. */
import type { Finding } from "../../src/model/finding.ts";
import type { Report, ReportedReference, Summary } from "../../src/model/report.ts";
import type { State } from "../../src/model/state.ts";
import type { Unread } from "../../src/model/site.ts";
import type { FormatOptions, RuleInfo } from "../../src/report/index.ts";

export const DIGEST = `sha256:${"9b1c4a7f0d2e".padEnd(64, "0")}` as const;

export const RULES: readonly RuleInfo[] = [
  { id: "pin-by-digest", summary: "Images are pinned to a digest", severity: "error", page: "# pin-by-digest\n\nA tag can be moved." },
  { id: "digest-exists", summary: "The registry has the digest", severity: "error", page: "# digest-exists" },
];

export const PLAIN: FormatOptions = { color: false, rules: RULES };

export function finding(over: Partial<Finding> = {}): Finding {
  const image = "ghcr.io/acme/web:1.4";
  const excerpt = `        image: ${image}`;
  return {
    rule: "pin-by-digest",
    severity: "error",
    message: "the image can change after review",
    label: 'tag "1.4" can be moved',
    file: "apps/web/deploy.yaml",
    start: { line: 23, column: 16 },
    end: { line: 23, column: 36 },
    excerpt,
    resource: { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "shop" },
    image,
    fix: {
      text: `${image}@${DIGEST}`,
      note: "multi-arch index",
      safe: true,
      edits: [{ span: { start: 420, end: 440 }, text: `${image}@${DIGEST}`, start: { line: 23, column: 16 }, end: { line: 23, column: 36 } }],
    },
    fingerprint: "0123456789abcdef0123456789abcdef",
    ...over,
  };
}

export function reference(state: State, over: Partial<ReportedReference> = {}): ReportedReference {
  return {
    file: "apps/web/deploy.yaml",
    line: 23,
    column: 16,
    raw: "ghcr.io/acme/web:1.4",
    surface: "kubernetes",
    path: ["spec", "containers", 0, "image"],
    resource: { kind: "Deployment", name: "web" },
    confidence: "certain",
    because: "containers[].image of a PodSpec",
    state,
    pinnable: state === "floating",
    ignored: false,
    ...over,
  };
}

export function report(
  parts: {
    readonly references?: readonly ReportedReference[];
    readonly findings?: readonly Finding[];
    readonly unread?: readonly Unread[];
    readonly skipped?: Report["rules"]["skipped"];
    readonly mode?: Report["mode"];
  } = {},
): Omit<Report, "references"> & { readonly references: readonly ReportedReference[] } {
  const { references = [], findings = [], unread = [], skipped = [], mode = "online" } = parts;
  const state = (wanted: State): number => references.filter((item) => !item.ignored && item.state === wanted).length;
  const weight = (wanted: string): number => findings.filter((item) => !item.ignored && item.severity === wanted).length;
  const summary: Summary = {
    references: references.length,
    files: 12,
    filesWithReferences: new Set(references.map(({ file }) => file)).size,
    states: {
      pinned: state("pinned"),
      floating: state("floating"),
      templated: state("templated"),
      placeholder: state("placeholder"),
      incomplete: state("incomplete"),
      "not-run": state("not-run"),
      invalid: state("invalid"),
    },
    ignored: references.filter(({ ignored }) => ignored).length,
    fixable: references.filter((item) => !item.ignored && item.state === "floating" && item.pinnable).length,
    findings: { error: weight("error"), warning: weight("warning"), info: weight("info"), ignored: findings.filter(({ ignored }) => ignored).length },
    templates: unread.filter(({ kind }) => kind === "template").length,
    unreadable: unread.filter(({ kind }) => kind !== "template").length,
  };
  return {
    version: 1,
    tool: { name: "lading", version: "0.1.0" },
    mode,
    root: ".",
    started: "2026-03-01T09:00:00.000Z",
    seconds: 0.94,
    summary,
    rules: { ran: ["pin-by-digest"], skipped },
    references,
    findings,
    unread,
  };
}

/** Something of everything. */
export function fullReport(): ReturnType<typeof report> {
  const many = (number: number, state: State, over: Partial<ReportedReference> = {}): ReportedReference[] =>
    Array.from({ length: number }, (_, index) => reference(state, { file: `apps/${index % 7}.yaml`, ...over }));
  return report({
    references: [
      ...many(9, "pinned", { digest: DIGEST }),
      ...many(2, "floating"),
      ...many(1, "templated"),
      ...many(1, "invalid"),
      ...many(1, "placeholder"),
      ...many(1, "incomplete", { why: "the tag lives elsewhere" }),
      ...many(3, "floating", { ignored: true, owner: { tool: "flux", marker: "# {}" } }),
    ],
    findings: [
      finding(),
      finding({ severity: "warning", help: "write the whole name", fingerprint: "f".repeat(32) }),
      finding({ ignored: { by: "comment", reason: "the branch is followed", until: "2026-12-31" }, fingerprint: "a".repeat(32) }),
      finding({ ignored: { by: "baseline", reason: "in the baseline" }, fingerprint: "b".repeat(32) }),
    ],
    unread: [
      { file: "charts/web/templates/deploy.yaml", kind: "template", why: "Helm template" },
      { file: "broken.yaml", position: { line: 3, column: 1 }, kind: "syntax", why: "a tab indents this line" },
      { file: "latin1.yaml", kind: "encoding", why: "not valid UTF-8" },
    ],
    skipped: [{ rule: "digest-exists", why: "offline" }],
  });
}
