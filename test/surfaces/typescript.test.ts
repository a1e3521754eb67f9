/**
 * TypeScript manifests: `test/fixtures/typescript/<case>/before/` is a repository, `after/` holds the files that a pin
 * changes, and `expected.json` says what is found.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { formatReference, locate } from "../../src/model/reference.ts";
import { fill } from "../../src/rewrite/fill.ts";
import { splice } from "../../src/rewrite/splice.ts";
import { digestOf, type Files, pinned, workspace, surveyed } from "../pipeline/memory.ts";
import { describeSite, type ExpectedSite } from "./fixture.ts";

interface Expected {
  readonly shows: string;
  readonly unsafeFixes?: true;
  readonly sites: readonly (ExpectedSite & { readonly file: string; readonly suppressed?: true })[];
  /** `file:line: kind`. */
  readonly unread?: readonly string[];
}

const folder = fileURLToPath(new URL("../fixtures/typescript/", import.meta.url));

function filesIn(path: string): Record<string, Buffer> {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(entries.map((entry) => `${entry.parentPath}/${entry.name}`).sort().map((file) => [file.slice(path.length + 1), readFileSync(file)]));
}

async function found(files: Files): Promise<Pick<Expected, "sites" | "unread">> {
  const { located, unread } = await surveyed(workspace(files));
  const sites = located.flatMap((file) => file.sites.map((site) => ({ file: site.file, ...describeSite(site), ...(site.suppressions.length > 0 ? { suppressed: true as const } : {}) })));
  return { sites, ...(unread.length === 0 ? {} : { unread: unread.map(({ file, position, kind }) => `${file}:${position?.line}: ${kind}`) }) };
}

const texts = (files: Files): Record<string, string> => Object.fromEntries(Object.entries(files).map(([file, content]) => [file, content.toString("utf8").replaceAll("\r", "\\r").replaceAll("\ufeff", "\\ufeff")]));

describe("TypeScript manifests", () => {
  const names = readdirSync(folder).sort();
  test("have cases", () => assert.ok(names.length >= 25));
  for (const name of names) {
    describe(name, () => {
      const expected = JSON.parse(readFileSync(`${folder}${name}/expected.json`, "utf8")) as Expected;
      const before = filesIn(`${folder}${name}/before`);
      const after = readdirSync(`${folder}${name}`).includes("after") ? { ...before, ...filesIn(`${folder}${name}/after`) } : before;
      const { shows: _shows, unsafeFixes = false, ...finds } = expected;

      test("finds what stands there", async () => assert.deepEqual(await found(before), finds));

      test("pins it, byte for byte", async () => {
        const files: Files = { ...before };
        const outcome = await pinned(files, { unsafe: unsafeFixes });
        assert.deepEqual(outcome.refused, []);
        assert.deepEqual(texts(files), texts(after));
      });

      test("has nothing to do the second time", async () => {
        const files: Files = { ...after };
        assert.equal((await pinned(files, { unsafe: unsafeFixes })).pinned, 0);
        assert.deepEqual(texts(files), texts(after));
      });

      test("reads each place as it was wanted", async () => {
        const { located } = await surveyed(workspace(before));
        for (const [f, file] of located.entries()) {
          for (const [i, site] of file.sites.entries()) {
            if (site.reading.is !== "reference" || site.slots.length === 0) continue;
            const { registry, repository } = locate(site.reading.reference.name);
            const wanted = { ...site.reading.reference, digest: digestOf(`${registry}/${repository}:other`) };
            const text = before[file.path]!.toString("utf8");
            const again = await surveyed(workspace({ ...before, [file.path]: splice(text, fill(site.slots, wanted)) }));
            const { reading } = again.located[f]!.sites[i]!;
            assert.equal(reading.is === "reference" ? formatReference(reading.reference) : reading.is, formatReference(wanted));
          }
        }
      });
    });
  }
});
