/** The direction of imports and the other promises of the house, held by reading the code. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Node, Project, type SourceFile, SyntaxKind } from "ts-morph";
import { aboutTheRun } from "../src/rules/about-the-run.ts";
import { artifactRules, rules } from "../src/rules/index.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Which rooms a room may import, besides itself. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  syntax: ["model"],
  surfaces: ["model", "syntax", "generated"],
  rules: ["model"],
  rewrite: ["model", "syntax"],
  evidence: ["model"],
  report: ["model"],
  pipeline: ["model", "syntax", "surfaces", "rules", "rewrite", "evidence", "report"],
  generated: [],
  files: ["model", "syntax", "surfaces", "rules", "rewrite", "evidence", "report", "pipeline", "generated"],
  registry: ["model", "pipeline"],
  render: ["model", "pipeline"],
  forge: ["model", "pipeline"],
  demo: ["model", "pipeline"],
  cli: ["model", "syntax", "surfaces", "rules", "rewrite", "evidence", "report", "pipeline", "files", "registry", "render", "forge", "demo"],
  "": ["model", "pipeline", "report", "rules", "surfaces"],
};

/** Rooms that touch no disk, no network and no process: everything is handed to them. */
const PURE = ["model", "syntax", "surfaces", "rules", "rewrite", "evidence", "report", "pipeline", ""];
/** Of Node's own modules, those that compute and do nothing else. */
const PURE_MODULES = ["node:crypto", "node:buffer"];
const IMPURE_NAMES = ["fetch", "process", "console", "require", "setInterval", "XMLHttpRequest", "WebSocket"];

/** `cli` for `src/cli/main.ts`, "" for `src/index.ts`. */
function roomOf(file: string): string {
  const inside = file.slice(file.lastIndexOf("/src/") + "/src/".length);
  return inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : "";
}

const nameOf = (file: SourceFile): string => file.getFilePath().slice(file.getFilePath().lastIndexOf("/src/") + 1);

