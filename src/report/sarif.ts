/** SARIF 2.1.0 (OASIS), as GitHub code scanning and other viewers read it. */
import type { Finding, Ignored, PlacedEdit } from "../model/finding.ts";
import type { Severity } from "../model/severity.ts";
import type { Report } from "../model/report.ts";
import type { Position, Unread } from "../model/site.ts";
import { type Format, type FormatOptions, placeOf, type RuleInfo } from "./format.ts";

const LEVELS = { error: "error", warning: "warning", info: "note" } as const satisfies Record<Severity, string>;

export const sarif: Format = (report, options) => {
  const rules = describedRules(report, options.rules);
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: report.tool.name, semanticVersion: report.tool.version, rules: rules.map(descriptor) } },
        // Positions count code points; SARIF's default is UTF-16 code units.
        columnKind: "unicodeCodePoints",
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository." } } },
        invocations: [invocation(report, options)],
        results: report.findings.map((finding) => result(finding, rules, options)),
      },
    ],
  };
  return [`${JSON.stringify(log, null, 2)}\n`];
};

/** A finding whose rule was not handed in still gets a descriptor, since `ruleIndex` must lead somewhere. */
function describedRules({ findings }: Report, rules: readonly RuleInfo[]): readonly RuleInfo[] {
  const known = new Map(rules.map((rule) => [rule.id, rule]));
  for (const { rule, severity } of findings)
    if (!known.has(rule)) known.set(rule, { id: rule, summary: rule, severity, page: "" });
  return [...known.values()];
}

function descriptor({ id, summary, severity, page }: RuleInfo): object {
  return {
    id,
    shortDescription: { text: summary },
    fullDescription: { text: summary },
    help: { text: page === "" ? summary : page, markdown: page === "" ? summary : page },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ["security", "supply-chain"], "problem.severity": severity === "info" ? "recommendation" : severity },
  };
}

function result(finding: Finding, rules: readonly RuleInfo[], options: FormatOptions): object {
  const { rule, severity, message, help, resource, fingerprint, fix } = finding;
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: LEVELS[severity],
    message: { text: help === undefined ? message : `${message}\n${help}` },
    locations: [
      {
        physicalLocation: { artifactLocation: artifact(finding.file, options), region: region(finding.start, finding.end) },
        ...(resource?.name === undefined ? {} : { logicalLocations: [logical(resource)] }),
      },
    ],
    partialFingerprints: { "lading/v1": fingerprint },
    // Viewers apply fixes without asking twice, so one that may change more than the image is left out.
    ...(fix?.safe && fix.edits.length > 0 ? { fixes: [fixOf(fix.text, fix.edits, finding.file, options)] } : {}),
    // Empty rather than absent: in one run either all results have it or none (section 3.27.23).
    suppressions: finding.ignored ? [suppression(finding.ignored)] : [],
  };
}

function logical({ kind, namespace, name }: NonNullable<Finding["resource"]>): object {
  const path = [namespace, name].filter((part) => part !== undefined).join("/");
  return { name, fullyQualifiedName: kind === undefined ? path : `${kind}/${path}`, kind: "resource" };
}

function fixOf(text: string, edits: readonly PlacedEdit[], file: string, options: FormatOptions): object {
  const replacements = edits.map((edit) => ({ deletedRegion: region(edit.start, edit.end), insertedContent: { text: edit.text } }));
  return { description: { text: `Write ${text}` }, artifactChanges: [{ artifactLocation: artifact(file, options), replacements }] };
}

function suppression({ by, reason, until }: Ignored): object {
  return {
    kind: by === "comment" ? "inSource" : "external",
    status: "accepted",
    justification: until === undefined ? reason : `${reason} (until ${until})`,
    properties: { by },
  };
}

/** What was not judged is said here as well; a viewer would take silence for clean. */
function invocation({ started, seconds, unread, rules }: Report, options: FormatOptions): object {
  const begin = Date.parse(started);
  return {
    executionSuccessful: true,
    ...(Number.isNaN(begin)
      ? {}
      : { startTimeUtc: new Date(begin).toISOString(), endTimeUtc: new Date(begin + seconds * 1000).toISOString() }),
    toolExecutionNotifications: [
      ...unread.map((item) => notification(item, options)),
      ...rules.skipped.map(({ rule, why }) => ({ level: "note", message: { text: `${rule} was not run: ${why}` } })),
    ],
  };
}

function notification({ file, position, kind, why }: Unread, options: FormatOptions): object {
  const place = { artifactLocation: artifact(file, options), ...(position ? { region: { startLine: position.line, startColumn: position.column } } : {}) };
  return {
    level: kind === "template" ? "note" : "warning",
    message: { text: `not judged: ${why}` },
    locations: [{ physicalLocation: place }],
  };
}

const region = (start: Position, end: Position): object => ({
  startLine: start.line,
  startColumn: start.column,
  endLine: end.line,
  endColumn: end.column,
});

function artifact(file: string, options: FormatOptions): object {
  const segments = placeOf(file, options).replace(/\p{Surrogate}/gu, "\ufffd").split("/");
  return { uri: segments.map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" };
}
