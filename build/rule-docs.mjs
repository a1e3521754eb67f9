/** Writes docs/rules/ from the rules themselves: `npm run docs`. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { artifactRules, rules } from "../src/rules/index.ts";
import { aboutTheRun } from "../src/rules/about-the-run.ts";

const folder = new URL("../docs/rules/", import.meta.url);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const all = [...rules, ...artifactRules, ...aboutTheRun];
for (const { id, summary, severity, page, needs = [] } of all) {
  const online = needs.length > 0 ? " Needs the registry (`--online`)." : "";
  await writeFile(new URL(`${id}.md`, folder), `# ${id}\n\n${summary}. Severity: ${severity}.${online}\n\n${page}\n`);
}
const rows = all.map(({ id, severity, summary, needs = [] }) => `| [${id}](${id}.md) | ${severity} | ${summary} | ${needs.length > 0 ? "yes" : ""} |`);
await writeFile(new URL("README.md", folder), `# Rules\n\n| rule | severity | what is wanted | online |\n|---|---|---|---|\n${rows.join("\n")}\n`);