/** Every module that a file names, in whatever way. */
function imports(file: SourceFile): string[] {
  const named = [...file.getImportDeclarations(), ...file.getExportDeclarations()].map((one) => one.getModuleSpecifierValue());
  const called = file.getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getKind() === SyntaxKind.ImportKeyword || call.getExpression().getText() === "require")
    .map((call) => call.getArguments()[0])
    .map((argument) => (Node.isStringLiteral(argument) ? argument.getLiteralValue() : `(computed) ${argument?.getText()}`));
  const typed = file.getDescendantsOfKind(SyntaxKind.ImportType).map((type) => type.getArgument().getText().replace(/^["']|["']$/g, ""));
  return [...named, ...called, ...typed].filter((one) => one !== undefined);
}

/** What breaks the house's rules, as `file: what it does`. */
function offences(project: Project): string[] {
  return project.getSourceFiles().flatMap((file) => {
    const room = roomOf(file.getFilePath());
    const name = nameOf(file);
    const say = (what: string): string => `${name}: ${what}`;
    if (DOORS[room] === undefined) return [say(`is in the room "${room}", which the house does not have`)];
    const found: string[] = [];
    for (const specifier of imports(file)) {
      if (specifier.startsWith("(computed)")) found.push(say(`imports something that cannot be told: ${specifier}`));
      else if (specifier.startsWith(".")) {
        const target = join(dirname(file.getFilePath()), specifier);
        if (!target.includes("/src/")) {
          if (!target.endsWith(".json")) found.push(say(`imports ${specifier}, which is outside of src`));
          continue;
        }
        const other = roomOf(target);
        if (!/\.(?:ts|js|json)$/.test(specifier)) found.push(say(`imports ${specifier} without its ending`));
        if (other !== room && !DOORS[room].includes(other)) found.push(say(`imports ${specifier}, and ${room || "index.ts"} may not import ${other || "index.ts"}`));
      } else if (PURE.includes(room) && isNode(specifier) && !PURE_MODULES.includes(specifier)) {
        found.push(say(`imports ${specifier}, and floors up to the pipeline touch nothing`));
      }
    }
    if (PURE.includes(room)) for (const global of globalsIn(file)) found.push(say(`uses ${global}, and floors up to the pipeline touch nothing`));
    return found;
  });
}

const isNode = (specifier: string): boolean => specifier.startsWith("node:") || ["fs", "net", "http", "https", "child_process", "os", "path", "tls", "dgram", "dns", "worker_threads"].includes(specifier.split("/")[0]!);

/** Names of globals that do something, where no declaration in the file has the name. */
function globalsIn(file: SourceFile): string[] {
  const used = file.getDescendantsOfKind(SyntaxKind.Identifier).filter((identifier) => {
    const name = identifier.getText();
    if (!IMPURE_NAMES.includes(name) && name !== "globalThis") return false;
    const parent = identifier.getParent();
    if (Node.isPropertyAccessExpression(parent) && parent.getNameNode() === identifier) return false;
    if (Node.isPropertyAssignment(parent) && parent.getNameNode() === identifier) return false;
    if (Node.isPropertySignature(parent) || Node.isMethodSignature(parent) || Node.isPropertyDeclaration(parent)) return false;
    return !identifier.getDefinitionNodes().some((node) => node.getSourceFile() === file);
  });
  return [...new Set(used.map((identifier) => identifier.getText()))];
}

/** Import cycles between files, types included: a file that needs another one to be understood comes after it. */
function cycles(project: Project): string[] {
  const found = new Set<string>();
  const done = new Set<SourceFile>();
  const visit = (file: SourceFile, path: readonly SourceFile[]): void => {
    const seen = path.indexOf(file);
    if (seen >= 0) {
      const names = path.slice(seen).map(nameOf);
      const first = names.indexOf([...names].sort()[0]!);
      found.add([...names.slice(first), ...names.slice(0, first), names[first]!].join(" -> "));
      return;
    }
    if (done.has(file)) return;
    for (const specifier of imports(file)) {
      const target = specifier.startsWith(".") ? project.getSourceFile(join(dirname(file.getFilePath()), specifier)) : undefined;
      if (target && target !== file) visit(target, [...path, file]);
    }
    done.add(file);
  };
  for (const file of project.getSourceFiles()) visit(file, []);
  return [...found];
}

/** Files without a word about what they are for. A rule's `summary` and `page` say it; so does a file of one or two declarations. */
function unexplained(project: Project): string[] {
  return project.getSourceFiles().filter((file) => {
    const room = roomOf(file.getFilePath());
    if (room === "generated" || file.getBaseName().endsWith(".d.ts")) return false;
    if (room === "rules" && /page: `/.test(file.getText())) return false;
    if (/^(?:#!.*\n)?\s*\/\*\*/.test(file.getFullText())) return false;
    // Else the first thing that is exported says it.
    const exported = file.getStatements().filter((statement) => Node.isExportable(statement) && statement.isExported());
    return !exported.some((statement) => Node.isJSDocable(statement) && statement.getJsDocs().length > 0);
  }).map(nameOf);
}

const source = new Project({ tsConfigFilePath: join(root, "tsconfig.json"), skipAddingFilesFromTsConfig: true });
source.addSourceFilesAtPaths(join(root, "src/**/*.ts"));

describe("the house", () => {
  test("has files", () => assert.ok(source.getSourceFiles().length > 50));
  test("every import goes down, and floors up to the pipeline touch nothing", () => assert.deepEqual(offences(source), []));
  test("no imports go in a circle", () => assert.deepEqual(cycles(source), []));
  test("every file says what it is for", () => assert.deepEqual(unexplained(source), []));
});

describe("rules", () => {
  const files = readdirSync(join(root, "src/rules")).filter((file) => !["index.ts", "about-the-run.ts"].includes(file));

  test("every file is a rule in the list, and every rule in the list a file of its name", () => {
    assert.deepEqual([...rules, ...artifactRules].map(({ id }) => `${id}.ts`).sort(), files.sort());
  });

  test("every rule has a page, a summary and a name of its own", () => {
    const all = [...rules, ...artifactRules, ...aboutTheRun];
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    for (const { id, summary, page } of all) {
      assert.match(id, /^[a-z]+(?:-[a-z]+)*$/);
      assert.ok(summary.length > 10 && !summary.endsWith("."), id);
      assert.ok(page.trim().length > 80, `${id} has no page`);
      assert.doesNotMatch(page, /\n{3}|\t|[ ]+\n/, id);
    }
  });
});

describe("the checker itself", () => {
  const house = (files: Readonly<Record<string, string>>): Project => {
    const project = new Project({ useInMemoryFileSystem: true });
    for (const [name, text] of Object.entries(files)) project.createSourceFile(`/src/${name}`, text);
    return project;
  };

  const WRONG: Readonly<Record<string, readonly [file: string, text: string, said: RegExp]>> = {
    "an import that goes up": ["model/a.ts", 'import { b } from "../pipeline/b.ts";', /model\/a\.ts: imports \.\.\/pipeline\/b\.ts.*model may not import pipeline/],
    "rooms on one floor": ["rules/a.ts", 'import type { b } from "../surfaces/b.ts";', /rules may not import surfaces/],
    "an export from above": ["syntax/a.ts", 'export * from "../surfaces/b.ts";', /syntax may not import surfaces/],
    "an import on demand": ["report/a.ts", 'export const b = () => import("../rules/b.ts");', /report may not import rules/],
    "an import in a type": ["report/a.ts", 'export type B = import("../rules/b.ts").B;', /report may not import rules/],
    "the disk": ["pipeline/a.ts", 'import { readFileSync } from "node:fs";', /imports node:fs/],
    "the disk by its old name": ["model/a.ts", 'import fs from "fs/promises";', /imports fs\/promises/],
    "another program": ["rewrite/a.ts", 'const x = require("node:child_process");', /imports node:child_process/],
    "the process": ["rules/a.ts", "export const a = process.env;", /uses process/],
    "the network": ["surfaces/a.ts", 'export const a = () => fetch("x");', /uses fetch/],
    "the console": ["report/a.ts", "export const a = () => console.log(1);", /uses console/],
    "globals by another way": ["report/a.ts", "export const a = globalThis;", /uses globalThis/],
    "a room of its own": ["attic/a.ts", "", /attic/],
    "schemas for others than files": ["registry/a.ts", 'import { v } from "../generated/v.js";', /registry may not import generated/],
    "more in the public API": ["index.ts", 'export * from "./files/a.ts";', /index\.ts may not import files/],
    "a computed import": ["cli/a.ts", "export const a = (x: string) => import(x);", /cannot be told/],
  };
  for (const [what, [file, text, said]] of Object.entries(WRONG)) {
    test(`finds ${what}`, () => {
      const found = offences(house({ [file]: text }));
      assert.ok(found.some((one) => said.test(one)), JSON.stringify(found));
    });
  }

  test("lets pass what is allowed", () => {
    assert.deepEqual(offences(house({
      "model/a.ts": 'import { createHash } from "node:crypto";\nexport const a = (process: string) => process + createHash("x");',
      "surfaces/a.ts": 'import { a } from "../model/a.ts";\nimport "../syntax/b.ts";\nexport interface B { fetch: string }\nexport const b = { console: 1 };',
      "cli/a.ts": 'import fs from "node:fs";\nexport const x = process.env;',
    })), []);
  });

  test("finds circles, however long", () => {
    const project = house({ "model/a.ts": 'import "./b.ts";', "model/b.ts": 'import "./c.ts";', "model/c.ts": 'import type { A } from "./a.ts";', "model/d.ts": 'import "./a.ts";' });
    assert.deepEqual(cycles(project), ["src/model/a.ts -> src/model/b.ts -> src/model/c.ts -> src/model/a.ts"]);
  });

  test("finds files that say nothing", () => {
    assert.deepEqual(unexplained(house({ "model/a.ts": "export const a = 1;", "model/b.ts": "/** Why. */\nexport const b = 1;" })), ["src/model/a.ts"]);
  });

  test("stands in a repository that has the rooms it knows", () => {
    const rooms = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    for (const room of rooms) assert.ok(DOORS[room], `${relative(root, join(root, "src", room))} is not in the plan`);
    assert.ok(existsSync(join(root, "src/index.ts")));
  });
});
