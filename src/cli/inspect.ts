/** `lading inspect IMAGE`: one image, everything that is attached to it, and what the policy makes of that. */
import { LadingError } from "../model/errors.ts";
import { parseReference } from "../model/reference.ts";
import { EXIT } from "./exit.ts";
import { archiveOf, CHECK, COMMON, describeOptions, nearest, type Options, parse, text } from "./options.ts";
import { write } from "./output.ts";
import { settings } from "./settings.ts";
import { VERSION } from "./version.ts";

export const INSPECT: Options = {
  evidence: CHECK["evidence"]!,
  format: { type: "string", short: "f", value: "NAME", help: "pretty (default), json" },
  policy: COMMON["policy"]!,
  "no-cache": COMMON["no-cache"]!,
  help: COMMON["help"]!,
};

export const HELP = `lading inspect IMAGE

Asks the registry for an image, shows what it is and everything that is attached to it (signatures, attestations,
SBOMs), who signed each piece or why that is not proved, and what the policy makes of it.

Options:
${describeOptions(INSPECT)}

Exit codes: 0 signed as the policy wants, or it wants nothing; 1 not signed so; 2 usage or policy file; 3 the registry
has no such image; 4 it could not be told.
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths: [image, ...more] } = await parse(args, INSPECT);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  if (image === undefined || more.length > 0) throw new LadingError("usage", "inspect takes one image", "lading inspect ghcr.io/acme/web:1.4");
  const format = text(values["format"]) ?? "pretty";
  if (format !== "pretty" && format !== "json") {
    const near = await nearest(format, ["pretty", "json"]);
    throw new LadingError("usage", `inspect has no format ${format}`, near ? `did you mean ${near}?` : "pretty or json");
  }
  const parsed = parseReference(image);
  if (!parsed.ok) throw new LadingError("usage", `${image} is not an image reference: ${parsed.problem.message}`);
  const set = await settings(values, [], cwd, false);
  const { openArchive, openRegistries, trustOf } = await import("./asking.ts");
  const archive = archiveOf(values, cwd);
  const sources = archive ? await openArchive(set, archive.path, archive.file) : openRegistries(set);
  const { inspect } = await import("./inspection.ts");
  const answer = await inspect(parsed.reference, set, sources, trustOf(set), VERSION);
  set.caches?.save();
  if (answer.is === "absent") return write(process.stderr, `error: the registry has no ${image}\n`).then(() => EXIT.nothing);
  if (answer.is === "unknown") throw new LadingError("io", `${image} could not be asked for: ${answer.why.message}`);
  const found = answer.value;
  await write(process.stdout, format === "json" ? `${JSON.stringify(found, null, 2)}\n` : (await import("./inspect-text.ts")).inspectionText(found));
  if (!found.verdict) return EXIT.clean;
  return found.verdict.is === "verified" ? EXIT.clean : found.verdict.is === "unknown" ? EXIT.failed : EXIT.findings;
}
