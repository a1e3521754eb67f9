/** An inspection for people: a tree of what is attached, and the verdict. */
import type { StatementVerdict } from "../model/evidence.ts";
import { identityText, needText } from "../model/signers.ts";
import { printable } from "../report/text.ts";
import type { InspectedArtifact, InspectedStatement, Inspection } from "./inspection.ts";

interface Branch {
  readonly text: string;
  readonly under: readonly Branch[];
}

export function inspectionText(found: Inspection): string {
  const lines = [`${found.repository}@${found.digest}`, `${found.kind === "index" ? "index" : found.kind}, ${found.mediaType}, ${found.size} bytes`, ...tagLines(found)];
  const branches: Branch[] = [...platforms(found), ...found.artifacts.map(artifact), ...found.gaps.map(({ message }) => leaf(`could not be read: ${message}`))];
  if (found.artifacts.length === 0 && found.gaps.length === 0) branches.push(leaf("nothing is attached to it"));
  return `${[...lines, ...tree(branches), "", verdictLine(found)].map(printable).join("\n")}\n`;
}

const leaf = (text: string): Branch => ({ text, under: [] });

function tagLines({ tag, digest }: Inspection): string[] {
  if (!tag) return [];
  if (tag.digest === undefined) return [`tag ${tag.name}: ${tag.why ?? "not known"}`];
  return [tag.digest === digest ? `tag ${tag.name} names it` : `tag ${tag.name} names ${tag.digest} now`];
}

function platforms({ platforms: all }: Inspection): Branch[] {
  if (all.length === 0) return [];
  return [{ text: `${all.length} manifests`, under: all.map(({ digest, platform }) => leaf(`${platform ?? "no platform"}  ${digest}`)) }];
}

function artifact({ digest, artifactType, found, repository, statements }: InspectedArtifact): Branch {
  const what = statements.map(kindText);
  const shown = [...new Set(what)].join(", ") || "nothing that can be signed";
  return {
    text: `${shown}  ${digest}`,
    under: [leaf(`${artifactType || "no type"}, by ${found.join(" and ")}, in ${repository}`), ...statements.flatMap(statementLines)],
  };
}

/** What a statement is, for people. */
function kindText({ kind, format, predicateType }: InspectedStatement): string {
  if (kind === "signature") return `signature (${FORMATS[format]})`;
  if (predicateType !== undefined) return `${format === "unsigned" ? "unsigned statement" : "attestation"} ${predicateType}`;
  return format === "unsigned" ? "something that nobody signed" : kind;
}

const FORMATS: Readonly<Record<InspectedStatement["format"], string>> = {
  simplesigning: "cosign", bundle: "Sigstore bundle", dsse: "DSSE", "notation-jws": "Notation, JWS", "notation-cose": "Notation, COSE", unsigned: "unsigned",
};

function statementLines({ verdict }: InspectedStatement): Branch[] {
  return [leaf(verdictText(verdict))];
}

export function verdictText(verdict: StatementVerdict): string {
  switch (verdict.is) {
    case "verified": {
      const when = verdict.times.length === 0 ? "at a time that nobody vouches for" : `at ${verdict.times.join(", ")}`;
      const open = [verdict.message, verdict.until === undefined ? undefined : `holds until ${verdict.until}`].filter((part) => part !== undefined);
      return `verified: by ${verdict.signers.join(", ")} (${identityText(verdict.identity)}), ${when}${open.length === 0 ? "" : `; ${open.join("; ")}`}`;
    }
    case "untrusted": return `not trusted: by ${identityText(verdict.identity)}; ${verdict.message}`;
    case "invalid": return `invalid [${verdict.code}]: ${verdict.message}`;
    case "unknown": return `not verified [${verdict.code}]: ${verdict.message}`;
  }
}

function verdictLine({ policy, need, verdict }: Inspection): string {
  if (policy === undefined) return "verdict: none, as there is no policy that says who should have signed";
  if (!need || !verdict) return `verdict: none, as ${policy} asks for no signature of this image`;
  const wanted = `${policy} wants ${needText(need)}`;
  switch (verdict.is) {
    case "verified": return `verdict: verified, signed by ${verdict.signers?.join(", ")}${verdict.through === undefined ? "" : ` through the index ${verdict.through}`} (${wanted})`;
    case "absent": return `verdict: absent, nobody has signed it (${wanted})`;
    default: return `verdict: ${verdict.is}, ${verdict.why ?? ""} (${wanted})`;
  }
}

function tree(branches: readonly Branch[], margin = ""): string[] {
  return branches.flatMap(({ text, under }, i) => {
    const last = i === branches.length - 1;
    return [`${margin}${last ? "└─" : "├─"} ${text}`, ...tree(under, `${margin}${last ? "   " : "│  "}`)];
  });
}
