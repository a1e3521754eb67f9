/** The manual says what the program does: names in it are held against the program's own tables. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CHECK, PIN } from "../src/cli/options.ts";
import { aboutTheRun } from "../src/rules/about-the-run.ts";
import { artifactRules, rules } from "../src/rules/index.ts";
import { lading, tree } from "./cli/lading.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("docs/rules", () => {
  const all = [...rules, ...artifactRules, ...aboutTheRun].map((rule) => ({ needs: [] as readonly string[], ...rule }));

  test("holds a page for each rule, and no other", () => {
    assert.deepEqual(readdirSync(join(root, "docs/rules")).sort(), ["README.md", ...all.map(({ id }) => `${id}.md`)].sort());
  });

  for (const { id, summary, severity, page, needs } of all) {
    test(`${id} is what \`npm run docs\` writes`, () => {
      const online = needs.length > 0 ? " Needs the registry (`--online`)." : "";
      assert.equal(read(`docs/rules/${id}.md`), `# ${id}\n\n${summary}. Severity: ${severity}.${online}\n\n${page}\n`);
    });
  }

  test("lists them", () => {
    const rows = all.map(({ id, severity, summary, needs }) => `| [${id}](${id}.md) | ${severity} | ${summary} | ${needs.length > 0 ? "yes" : ""} |`);
    assert.equal(read("docs/rules/README.md"), `# Rules\n\n| rule | severity | what is wanted | online |\n|---|---|---|---|\n${rows.join("\n")}\n`);
  });
});

describe("docs/cli.md", () => {
  const manual = read("docs/cli.md");

  for (const name of new Set([...Object.keys(CHECK), ...Object.keys(PIN)])) {
    test(`names --${name}`, () => assert.ok(new RegExp(`--${name}\\b`).test(manual)));
  }

  test("names every command of the help", async (t) => {
    const { stdout } = await lading(["--help"], { cwd: tree(t, {}) });
    const commands = [...stdout.matchAll(/^ {2}lading (\S+)/gm)].map(([, name]) => name!);
    assert.ok(commands.length >= 8);
    for (const command of commands) assert.match(manual, new RegExp(`^lading ${command}\\b`, "m"), command);
  });

  test("names no option that there is not", () => {
    const known = new Set([...Object.keys(CHECK), ...Object.keys(PIN), "version", "keep"]);
    for (const [, name] of manual.matchAll(/--([a-z][a-z-]+)/g)) assert.ok(known.has(name!), `--${name}`);
  });
});

describe("relative links", () => {
  const pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`)];
  for (const page of pages) {
    test(`of ${page} lead somewhere`, () => {
      const links = [...read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
      assert.deepEqual(links.filter((link) => !existsSync(join(root, dirname(page), link))), []);
    });
  }
});
