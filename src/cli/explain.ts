/** `lading explain RULE` and `lading rules`. */
import { LadingError } from "../model/errors.ts";
import { describeOptions, nearest, parse } from "./options.ts";
import { write } from "./output.ts";
import { RULES } from "./settings.ts";

const OPTIONS = { help: { type: "boolean", short: "h", help: "this text" } } as const;

export const HELP = `lading explain RULE

Prints a rule's page: what it wants, why, and what to do. \`lading rules\` lists them.

Options:
${describeOptions(OPTIONS)}
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, paths: [id] } = await parse(args, OPTIONS);
  if (values["help"] || id === undefined) return write(process.stdout, HELP).then(() => (values["help"] ? 0 : 2));
  const rule = RULES.find((one) => one.id === id);
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
