/** `lading explain RULE|FILE:LINE` and `lading rules`. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LadingError } from "../model/errors.ts";
import { COMMON, describeOptions, nearest, type Options, parse } from "./options.ts";
import { explainLine, placeOf } from "./explain-line.ts";
import { write } from "./output.ts";
import { RULES } from "./settings.ts";

const OPTIONS: Options = {
  format: { type: "string", short: "f", value: "NAME", help: "of a line: pretty (default), json" },
  policy: COMMON["policy"]!,
  baseline: COMMON["baseline"]!,
  "no-cache": COMMON["no-cache"]!,
  help: COMMON["help"]!,
};

export const HELP = `lading explain RULE|FILE:LINE[:COLUMN]

RULE: prints a rule's page: what it wants, why, and what to do. \`lading rules\` lists them.
FILE:LINE: says why what stands there is taken for an image or not, how it would be pinned, and who has a say in it.
Of values and kustomizations it says as well which rendered images the line supplies, with the helm and kustomize
that are on PATH. Looks at this folder, and asks no registry.

Options:
${describeOptions(OPTIONS)}
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths: [id] } = await parse(args, OPTIONS);
  if (values["help"] || id === undefined) return write(process.stdout, HELP).then(() => (values["help"] ? 0 : 2));
  const format = values["format"] ?? "pretty";
  if (format !== "pretty" && format !== "json") throw new LadingError("usage", `explain has no format ${String(format)}`, "pretty or json");
  const place = placeOf(id);
  if (place) return write(process.stdout, await explainLine(place, values, cwd)).then(() => 0);
  const rule = RULES.find((one) => one.id === id);
  if (!rule && existsSync(resolve(cwd, id))) throw new LadingError("usage", `${id} needs a line`, `lading explain ${id}:LINE`);
  if (!rule) {
    const near = await nearest(id, RULES.map((one) => one.id));
    throw new LadingError("usage", `there is no rule ${id}`, near ? `did you mean ${near}?` : "`lading rules` lists them");
  }
  await write(process.stdout, `# ${rule.id}\n\n${rule.summary}. Severity: ${rule.severity}.\n\n${rule.page}\n`);
  return 0;
}

export async function list(): Promise<number> {
  const width = Math.max(...RULES.map(({ id }) => id.length));
  const rows = RULES.map(({ id, severity, summary, ...rest }) => {
    const online = "needs" in rest && rest.needs.length > 0 ? " (online)" : "";
    return `${id.padEnd(width)}  ${severity.padEnd(7)}  ${summary}${online}\n`;
  });
  await write(process.stdout, rows.join(""));
  return 0;
}
