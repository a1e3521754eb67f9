/** The cases of the tests as seeds: each shows something that a file can be. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "../../src/files/load.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import type { FileRole } from "../../src/surfaces/surface.ts";
import { cases } from "../../test/surfaces/fixture.ts";
import { listFiles } from "../tools/corpus.ts";

/** A text that mutants are made of. */
export interface Seed {
  readonly path: string;
  /** Whether the file stands in a chart, at the root. */
  readonly chart: boolean;
  readonly role: FileRole;
  readonly text: string;
}

const PROGRAMS = join(import.meta.dirname, "../../test/fixtures/typescript");

export function* fromCases(): Generator<Seed> {
  for (const { expected: { file, referenced, charts }, before } of cases()) {
    // A run cannot be told that another file names this one.
    if (referenced || (charts ?? []).some((folder) => folder !== "")) continue;
    const source = decode(file, before);
    if ("text" in source) yield { path: file, chart: (charts ?? []).length > 0, role: roleOf(file, new Set(charts), false), text: source.text };
  }
}

/** Programs, each alone: what it imports from another file is missing, as it is in part of a repository. */
export function* programs(): Generator<Seed> {
  for (const file of listFiles(PROGRAMS)) {
    const path = file.endsWith(".tsx") ? "main.tsx" : "main.ts";
    if (/\.tsx?$/.test(file)) yield { path, chart: false, role: roleOf(path, new Set(), false), text: readFileSync(join(PROGRAMS, file), "utf8") };
  }
}
